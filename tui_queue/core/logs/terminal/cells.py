"""Rows of a screen: plain text, or a character and its style in each cell."""

from itertools import groupby

from tui_queue.core.logs.terminal.sgr import PLAIN, CellStyle
from tui_queue.core.units.widths import cells, clusters

MAX_WIDTH = 1 << 18  # cells that are kept of a row

StyledText = tuple[str, CellStyle]


class CellRow:
    """A row with a character and its style in each cell.

    A wide character has an empty cell to its right; a combining character stands in the cell of its base.
    """

    __slots__ = ("chars", "styles")

    def __init__(self, text: str) -> None:
        self.chars = _split(text)
        if self.chars and not cells(self.chars[0]):  # a mark without a base
            del self.chars[0]
        self.styles = [PLAIN] * len(self.chars)

    def put(self, column: int, text: str, style: CellStyle) -> int:
        """Overwrite cells from a column on; return the column behind the text."""
        new = _split(text)
        if new and not cells(new[0]):
            self._join(column, new.pop(0))
        if (gap := column - len(self.chars)) > 0:
            self.chars.extend(" " * gap)
            self.styles.extend([PLAIN] * gap)
        end = column + len(new)
        self._part(column)
        self._part(end)
        self.chars[column:end] = new
        self.styles[column:end] = [style] * len(new)
        return end

    def blank(self, begin: int, end: int) -> None:
        """Make cells blank."""
        end = min(end, len(self.chars))
        if begin < end:
            self.put(begin, " " * (end - begin), PLAIN)

    def cut(self, column: int, count: int = MAX_WIDTH) -> None:
        """Remove cells; those to their right move to the left."""
        self._part(column)
        self._part(column + count)
        del self.chars[column : column + count], self.styles[column : column + count]

    def push(self, column: int, count: int) -> None:
        """Insert blank cells; those to their right move to the right."""
        if column < len(self.chars):
            self._part(column)
            self.chars[column:column] = " " * count
            self.styles[column:column] = [PLAIN] * count
            self.cut(MAX_WIDTH)

    def parts(self) -> list[StyledText]:
        """Return the text in parts of one style each."""
        place, parts = 0, []
        for style, same in groupby(self.styles):
            end = place + sum(1 for _ in same)
            parts.append(("".join(self.chars[place:end]), style))
            place = end
        return parts

    def _join(self, column: int, mark: str) -> None:
        """Add a combining character to the character before a column."""
        if 0 < column <= len(self.chars):
            self.chars[column - 1 if self.chars[column - 1] else column - 2] += mark

    def _part(self, column: int) -> None:
        """Replace a wide character that a cut at a column would halve by two blanks."""
        if 0 < column < len(self.chars) and not self.chars[column]:
            self.chars[column - 1 : column + 1] = "  "


# Plain text needs no cells, which is faster; None is a row that nothing was written to.
Row = str | CellRow | None


def parts_of(row: Row) -> list[StyledText]:
    """Return the text of a row in parts of one style each."""
    if isinstance(row, CellRow):
        return row.parts()
    return [(row, PLAIN)] if row else []


def text_of(row: Row) -> str:
    """Return the text of a row."""
    return "".join(row.chars) if isinstance(row, CellRow) else row or ""


def _split(text: str) -> list[str]:
    """Return the content of each cell of a text."""
    if text.isascii():
        return list(text)
    split: list[str] = []
    for cluster, wide in clusters(text):
        split.append(cluster)
        split.extend([""] * (wide - 1))
    return split
