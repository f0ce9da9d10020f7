"""Draws the log pane: line numbers, rows, scroll bar."""

from collections.abc import Callable, Sequence
from zlib import crc32

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from tui_queue.core.logs.terminal.cells import Row, text_of
from tui_queue.core.units.printable import printable
from tui_queue.core.units.widths import cells, characters_in
from tui_queue.ui.log.feed import LogFeed
from tui_queue.ui.log.render import drawn
from tui_queue.ui.log.selection import LogSelection, number_of
from tui_queue.ui.log.view import Line

SIDEWAYS = 8  # cells of one step
_NUMBER_WIDE, _TIME_WIDE = 9, 15  # cells
_THUMB = Style(reverse=True, dim=True)
_NAME_STYLES = ("key", "run", "hold", "wait", "done", "fail")  # of the names of several logs


class LogCanvas:
    """Draws the view of a feed, a line at a time."""

    def __init__(
        self,
        widget: Widget,
        feed: LogFeed,
        selection: LogSelection,
        spans: Callable[[Row], Sequence[tuple[int, int]]],
    ) -> None:
        """``spans`` returns which parts of a row to mark."""
        self._widget = widget
        self._feed = feed
        self._selection = selection
        self._spans = spans
        self._base: Style | None = None  # that of the pane

    def begin(self) -> None:
        """Take the colours anew for the lines that are drawn next: to put them together costs more than a line."""
        self._base = None

    def line(self, y: int) -> Strip:
        """Return one line of the widget."""
        widget, view = self._widget, self._feed.view
        if self._base is None:
            self._base = widget.rich_style
        width, style = widget.size.width, self._base
        if not view.lines:
            words = Text(self._feed.message, style="muted").wrap(widget.app.console, max(1, width))
            text = words[y] if y < len(words) else Text()
            return Strip(text.render(widget.app.console)).crop_extend(0, width, style).apply_style(style)
        if y >= len(view.lines):
            return Strip.blank(width, style)
        line, layout = view.lines[y], view.layout
        room = width_for_rows(width, view.names, numbers=layout.numbers, times=layout.times)
        left = line.part * layout.width if layout.wrap else self._feed.left
        row = self._row(line).crop_extend(left, left + room, style)
        strip = row.apply_offsets(characters_in(text_of(line.row.row), left), number_of(line.row.place))
        return Strip([*self._gutter(line), *strip, self._bar(y)]).apply_style(style)

    def sideways(self, steps: int) -> None:
        """Go left or right, where rows are longer than the view is wide."""
        feed = self._feed
        longest = max((cells(text_of(line.row.row)) for line in feed.view.lines), default=0)
        feed.left = max(0, min(feed.left + steps * SIDEWAYS, longest - feed.layout.width))
        self._widget.refresh()

    def _gutter(self, line: Line) -> list[Segment]:
        view = self._feed.view
        if view.names:
            name, wide = line.row.log, _gutter_wide(view.names, numbers=False, times=False)
            return [
                Segment(f"{printable(name):>{wide - 2}}", self._style(_name_style(name))),
                Segment("│ ", self._style("muted")),
            ]
        if not view.layout.numbers and not view.layout.times:
            return []
        time = f"{line.time.astimezone():%m-%d %H:%M:%S} " if line.time is not None else ""
        gutter = f"{time:<{_TIME_WIDE * view.layout.times}}"
        if view.layout.numbers:
            gutter += f"{'' if line.number is None else line.number:>{_NUMBER_WIDE - 1}} "
        return [Segment(gutter, self._style("muted"))]

    def _row(self, line: Line) -> Strip:
        widget, row, hit = self._widget, line.row, self._feed.view.hit
        text = drawn(row.row, self._spans(row.row), current=hit is not None and row.place == hit[1])
        if (part := self._selection.part_of(row.place)) is not None:
            text.stylize(widget.screen.get_component_rich_style("screen--selection"), *part)
        return Strip(text.render(widget.app.console))

    def _style(self, meaning: str) -> Style:
        return self._widget.app.console.get_style(meaning, default=Style.null())

    def _bar(self, y: int) -> Segment:
        """Return the cell at the right, which shows what part of the log is in view."""
        thumb = self._feed.view.thumb(self._widget.size.height)
        if thumb is None:
            return Segment(" ")
        return Segment(" ", _THUMB) if y in thumb else Segment("│", self._style("muted"))


def width_for_rows(width: int, names: Sequence[str], *, numbers: bool, times: bool) -> int:
    """Return the cells of a line that are left for its row, in a pane of a width."""
    return max(1, width - 1 - _gutter_wide(names, numbers=numbers, times=times))


def _gutter_wide(names: Sequence[str], *, numbers: bool, times: bool) -> int:
    """Return the cells before each row."""
    return max(map(len, names)) + 2 if names else _NUMBER_WIDE * numbers + _TIME_WIDE * times


def _name_style(name: str) -> str:
    return _NAME_STYLES[crc32(name.encode(errors="replace")) % len(_NAME_STYLES)]
