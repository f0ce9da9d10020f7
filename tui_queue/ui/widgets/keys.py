"""The keys at the bottom of the screen."""

from collections.abc import Iterator, Mapping

from textual.app import ComposeResult
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_ROOMY = 84


class Keys(Footer):
    """Shows the keys with as much air as fits; ``spare`` says of actions from which width on their keys are shown."""

    def __init__(self, *, spare: Mapping[str, int]) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._spare = spare

    def compose(self) -> ComposeResult:
        """Make the keys that fit."""
        width = self.app.size.width
        shown: Iterator[Widget] = iter(super().compose())
        for key in shown:
            if not isinstance(key, FooterKey) or width >= self._spare.get(key.action, 0):
                yield key

    async def on_resize(self, event: Resize) -> None:
        """Fit the keys into the new width."""
        self.compact = event.size.width < _ROOMY
        await self.recompose()
