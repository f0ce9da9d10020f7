"""A row of the table of jobs as a strip of the terminal; a tenth of what Rich's way through its console takes."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip


class RowStyle:
    """How the cells of a row are coloured: below the style of their text is ``before``, above it ``after``."""

    def __init__(self, before: Style, after: Style) -> None:
        self.before = before
        self._after = after
        self._known: dict[Style | str, Style] = {}

    def of(self, style: Style | str) -> Style:
        """Return the style of a text in such a row."""
        known = self._known.get(style)
        if known is None:
            text = Style.parse(style) if isinstance(style, str) else style
            known = self._known[style] = self.before + text + self._after
        return known


def row_strip(
    cells: Sequence[Text], widths: Sequence[int], width: int, style: RowStyle, console: Console, row: int
) -> Strip:
    """Return the cells, each with a blank on either side, and blanks up to ``width``; a click on it tells the row."""
    segments = [
        segment
        for text, room in zip(cells, widths, strict=True)
        for segment in (Segment(" ", style.of("")), *_fitted(text, room, style, console), Segment(" ", style.of("")))
    ]
    left = width - sum(widths) - 2 * len(widths)
    if left > 0:
        segments.append(Segment(" " * left, style.before))
    strip = Strip(segments, max(width, width - left))
    return (strip.crop(0, width) if left < 0 else strip).apply_meta({"row": row, "column": 0})


def _fitted(text: Text, room: int, style: RowStyle, console: Console) -> Iterator[Segment]:
    """Yield a text, cut or filled to this many cells."""
    taken = cell_len(text.plain)
    if text.spans:
        if taken > room:
            text = text.copy()
            text.truncate(room, overflow="ellipsis")
        for part in text.render(console):
            yield Segment(part.text, style.of(part.style or ""))
    else:
        plain = text.plain if taken <= room else f"{set_cell_size(text.plain, room - 1)}…"
        yield Segment(plain, style.of(text.style))
    if taken < room:
        yield Segment(" " * (room - taken), style.of(""))
