"""The text in the lower border of the log pane."""

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.widget import Widget

from tui_queue.core.units.widths import clipped


class LogStatus:
    """Shows what takes long, and then the remarks of the other parts."""

    def __init__(self, widget: Widget, remarks: Callable[[], Sequence[str]]) -> None:
        """The text goes into the border of the widget."""
        self._widget = widget
        self._remarks = remarks
        self._note = ""
        self._waits = False
        self._shown = ""

    @property
    def note(self) -> str:
        """The progress of something that takes long; "" for nothing."""
        return self._note

    def tell(self, note: str) -> None:
        """Show the progress of something that takes long."""
        if note != self._note:
            self._note = note
            self.update()

    def forget(self) -> None:
        """Drop the progress, without an update."""
        self._note = ""

    def wait_for_disk(self, waits: bool) -> None:
        """Show whether the disk has not answered for a while."""
        if waits != self._waits:
            self._waits = waits
            self.update()

    def update(self) -> None:
        """Put the text together again."""
        notes = [self._note] if self._note else ["waiting for the disk"] if self._waits else []
        text = " · ".join([*notes, *self._remarks()])
        if (shown := clipped(text, max(0, self._widget.size.width - 4))) != self._shown:
            self._shown = shown  # Textual draws the whole pane again for the same text too
            self._widget.border_subtitle = Text(shown) if shown else ""
