"""The keys at the bottom of the screen."""

from collections.abc import Collection, Iterator

from textual.app import ComposeResult
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_NARROW = 72  # cells; below, not all keys fit
_ROOMY = 84


class Keys(Footer):
    """Shows the keys with as much air as fits; ``spare`` are the actions whose keys a narrow screen does not show."""

    def __init__(self, *, spare: Collection[str]) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._spare = spare

    def compose(self) -> ComposeResult:
        """Make the keys that fit."""
        narrow = self.app.size.width < _NARROW
        shown: Iterator[Widget] = iter(super().compose())
        for key in shown:
            if not (narrow and isinstance(key, FooterKey) and key.action in self._spare):
                yield key

    async def on_resize(self, event: Resize) -> None:
        """Fit the keys into the new width."""
        self.compact = event.size.width < _ROOMY
        await self.recompose()
