"""One line of a log as a terminal would show it: colours and carriage returns work, nothing else does."""

import re

from rich.ansi import SGR_STYLE_MAP
from rich.style import Style
from rich.text import Text

from tui_queue.core.printable import printable

LINE_LIMIT = 8_192  # bytes of a line that are shown, its latest ones
TAB = 8  # cells

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_ERASE = re.compile(r"\x1b\[([012]?)K")
# Each sequence ends with its terminator or, where it has none, with the line.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*(?:[@-~]|$)"  # CSI
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC
    r"|\x9b[0-?]*[ -/]*(?:[@-~]|$)"  # the same as one C1 character
    r"|[\x90\x98\x9d\x9e\x9f].*?(?:\x07|\x1b\\|\x9c|$)"
    r"|\x1b[ -/]*(?:[0-~]|$)"
)
_TOKEN = re.compile(rf"{_SEQUENCE.pattern}|[\r\b\t]|[^\x1b\r\b\t\x80-\x9f]+|.", re.DOTALL)


def render(line: bytes) -> Text:
    """Return what a terminal would have shown for one line, without its line end. Takes any bytes."""
    screen = _Line()
    for token in _TOKEN.finditer(line[-LINE_LIMIT:].decode("utf-8", "surrogateescape")):
        screen.take(token.group())
    text = screen.text()
    # A carriage return in what is shown has gone back to the start: nothing is missing.
    cut = len(line) > LINE_LIMIT and b"\r" not in line[-LINE_LIMIT:]
    return Text.assemble(("… ", "dim"), text) if cut else text


class _Line:
    """The characters of one line and a cursor in them."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, Style]] = []
        self._column = 0
        self._style = Style.null()

    def take(self, token: str) -> None:
        if token == "\r":
            self._column = 0
        elif token == "\b":
            self._column = max(0, self._column - 1)
        elif token == "\t":
            self._put(" " * (TAB - self._column % TAB))
        elif match := _SGR.fullmatch(token):
            self._style = _styled(self._style, match.group(1))
        elif match := _ERASE.fullmatch(token):
            self._erase(match.group(1))
        elif not _SEQUENCE.fullmatch(token):
            self._put(printable(token))

    def text(self) -> Text:
        text = Text(no_wrap=True)
        run: list[str] = []
        style = Style.null()
        for char, its in self._cells:
            if its is not style:
                text.append("".join(run), style)
                run, style = [], its
            run.append(char)
        text.append("".join(run), style)
        return text

    def _put(self, text: str) -> None:
        end = self._column + len(text)
        self._cells.extend([(" ", Style.null())] * (self._column - len(self._cells)))
        self._cells[self._column : end] = [(char, self._style) for char in text]
        self._column = end

    def _erase(self, what: str) -> None:
        if what == "2":
            self._cells.clear()
        elif what == "1":
            end = min(self._column + 1, len(self._cells))
            self._cells[:end] = [(" ", Style.null())] * end
        else:
            del self._cells[self._column :]


def _styled(style: Style, codes: str) -> Style:
    """Return the style after one SGR sequence; codes that mean nothing here are passed over."""
    numbers = [int(code) if code.isdigit() and len(code) < 5 else 0 for code in re.split("[;:]", codes)]
    place = 0
    while place < len(numbers):
        code = numbers[place]
        place += 1
        if code == 0:
            style = Style.null()
        elif code in (38, 48):
            colour, used = _extended(numbers[place:])
            place += used
            if colour:
                style += Style.parse(f"on {colour}" if code == 48 else colour)
        else:
            style += Style.parse(SGR_STYLE_MAP.get(code, ""))
    return style


def _extended(numbers: list[int]) -> tuple[str, int]:
    """Return the colour that 38 or 48 announces, and how many numbers it took."""
    if numbers[:1] == [5] and len(numbers) >= 2:
        return (f"color({numbers[1]})" if numbers[1] < 256 else ""), 2
    if numbers[:1] == [2] and len(numbers) >= 4:
        return f"rgb({','.join(str(min(255, number)) for number in numbers[1:4])})", 4
    return "", len(numbers)
