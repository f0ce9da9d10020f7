"""Sends the terminal only the cells that differ from what it shows already.

Textual draws whatever it believes to have changed: whole lines of a table when the cursor moves, whole panes when one
word does. Over a slow line that is what keeps a key from being answered at once.
"""

from collections.abc import Iterator
from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.console import Console
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

NEAR = 6  # unchanged cells between two changes that are cheaper to send than to skip

Piece = tuple[int, int, Strip]  # row, column, and what is to stand from there
Cell = tuple[str, str]  # a character, and what makes the terminal draw it so; or a piece that goes as one, and a place
UNKNOWN: Cell = ("", "")


class Sent(CompositorUpdate):
    """An update that is text already."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render_segments(self, console: Console) -> str:
        """Return the text."""
        return self._text


class CellDiff:
    """What the terminal shows, as far as we know."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}

    def forget(self) -> None:
        """Know nothing: something else has been drawn, or what we have sent was lost."""
        self._rows.clear()

    def difference(self, update: CompositorUpdate, console: Console) -> str | None:
        """Return what brings the terminal up to date, empty for nothing; None for an update of an unknown kind."""
        if isinstance(update, LayoutUpdate):
            pieces = _of_layout(update)
        elif isinstance(update, ChopsUpdate):
            pieces = _of_chops(update)
        else:
            self.forget()
            return None
        return "".join(text for piece in pieces for text in self._changes(*piece, console))

    def _changes(self, row: int, column: int, strip: Strip, console: Console) -> Iterator[str]:
        new = _cells(strip, console)
        width = strip.cell_length if new is None else len(new)
        old = self._rows.setdefault(row, [])
        old.extend([UNKNOWN] * (column + width - len(old)))
        if new is None:  # wide characters: half of one can't be sent, nor can its half be overwritten
            text = strip.render(console)
            whole = [(text, str(place)) for place in range(width)]
            if old[column : column + width] != whole:
                old[column : column + width] = whole
                yield Control.move_to(column, row).segment.text
                yield text
            return
        for begin, end in _runs(old[column : column + width], new):
            yield Control.move_to(column + begin, row).segment.text
            yield strip.crop(begin, end).render(console)
        old[column : column + width] = new


def _of_layout(update: LayoutUpdate) -> Iterator[Piece]:
    for row, strips in enumerate(update.strips, update.region.y):
        yield row, update.region.x, Strip.join(strips)


def _of_chops(update: ChopsUpdate) -> Iterator[Piece]:
    for row, left, right in update.spans:
        for end, (column, strip) in zip(update.chop_ends[row], update.chops[row].items(), strict=False):
            if strip is None or column > right or end <= left:
                continue
            yield row, column, strip if left <= column and end <= right else strip.crop(0, min(end, right) - column)


def _cells(strip: Strip, console: Console) -> list[Cell] | None:
    """Return the cells of a strip; None where any of its characters is not one cell wide."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control or (not text.isascii() and any(get_character_cell_size(character) != 1 for character in text)):
            return None
        look = _look(style, console)
        cells += [(character, look) for character in text]
    return cells


def _look(style: Style | None, console: Console) -> str:
    return "" if style is None else _rendered(style, console)


@lru_cache(maxsize=1024)
def _rendered(style: Style, console: Console) -> str:
    return style.render(" ", color_system=console._color_system)


def _runs(old: list[Cell], new: list[Cell]) -> list[tuple[int, int]]:
    """Return where the two differ, as pairs of begin and end; what is near to each other is one."""
    runs: list[tuple[int, int]] = []
    for place, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            continue
        if runs and place - runs[-1][1] <= NEAR:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs
