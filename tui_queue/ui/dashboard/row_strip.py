"""A row of the table of jobs as a strip of the terminal; a tenth of what Rich's way through its console takes."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

GAP = 1  # cells between two columns


class RowStyle:
    """How the texts of one row are coloured, below and above their own style; a click on them tells the row."""

    def __init__(self, below: Style, above: Style, row: int, console: Console) -> None:
        self._below = below + Style.from_meta({"row": row, "column": 0})
        self._above = above
        self._console = console  # knows the styles that have names
        self._known: dict[Style | str, Style] = {}

    def of(self, style: Style | str) -> Style:
        """Return the style of a text in this row."""
        known = self._known.get(style)
        if known is None:
            known = self._known[style] = self._below + self._console.get_style(style) + self._above
        return known


def row_strip(cells: Sequence[Text], widths: Sequence[int], width: int, style: RowStyle, console: Console) -> Strip:
    """Return the cells with a blank between each two, and blanks up to ``width``."""
    parts: list[tuple[str, Style]] = []
    blanks, plain = 0, style.of("")
    for text, room in zip(cells, widths, strict=True):
        left = room
        for words, colours in _cut(text, room, console):
            if words and (colours or words.strip(" ")):
                # Each change of colours costs more bytes than the words: blanks have those of the words before them.
                before, colour = parts.pop() if parts else ("", plain)
                before, blanks, own = f"{before}{' ' * blanks}", 0, style.of(colours)
                if before and own is not colour:
                    parts.append((before, colour))
                    before = ""
                parts.append((f"{before}{words}", own))
            else:
                blanks += len(words)
            left -= cell_len(words)
        blanks += left + GAP
    taken = sum(widths) + GAP * (len(widths) - 1)
    segments = [Segment(words, colours) for words, colours in parts]
    segments.append(Segment(" " * (max(0, width - taken) + blanks - GAP), plain))
    strip = Strip(segments, max(width, taken))
    return strip.crop(0, width) if taken > width else strip


def _cut(text: Text, room: int, console: Console) -> Iterator[tuple[str, Style | str]]:
    """Yield a text, cut to a number of cells, with its styles."""
    too_long = cell_len(text.plain) > room
    if text.spans:
        if too_long:
            text = text.copy()
            text.truncate(room, overflow="ellipsis")
        for part in text.render(console):
            yield part.text, part.style or ""
    else:
        yield f"{set_cell_size(text.plain, room - 1)}…" if too_long else text.plain, text.style
