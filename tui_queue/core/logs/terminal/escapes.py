"""Control characters and escape sequences of output, and what each of them does to a screen.

Colours, carriage returns, backspaces, erasing and cursor movement work as ECMA-48 and xterm define them. All other
sequences are left out; characters that a terminal would hide, and bytes that are not UTF-8, are written out.
"""

import codecs
import re
from collections.abc import Callable, Sequence

from tui_queue.core.logs.terminal.cells import text_of
from tui_queue.core.logs.terminal.screen import Screen
from tui_queue.core.logs.terminal.sgr import PLAIN, linked, number, styled
from tui_queue.core.units.printable import printable

TAB = 8  # cells
MAX_MOVE = 1000  # cells that one sequence moves the cursor
MAX_HELD = 4096  # bytes of an unfinished sequence that are held back until the rest comes

# Each sequence ends with its terminator or, where it has none, with the line.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)([<=>?]?)([0-9:;]*)[0-?]*[ -/]*([@-~]|$)"  # CSI: 1 its kind, 2 its numbers, 3 its final byte
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])(.*?)(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC: 4 its content
    r"|\x1b([ -/]*(?:[0-~]|$))",  # 5
    re.DOTALL,
)
_TOKEN = re.compile(rf"([^\x00-\x1f\x7f-\x9f]+)|{_SEQUENCE.pattern}|([\x00-\x1f\x7f-\x9f])", re.DOTALL)
_UNFINISHED = re.compile(r"\x1b(?:[ -/]*|\[[0-?]*[ -/]*|[\]PX^_](?:[^\x07\x1b\n]|\x1b(?=$))*)$")
_LINK = re.compile(r"8;[^;]*;(.*)", re.DOTALL)
_ALTERNATE = {"47", "1047", "1049"}


class Emulator:
    """Draws output, fed piece by piece, on a screen that is as wide and as high as the output needs."""

    def __init__(self, *, top: bool = True, inside: bool = False) -> None:
        """``top`` says that no output came before, ``inside`` that the output begins within a line."""
        self.screen = Screen(top=top, inside=inside)
        self._style = PLAIN
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._pending = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Draw more output. An unfinished character or sequence waits for its rest, unless this is ``final``."""
        text = self._pending + self._decoder.decode(data, final)
        unfinished = None if final else _UNFINISHED.search(text, max(0, len(text) - MAX_HELD))
        self._pending = text[unfinished.start() :] if unfinished else ""
        first, *others = text[: len(text) - len(self._pending)].split("\n")
        self._write(first)
        for line in others:
            self.screen.end_line()
            self._write(line)

    def _write(self, line: str) -> None:
        """Draw the output between two line ends."""
        if line.isprintable():
            self.screen.put(line, self._style)
            return
        for token in _TOKEN.finditer(line):
            text, kind, numbers, final, string, escape, control = token.groups()
            if text is not None:
                self.screen.put(printable(text), self._style)
            elif final:
                self._sequence(kind, numbers, final)
            elif string is not None:
                self._link(string)
            elif escape is not None:
                self._escape(escape)
            elif control is not None:
                self._control(control)

    def _control(self, control: str) -> None:
        screen = self.screen
        if control == "\r":
            screen.to_column(0)
        elif control == "\b":
            screen.column = max(0, screen.column - 1)
        elif control == "\t":
            screen.column += TAB - screen.column % TAB
        elif control in "\v\f":
            screen.feed_line()
        elif control == "\x85":
            screen.next_row()
        elif control == "\x8d":
            screen.up(1)

    def _escape(self, what: str) -> None:
        if what == "c":
            self._style = PLAIN
        if do := _ESCAPE_ACTIONS.get(what):
            do(self.screen)

    def _link(self, string: str) -> None:
        if match := _LINK.fullmatch(string):
            self._style = linked(self._style, printable(match.group(1)))

    def _sequence(self, kind: str, numbers: str, final: str) -> None:
        if kind:
            if kind == "?" and final in "hl" and not _ALTERNATE.isdisjoint(numbers.split(";")):
                self.screen.switch(alternate=final == "h")
            return
        if final in "hl" and numbers == "4":
            self.screen.inserts = final == "h"
        elif final == "m":
            self._style = styled(self._style, numbers)
        elif do := _CSI_ACTIONS.get(final):
            do(self.screen, [min(number(each), MAX_MOVE) for each in numbers.split(";")])


def rows(data: bytes) -> list[str]:
    """Return the text of a whole output, row by row from the top. Takes any bytes."""
    emulator = Emulator()
    emulator.feed(data, final=True)
    return [text_of(row) for row in emulator.screen.rows]


def _count(numbers: Sequence[int]) -> int:
    return max(1, numbers[0])


def _move(screen: Screen, numbers: Sequence[int]) -> None:
    screen.move(numbers[0], numbers[1] if len(numbers) > 1 else 1)


def _lines_down(screen: Screen, numbers: Sequence[int]) -> None:
    screen.down(_count(numbers))
    screen.to_column(0)


def _lines_up(screen: Screen, numbers: Sequence[int]) -> None:
    screen.up(_count(numbers))
    screen.to_column(0)


_ESCAPE_ACTIONS: dict[str, Callable[[Screen], None]] = {
    "7": Screen.save,
    "8": Screen.restore,
    "D": Screen.feed_line,
    "E": Screen.next_row,
    "M": lambda screen: screen.up(1),
    "c": Screen.reset,
}

_CSI_ACTIONS: dict[str, Callable[[Screen, list[int]], None]] = {
    "A": lambda screen, numbers: screen.up(_count(numbers)),
    "B": lambda screen, numbers: screen.down(_count(numbers)),
    "e": lambda screen, numbers: screen.down(_count(numbers)),
    "C": lambda screen, numbers: screen.to_column(screen.column + _count(numbers)),
    "a": lambda screen, numbers: screen.to_column(screen.column + _count(numbers)),
    "D": lambda screen, numbers: screen.to_column(max(0, screen.column - _count(numbers))),
    "E": _lines_down,
    "F": _lines_up,
    "G": lambda screen, numbers: screen.to_column(_count(numbers) - 1),
    "`": lambda screen, numbers: screen.to_column(_count(numbers) - 1),
    "r": lambda screen, numbers: screen.set_margins(numbers[0], numbers[1] if len(numbers) > 1 else 0),
    "H": _move,
    "f": _move,
    "d": lambda screen, numbers: screen.move(numbers[0], screen.column + 1),
    "J": lambda screen, numbers: screen.erase_display(numbers[0]),
    "K": lambda screen, numbers: screen.erase_line(numbers[0]),
    "L": lambda screen, numbers: screen.insert_rows(_count(numbers)),
    "M": lambda screen, numbers: screen.delete_rows(_count(numbers)),
    "@": lambda screen, numbers: screen.insert_cells(_count(numbers)),
    "P": lambda screen, numbers: screen.delete_cells(_count(numbers)),
    "X": lambda screen, numbers: screen.erase_cells(_count(numbers)),
    "s": lambda screen, _: screen.save(),
    "u": lambda screen, _: screen.restore(),
}
