"""The keys at the bottom of the screen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Resize
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from tui_queue.core.units.widths import cells
from tui_queue.ui.keymap import NO_KEY
from tui_queue.ui.terminal.private import WATCHERS

_ROOMY = 84
_STAY = {"help", "leave", "leave_log"}  # actions whose keys are the last to go


class Keys(Footer):
    """Shows the keys with as much air as fits; ``spare`` says of actions from which width on their keys are shown.

    Where there are any ``instead``, those actions are shown in their order, each by its words.
    """

    def __init__(self, *, spare: Mapping[str, int], instead: Callable[[], Mapping[str, str]] = dict) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._spare = spare
        self._instead = instead
        self._made_for = 0  # cells of the terminal
        self._shown: list[tuple[str, bool]] = []  # actions, and whether they apply

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Grey the keys as they apply now; new ones are made only where there are others than before."""
        if not screen.app.app_focus or screen is not self.screen:
            return
        instead, found = self._instead(), screen.active_bindings.values()
        now = [(each.binding.action, each.enabled) for each in found if _is_shown(each.binding, instead)]
        before, self._shown = self._shown, now
        if [action for action, _ in now] != [action for action, _ in before]:
            super().bindings_changed(screen)
        elif now != before:
            applies = dict(now)
            keys = self.query("FooterKey")
            if not keys:  # Textual has another name for them
                super().bindings_changed(screen)
            for key in keys:
                key.set_class(not applies.get(_action(key), True), "-disabled")

    def compose(self) -> ComposeResult:
        """Make the keys that fit."""
        width = self._made_for = self.app.size.width
        shown: Iterator[Widget] = iter(super().compose())
        usual = [key for key in shown if getattr(key, "key", "") != NO_KEY]
        keys = self._others(usual) or [key for key in usual if width >= self._spare.get(_action(key), 0)]
        room = width - sum(_width(key) for key in keys if _action(key) in _STAY)
        for key in keys:
            if _action(key) not in _STAY:
                room -= _width(key)
            if _action(key) in _STAY or room >= 0:
                yield key

    def _others(self, keys: Sequence[Widget]) -> list[Widget]:
        """Return the keys that are shown instead of these, of the same kind; none where these are to be shown."""
        if not (instead := self._instead()) or not keys:
            return []
        kind: Callable[..., Widget] = type(keys[0])
        found: dict[str, Widget] = {}
        for each in self.screen.active_bindings.values():
            action = each.binding.action
            if action in instead and action not in found and each.binding.key != NO_KEY:
                display = self.app.get_key_display(each.binding)
                words = each.binding.key, display, instead[action], action
                key = kind(*words, disabled=not each.enabled, tooltip=each.tooltip)
                found[action] = key.data_bind(compact=Footer.compact)
        return [found[action] for action in instead if action in found]

    async def recompose(self) -> None:
        """Make the keys anew, and let go of those before: Textual keeps them to tell them of changes."""
        await super().recompose()
        watched: dict[str, list[tuple[Widget, object]]] = WATCHERS.of(self) or {}
        for name, watchers in watched.items():
            watched[name] = [each for each in watchers if each[0].is_attached]

    async def on_resize(self, event: Resize) -> None:
        """Fit the keys into the new width."""
        self.compact = event.size.width < _ROOMY
        if self.app.size.width != self._made_for:
            await self.recompose()


def _is_shown(binding: Binding, instead: Mapping[str, str]) -> bool:
    return binding.action in instead if instead else binding.show


def _width(key: Widget) -> int:
    """Return the cells that a key takes where there is little room."""
    return cells(f"{getattr(key, 'key_display', '')} {getattr(key, 'description', '')} ")


def _action(key: Widget) -> str:
    """Return what a key of the footer does; empty for all else that stands there."""
    return str(getattr(key, "action", ""))
