"""What the user has selected in a log with the mouse, as positions in its text: the view may move."""

from textual.geometry import Offset
from textual.selection import Selection

from tui_queue.core.logs.terminal.cells import text_of
from tui_queue.core.logs.text import Place
from tui_queue.ui.log.feed import LogFeed
from tui_queue.ui.log.view import Span, View

_ROWS = 32  # bits that the number of a row within its chunk has in the number that Textual is given


def number_of(place: Place) -> int:
    """Return one number for the place of a row, in the order of the rows; Textual takes it for that of a line."""
    return place.chunk << _ROWS | place.row


class LogSelection:
    """The selected part of one log; it is none any more once other rows are shown."""

    def __init__(self, feed: LogFeed) -> None:
        self.text = ""  # as it was read last
        self._feed = feed
        self._span: Span | None = None
        self._rows: object = None  # the rows that the span is of

    def take(self, selection: Selection | None) -> None:
        """Take what Textual says is selected; where that goes on beyond the view, it ends with the view."""
        view = self._feed.view
        self._span = None if selection is None or not view.lines else _span(selection, view)
        self._rows = self._feed.shown_rows

    def part_of(self, place: Place) -> tuple[int, int | None] | None:
        """Return the first selected character of a row and the one behind the last, None for all; or None."""
        if (span := self._now) is None or not span.begin <= place <= span.end:
            return None
        return span.first if place == span.begin else 0, span.behind if place == span.end else None

    async def read(self) -> None:
        """Read the selected text, also the part that is not in view."""
        span = self._now
        self.text = "" if span is None else await self._feed.text_in(span)

    @property
    def _now(self) -> Span | None:
        return self._span if self._rows == self._feed.shown_rows else None


def _span(selection: Selection, view: View) -> Span:
    begin = _position(selection.start) if selection.start is not None else (view.lines[0].row.place, 0)
    last = view.lines[-1].row
    end = _position(selection.end) if selection.end is not None else (last.place, len(text_of(last.row)))
    return Span(*begin, *end)


def _position(offset: Offset) -> tuple[Place, int]:
    return Place(offset.y >> _ROWS, offset.y & ((1 << _ROWS) - 1)), offset.x
