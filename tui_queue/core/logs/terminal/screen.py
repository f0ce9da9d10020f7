"""A screen as wide and as high as its output needs: rows, a cursor, and what sequences do to them."""

from tui_queue.core.logs.terminal.cells import MAX_WIDTH, CellRow, Row, text_of
from tui_queue.core.logs.terminal.sgr import PLAIN, CellStyle
from tui_queue.core.units.widths import cells

SCREEN_HEIGHT = 50  # rows that the cursor can move within on an empty screen; only a line end leads below the last row
MAX_ABOVE = 1000  # rows over the first one


class Screen:
    """The rows that a stretch of output has written.

    ``lines`` has for each row how many line ends came before it was made. ``row`` and ``column`` are the place of the
    cursor. ``above`` rows at the top exist because the cursor went above the row where it began: they lie over earlier
    output. ``reach`` is the largest number of rows that the cursor went up at once. While ``inserts`` is set, new text
    moves the cells behind it to the right.
    """

    def __init__(self, *, top: bool, inside: bool) -> None:
        """``top`` says that no output came before, ``inside`` that the output begins within a line."""
        self.rows: list[Row] = [None]
        self.lines = [0]
        self.row = 0
        self.column = 0
        self.above = 0
        self.reach = 0
        self.inserts = False
        self._top = top
        self._inside = inside
        self._line_ends = 0
        self._page = 0  # the row that counts as the first one of the terminal
        self._margins: tuple[int, int] | None = None  # first and last row of the page that scroll alone
        self._saved = (0, 0)
        self._main: tuple[int, int, int] | None = None  # rows, row and column before the alternate screen

    def take(self, count: int) -> list[Row]:
        """Remove finished rows from the top, and return them."""
        count = min(count, self.row, len(self.rows) - 1)
        if count <= 0:
            return []
        taken, self.rows, self.lines = self.rows[:count], self.rows[count:], self.lines[count:]
        self.row -= count
        self._page = max(0, self._page - count)
        self._saved = max(0, self._saved[0] - count), self._saved[1]
        if self._main is not None:
            self._main = max(1, self._main[0] - count), max(0, self._main[1] - count), self._main[2]
        return taken

    def put(self, text: str, style: CellStyle) -> None:
        """Write printable text at the cursor."""
        if not text:
            return
        room = MAX_WIDTH - self.column
        if len(text) > room:
            text = text[: max(0, room)]
        while self.row >= len(self.rows):
            self._add_row(None)
        if self.inserts:
            self._cells().push(self.column, cells(text))
        if self.column or style is not PLAIN or self.rows[self.row]:
            self.column = self._cells().put(self.column, text, style)
        else:
            self.rows[self.row] = text
            self.column = cells(text)

    def end_line(self) -> None:
        """Take a line end."""
        self._line_ends += 1
        self.column = 0
        self.feed_line()

    def next_row(self) -> None:
        """Go to the start of the next row."""
        self.column = 0
        self.feed_line()

    def feed_line(self) -> None:
        """Go down a row; at the lower margin the rows between the margins scroll up instead."""
        self._inside = False
        if self._margins is not None and self.row == self._page + self._margins[1]:
            while self.row >= len(self.rows):
                self._add_row(None)
            if first := self._margins[0]:
                del self.rows[self._page + first], self.lines[self._page + first]
                self.row -= 1
            else:
                self._page += 1
            self.rows.insert(self.row + 1, None)
            self.lines.insert(self.row + 1, self._line_ends)
        self.row += 1
        if self.row >= len(self.rows):
            self._add_row(None)

    def up(self, rows: int) -> None:
        """Move the cursor up, at most to the top of the page; over the first row rows are added."""
        self.reach = max(self.reach, min(rows, SCREEN_HEIGHT))
        missing = rows - self.row
        self.row = max(self._page, self.row - rows)
        if missing > 0 and not self._top and not self._page:
            missing = min(missing, MAX_ABOVE - self.above)
            self.rows[:0] = [None] * missing
            self.lines[:0] = [0] * missing
            self.above += missing
            self._saved = self._saved[0] + missing, self._saved[1]

    def down(self, rows: int) -> None:
        """Move the cursor down, at most to the bottom of the page."""
        self.row = max(self.row, min(self.row + rows, self._lowest))

    def to_column(self, column: int) -> None:
        """Move the cursor within its row.

        At the start of the line within which the output began, that line is written anew: its row is the one above.
        """
        if self._inside and self.row == self.above and not column:
            self._inside = False
            self.above += 1
        self.column = column

    def move(self, row: int, column: int) -> None:
        """Move the cursor to a place of the page, counted from 1."""
        self.row = min(self._page + max(0, row - 1), self._lowest)
        self.column = max(0, column - 1)

    def save(self) -> None:
        """Remember the place of the cursor."""
        self._saved = self.row, self.column

    def restore(self) -> None:
        """Move the cursor to the place that was remembered."""
        self.row, self.column = min(self._saved[0], len(self.rows)), self._saved[1]

    def set_margins(self, first: int, last: int) -> None:
        """Let only the rows from the first to the last, counted from 1, scroll; all where they are no range."""
        first, last = max(0, first - 1), last - 1
        self._margins = (first, last) if first < last else None
        self.move(1, 1)

    def reset(self) -> None:
        """Begin a new page, without margins."""
        self._margins, self.inserts = None, False
        self._new_page()

    def switch(self, *, alternate: bool) -> None:
        """Begin the alternate screen, or discard it and return to the main one."""
        if alternate and self._main is None:
            while self.row >= len(self.rows):
                self._add_row(None)
            self._main = len(self.rows), self.row, self.column
            self._page = self.row = len(self.rows)
            self.column = 0
            self._add_row(None)
        elif not alternate and self._main is not None:
            kept, self.row, self.column = self._main
            del self.rows[kept:], self.lines[kept:]
            self._main, self._page, self._margins = None, 0, None
            if not self.rows:
                self._add_row(None)

    def erase_display(self, what: int) -> None:
        """Erase from the cursor to the end (0), from the start to the cursor (1), or all (2).

        Erasing all begins a new page, so that the rows stay readable above.
        """
        if what in (2, 3):
            row, column = self.row - self._page, self.column
            if what == 2 and any(text_of(row).strip() for row in self.rows[self._page :]):
                self._new_page()
                self.row, self.column = self._page + row, column
            return
        if what == 1:
            for place in range(self._page, min(self.row, len(self.rows))):
                self.rows[place] = ""
            self.erase_line(1)
            return
        self.erase_line(0)
        for place in range(self.row + 1, len(self.rows)):
            self.rows[place] = ""

    def erase_line(self, what: int) -> None:
        """Erase the row from the cursor on (0), up to the cursor (1), or all of it (2)."""
        if self.row >= len(self.rows):
            return
        if what == 2 or (what == 0 and not self.column):
            self.rows[self.row] = ""
        elif what == 1:
            self._cells().blank(0, self.column + 1)
        else:
            self._cells().cut(self.column)

    def insert_rows(self, count: int) -> None:
        """Insert blank rows at the cursor."""
        if self.row < len(self.rows):
            kept = max(len(self.rows), self._page + SCREEN_HEIGHT)
            self.rows[self.row : self.row] = [""] * count
            self.lines[self.row : self.row] = [self.lines[self.row]] * count
            del self.rows[kept:], self.lines[kept:]

    def delete_rows(self, count: int) -> None:
        """Delete rows from the cursor on."""
        del self.rows[self.row : self.row + count], self.lines[self.row : self.row + count]
        if not self.rows:
            self._add_row(None)

    def insert_cells(self, count: int) -> None:
        """Insert blank cells at the cursor."""
        if self.row < len(self.rows):
            self._cells().push(self.column, count)

    def delete_cells(self, count: int) -> None:
        """Delete cells from the cursor on."""
        if self.row < len(self.rows):
            self._cells().cut(self.column, count)

    def erase_cells(self, count: int) -> None:
        """Make cells from the cursor on blank."""
        if self.row < len(self.rows):
            self._cells().blank(self.column, self.column + count)

    def _cells(self) -> CellRow:
        """Return the row of the cursor as cells."""
        row = self.rows[self.row]
        if not isinstance(row, CellRow):
            row = self.rows[self.row] = CellRow(row or "")
        return row

    def _add_row(self, row: Row) -> None:
        self.rows.append(row)
        self.lines.append(self._line_ends)

    def _new_page(self) -> None:
        """Keep the rows above, as a terminal that scrolls them away does."""
        while self.rows and self.rows[-1] is None:
            self.rows.pop()
            self.lines.pop()
        self._page = self.row = len(self.rows)
        self.column = 0
        self._add_row(None)

    @property
    def _lowest(self) -> int:
        """The row below which the cursor does not come without a line end."""
        return max(len(self.rows), self._page + SCREEN_HEIGHT) - 1
