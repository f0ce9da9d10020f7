"""Sends the terminal only the cells that differ from what it shows already.

Textual draws what it believes to have changed: whole lines of a table when the cursor moves, whole panes when one
word does. Over a slow line that is what keeps a key from being answered at once.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

from rich.console import COLOR_SYSTEMS, Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from tui_queue.core.units.widths import clusters, is_one_each, is_sure
from tui_queue.ui.terminal.private import BATCH_COUNT, CHOPS_UPDATE, DISPLAY, LAYOUT_UPDATE

NEAR = 6  # unchanged cells between two changes that are cheaper to send than to skip

Piece = tuple[int, int, Strip]  # row, column, and what is to stand from there
Cell = tuple[str, str]  # a character, and what makes the terminal draw it so; or a piece that goes as one, and a place
UNKNOWN: Cell = ("", "")


class CellDiff:
    """What the terminal shows, as far as we know."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}

    def forget(self) -> None:
        """Know nothing: something else has been drawn, or what we have sent was lost."""
        self._rows.clear()

    def difference(self, picture: object, console: Console) -> str | None:
        """Return what brings the terminal up to date, empty for nothing; None for a picture of an unknown kind."""
        if (pieces := _pieces(picture)) is None:
            self.forget()
            return None
        return "".join(text for piece in pieces for text in self._changes(*piece, console))

    def _changes(self, row: int, column: int, strip: Strip, console: Console) -> Iterator[str]:
        new = _cells(strip, console)
        width = strip.cell_length if new is None else len(new)
        old = self._rows.setdefault(row, [])
        old.extend([UNKNOWN] * (column + width - len(old)))
        if new is None:  # wide characters: half of one can't be sent, nor can its half be overwritten
            text = Strip(_placed(strip, row, column)).render(console)
            whole = [(text, str(place)) for place in range(width)]
            if old[column : column + width] != whole:
                old[column : column + width] = whole
                yield _place(row, column)
                yield text
            return
        for begin, end in _runs(old[column : column + width], new):
            yield _place(row, column + begin)
            yield strip.crop(begin, end).render(console)
        old[column : column + width] = new


def send_only_differences(app: App[Any], diff: CellDiff) -> None:
    """Have Textual send what differs only; a version of it that we do not know sends all, as it would by itself."""
    if BATCH_COUNT.of(app) is not None:
        DISPLAY.replace(app, partial(_display, app, diff))


def _display(
    app: App[Any], diff: CellDiff, plain: Callable[[Any, Any], None], screen: object, picture: Any = None
) -> None:
    """Send what differs, and nothing where nothing does; ``plain`` is how Textual itself sends a picture."""
    if picture is not None and not BATCH_COUNT.of(app):
        text = diff.difference(picture, app.console)
        if text == "":
            app.post_display_hook()
            return
        if text is not None:
            picture.render_segments = lambda _: text
    plain(screen, picture)


def _pieces(picture: object) -> Iterator[Piece] | None:
    """Return what a picture of Textual's consists of; None for one of a kind that we do not know."""
    for name, parts, pieces_of in _KINDS:
        kind = name.find()
        if kind is not None and isinstance(picture, kind) and all(hasattr(picture, part) for part in parts):
            return pieces_of(picture)
    return None


def _of_layout(update: Any) -> Iterator[Piece]:
    for row, strips in enumerate(update.strips, update.region.y):
        yield row, update.region.x, Strip.join(strips)


def _of_chops(update: Any) -> Iterator[Piece]:
    for row, left, right in update.spans:
        for end, (column, strip) in zip(update.chop_ends[row], update.chops[row].items(), strict=False):
            if strip is None or column > right or end <= left:
                continue
            yield row, column, strip if left <= column and end <= right else strip.crop(0, min(end, right) - column)


_KINDS = (
    (LAYOUT_UPDATE, ("strips", "region"), _of_layout),
    (CHOPS_UPDATE, ("chops", "chop_ends", "spans"), _of_chops),
)


def _cells(strip: Strip, console: Console) -> list[Cell] | None:
    """Return the cells of a strip; None where any of its characters is not one cell wide."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control or not is_one_each(text):
            return None
        look = _look(style, console)
        cells += [(character, look) for character in text]
    return cells


def _placed(strip: Strip, row: int, column: int) -> Iterator[Segment]:
    """Yield a strip with the place of what follows a character that terminals may give another number of cells.

    Blanks go before it, for one that gives it fewer.
    """
    for text, style, control in strip:
        if control or text.isascii():
            yield Segment(text, style, control)
            column += 0 if control else len(text)
            continue
        for cluster, wide in clusters(text):
            if not is_sure(cluster, wide):
                yield Segment(" " * wide, style)
                yield Segment(_place(row, column))
            yield Segment(cluster, style)
            column += wide
            if not is_sure(cluster, wide):
                yield Segment(_place(row, column))


def _place(row: int, column: int) -> str:
    return Control.move_to(column, row).segment.text


def _look(style: Style | None, console: Console) -> str:
    return "" if style is None else _rendered(style, console)


@lru_cache(maxsize=1024)
def _rendered(style: Style, console: Console) -> str:
    return style.render(" ", color_system=COLOR_SYSTEMS.get(console.color_system or ""))


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
