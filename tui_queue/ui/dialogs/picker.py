"""A dialog that asks for a choice from a list."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui_queue.core.units.printable import printable
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.job_form.input import Field
from tui_queue.ui.keymap import keys_of, with_keys

_WIDE = 60  # cells, from which on the keys that matter less are named too


class Picker(ModalScreen[str | None]):
    """Asks for one of the names, of which the user may filter those with some words.

    With ``remove`` a key takes one away, which it may refuse by returning False.
    """

    DEFAULT_CSS = (
        """
    Picker {
        align: center middle;

        #choose {
            width: 90%; max-width: 64; height: auto; max-height: 100%; padding: 1 2;
            """
        + FRAME
        + """
        }
        OptionList { height: auto; max-height: 15; background: $surface; }
        #filter { display: none; background: $panel; }
        OptionList, OptionList:focus { border: none; padding: 0; background-tint: $surface; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="choose.leave", tooltip="Choose nothing"),
        Binding("slash", "filter", "Filter", id="choose.filter", tooltip="Show only names that have your words"),
        Binding("j", "cursor('down')", "Down", show=False),
        Binding("k", "cursor('up')", "Up", show=False),
        Binding("down", "cursor('down')", "Down", show=False, priority=True),  # else the filter has them
        Binding("up", "cursor('up')", "Up", show=False, priority=True),
        Binding("d,delete", "remove", "Remove", id="choose.remove", tooltip="Remove what stands under the cursor"),
    ]

    def __init__(
        self, question: str, names: Sequence[str], *, remove: Callable[[str], Awaitable[bool]] | None = None
    ) -> None:
        super().__init__()
        self._question = question
        self._names = list(names)
        self._found = self._names  # those that the filter leaves
        self._remove = remove

    def compose(self) -> ComposeResult:
        """Put the names below the question."""
        with Vertical(id="choose") as box:
            box.border_title = Content(printable(self._question))
            yield Field(id="filter", placeholder="Words that it has", compact=True)
            yield OptionList(*_options(self._names))

    def on_resize(self, event: Resize) -> None:
        """Say which keys there are, of those that matter less as many as there is room for."""
        more = "   {choose.filter} filters" + ("   {choose.remove} removes it" if self._remove else "")
        keys = f"Enter takes it{more if event.size.width >= _WIDE else ''}   {{choose.leave}} goes back"
        self.query_one("#choose").border_subtitle = Content(with_keys(keys, keys_of(self)))

    def on_mount(self) -> None:
        """Let the first keys move in the list."""
        self.query_one(OptionList).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        words = event.value.casefold().split()
        self._found = [name for name in self._names if all(word in name.casefold() for word in words)]
        names = self.query_one(OptionList)
        names.set_options(_options(self._found))
        names.highlighted = 0 if self._found else None

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self.dismiss(self._found[place])

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._found[event.option_index])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take the key away where nothing can be removed."""
        return action != "remove" or self._remove is not None

    @work(exclusive=True, group="remove")
    async def action_remove(self) -> None:
        """Remove the name under the cursor; there is nothing to choose without any."""
        names = self.query_one(OptionList)
        place = names.highlighted
        if self._remove is None or place is None or not await self._remove(self._found[place]):
            return
        self._names = [name for name in self._names if name != self._found[place]]
        self._found = [*self._found[:place], *self._found[place + 1 :]]
        names.remove_option_at_index(place)
        if not self._names:
            self.dismiss(None)

    def action_leave(self) -> None:
        """End the filter; without any answer with nothing."""
        line = self.query_one("#filter", Field)
        if not line.display:
            self.dismiss(None)
            return
        line.value = ""
        line.display = False
        self.query_one(OptionList).focus()

    def action_filter(self) -> None:
        """Take the words of the filter."""
        line = self.query_one("#filter", Field)
        line.display = True
        line.focus()

    def action_cursor(self, where: str) -> None:
        """Move to the name above or below."""
        names = self.query_one(OptionList)
        (names.action_cursor_down if where == "down" else names.action_cursor_up)()


def _options(names: Sequence[str]) -> list[Option]:
    return [Option(Content(printable(name))) for name in names]
