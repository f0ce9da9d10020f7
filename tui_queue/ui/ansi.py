"""What a terminal would show of one line of output, with everything that could do more than show left out."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from tui_queue.core.logs import shorten
from tui_queue.core.printable import printable

MAX_CELLS = 10_000

# ECMA-48, and what xterm makes of it. A string (OSC, DCS, SOS, PM, APC) whose end is missing lasts to the end of
# the line; the one-character forms occur in mis-encoded text, so those count as strings only when they do end.
_CONTROL = re.compile(
    r"\x1b\[(?P<sgr>[0-9;]{0,256})m"
    r"|(?:\x1b\[|\x9b)(?P<erase>[012]?)K"
    r"|(?:\x1b\[|\x9b)[ -?]*[@-~]?"
    r"|\x1b[\]PX^_][^\x07\x18\x1a\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|[\x90\x98\x9d-\x9f][^\x07\x18\x1a\x1b\x90\x98\x9b-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
    r"|(?P<move>[\r\b\t])"
    r"|[\0\x07\x0e\x0f\x7f-\x9f]"
)
# Erasing takes time by the cell; no honest line comes near this many.
_ERASE_BUDGET = 2_000_000

_Cell = tuple[str, Style]
_BLANK: _Cell = (" ", Style.null())


def shown_line(data: bytes, *, max_cells: int = MAX_CELLS) -> Text:
    """Return one line of output, given without its newline, as a terminal would show it in the end.

    Carriage returns, backspaces, tabs, erasing and colours are followed. Every other control sequence is left
    out; other control characters, bidirectional marks and undecodable bytes are written out, as ``printable``
    does. At most ``max_cells`` cells are returned, the last one an ellipsis if there were more.
    """
    line = shorten(data).rstrip(b"\r").decode("utf-8", "surrogateescape")
    if line.isascii() and line.isprintable():
        return Text(line if len(line) <= max_cells else line[: max_cells - 1] + "…", end="")
    row = _Row(max_cells)
    style = Style.null()
    for text, control in _tokens(line):
        row.write(text, style)
        if control is None:
            continue
        if (sgr := control["sgr"]) is not None:
            style = _restyled(style, sgr)
        elif (mode := control["erase"]) is not None:
            row.erase(mode or "0")
        elif move := control["move"]:
            row.move(move)
    return row.text()


def _tokens(line: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    position = 0
    for control in _CONTROL.finditer(line):
        yield line[position : control.start()], control
        position = control.end()
    yield line[position:], None


@lru_cache(4096)
def _restyled(style: Style, sgr: str) -> Style:
    decoder = AnsiDecoder()
    decoder.style = style
    decoder.decode_line(f"\x1b[{sgr}m")
    return _inherited(decoder.style)


def _inherited(style: Style) -> Style:
    """Leave the default colours unset: they are those of the widget, which Rich does not know."""
    color = None if style.color is None or style.color.is_default else style.color
    bgcolor = None if style.bgcolor is None or style.bgcolor.is_default else style.bgcolor
    return style.without_color + Style.from_color(color, bgcolor)


class _Row:
    """The cells of one line and the cursor in it; the second cell of a wide character is an empty string."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._cells: list[_Cell] = []
        self._column = 0
        self._overflow = False
        self._erase_budget = _ERASE_BUDGET

    def write(self, text: str, style: Style) -> None:
        """Put text at the cursor, over what is there."""
        if not text:
            return
        text = printable(text)
        if text.isascii():
            self._put([(char, style) for char in text[: self._width]])
            self._overflow |= len(text) > self._width
            return
        for char in text:
            match cell_len(char):
                case 0:
                    self._combine(char, style)
                case 1:
                    self._put([(char, style)])
                case _:
                    self._put([(char, style), ("", style)])

    def _put(self, cells: list[_Cell]) -> None:
        end = self._column + len(cells)
        if end > self._width:
            self._overflow = True
            cells = cells[: max(0, self._width - self._column)]
            end = self._column + len(cells)
        self._pad()
        self._split_wide(self._column)
        self._split_wide(end)
        self._cells[self._column : end] = cells
        self._column = end

    def _pad(self) -> None:
        missing = self._column - len(self._cells)
        if missing > 0:
            self._cells += [_BLANK] * missing

    def _split_wide(self, column: int) -> None:
        """Blank both halves of a wide character that the boundary before ``column`` cuts in two."""
        if 0 < column < len(self._cells) and not self._cells[column][0]:
            self._cells[column - 1] = self._cells[column] = _BLANK

    def _combine(self, char: str, style: Style) -> None:
        before = min(self._column, len(self._cells)) - 1
        if before < 0:
            self._put([(" ", style)])
            before = 0
        while before and not self._cells[before][0]:
            before -= 1
        text, own = self._cells[before]
        self._cells[before] = (text + char, own)

    def move(self, control: str) -> None:
        """Obey a carriage return, a backspace or a tab."""
        match control:
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(0, self._column - 1)
            case _:
                self._column = min(self._width, (self._column // 8 + 1) * 8)

    def erase(self, mode: str) -> None:
        """Erase to the end of the line (0), up to the cursor (1), or all of it (2)."""
        self._erase_budget -= len(self._cells)
        if self._erase_budget < 0:
            return
        if mode == "0":
            self._split_wide(self._column)
            del self._cells[self._column :]
        elif mode == "1":
            end = min(self._column + 1, len(self._cells))
            self._split_wide(end)
            self._cells[:end] = [_BLANK] * end
        else:
            self._cells.clear()

    def text(self) -> Text:
        """Return the row as styled text."""
        cells = self._cells
        if self._overflow:
            self._split_wide(self._width - 1)
            del cells[self._width - 1 :]
            cells.append(("…", Style.null()))
        line = Text(end="")
        for style, run in groupby(cells, key=itemgetter(1)):
            line.append("".join(char for char, _ in run), style or None)
        return line
