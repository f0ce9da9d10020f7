"""The part of a log that is in view; it moves by lines."""

from collections.abc import Sequence

from tui_queue.core.logs.terminal.cells import text_of
from tui_queue.core.logs.text import START, LogRow, Place, RowSource
from tui_queue.core.units.widths import cells
from tui_queue.ui.log.view import Line


class Viewport:
    """As many lines of a log as there is room for; each move reads only the rows that come into view."""

    def __init__(self, rows: RowSource) -> None:
        self.rows = rows
        self.lines: list[Line] = []
        self._height = 1
        self._width: int | None = None  # of a part; None: rows are not wrapped
        self._top, self._part = START, 0

    def fit(self, height: int, width: int | None) -> None:
        """Have room for this number of lines; with a width, wrap rows into parts of that width, in cells."""
        self._height = max(1, height)
        if width != self._width:
            self._width, self._part = width, 0
        self.read()

    def read(self) -> None:
        """Read the lines in view again, from the same place."""
        lines = self._lines(self.rows.rows_from(self._top, self._height + 1))[self._part :]
        self.lines = lines[: self._height]

    def to_end(self) -> None:
        """Show the last lines."""
        self._show_before(self.rows.end)

    def to_start(self) -> None:
        """Show the first lines."""
        self._top, self._part = START, 0
        self.read()

    def to(self, place: Place) -> None:
        """Show a row with some lines above it; near the end of the log, show the last lines."""
        above = self.rows.rows_before(place, self._height // 3)
        self._top, self._part = (above[0].place if above else place), 0
        self.read()
        if len(self.lines) < self._height:
            self.to_end()

    def up(self, lines: int) -> None:
        """Go up."""
        if lines > self._part:
            above = self._lines(self.rows.rows_before(self._top, lines - self._part))
            if above:
                self._stand_on(above[max(0, len(above) - (lines - self._part))])
            else:  # later output has overwritten all rows just above
                self._top, self._part = Place(max(0, self._top.chunk - 1), 0), 0
        else:
            self._part -= lines
        self.read()

    def down(self, lines: int) -> bool:
        """Go down; return whether the end is in view."""
        below = self._lines(self.rows.rows_from(self._top, self._height + lines + 1))[self._part :]
        if len(below) - lines < self._height:
            self.to_end()
            return True
        self._stand_on(below[lines])
        self.read()
        return self.is_at_end

    @property
    def is_at_end(self) -> bool:
        """Whether the last row of the log is in view."""
        if not self.lines:
            return True
        last = self.lines[-1].row.place
        return last._replace(row=last.row + 1) >= self.rows.end

    @property
    def part(self) -> tuple[float, float]:
        """The share of the log before the first line, and before the end of the last one; from 0 to 1."""
        if not self.lines:
            return 0.0, 1.0
        last = self.lines[-1].row.place
        return self.rows.part(self.lines[0].row.place), self.rows.part(last._replace(row=last.row + 1))

    def _show_before(self, place: Place) -> None:
        lines = self._lines(self.rows.rows_before(place, self._height))
        if lines:
            self._stand_on(lines[max(0, len(lines) - self._height)])
        else:
            self._top, self._part = START, 0
        self.read()

    def _stand_on(self, line: Line) -> None:
        self._top, self._part = line.row.place, line.part

    def _lines(self, rows: Sequence[LogRow]) -> list[Line]:
        if self._width is None:
            return [Line(row, 0) for row in rows]
        return [Line(row, part) for row in rows for part in range(_parts(row, self._width))]


def _parts(row: LogRow, width: int) -> int:
    return max(1, -(-cells(text_of(row.row)) // max(1, width)))
