"""What a terminal that is wide and high enough shows of a stretch of output; pure.

Colours, carriage returns, backspaces, erasing and moves of the cursor work as ECMA-48 and xterm have them. All else
that a terminal would obey is left out; characters that it would hide, and bytes that are no UTF-8, are written out.
"""

import codecs
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from tui_queue.core.units.printable import cells, printable

TAB = 8  # cells
FAR = 1000  # cells that one sequence moves, at most
HIGH = 50  # rows of an empty screen into which the cursor can go; below the last row it only comes by a line end
ABOVE = 1000  # rows over the first one, at most
WIDEST = 1 << 18  # cells of one row that are kept
HELD = 4096  # bytes of a sequence without its end that wait for it

# Each sequence ends with its terminator or, where it has none, with the line.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)([<=>?]?)([0-9:;]*)[0-?]*[ -/]*([@-~]|$)"  # CSI: 1 its kind, 2 its numbers, 3 what it does
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])(.*?)(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC: 4 what is in it
    r"|\x1b([ -/]*(?:[0-~]|$))",  # 5
    re.DOTALL,
)
_TOKEN = re.compile(rf"([^\x00-\x1f\x7f-\x9f]+)|{_SEQUENCE.pattern}|([\x00-\x1f\x7f-\x9f])", re.DOTALL)
_OPEN = re.compile(r"\x1b(?:[ -/]*|\[[0-?]*[ -/]*|[\]PX^_](?:[^\x07\x1b\n]|\x1b(?=$))*)$")
_LINK = re.compile(r"8;[^;]*;(.*)", re.DOTALL)
_ALTERNATE = {"47", "1047", "1049"}

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, CONCEAL, STRIKE = (1 << bit for bit in range(8))
_ON = {1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 5: BLINK, 6: BLINK, 7: REVERSE, 8: CONCEAL, 9: STRIKE}
_OFF = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 25: BLINK, 27: REVERSE, 28: CONCEAL, 29: STRIKE}


class Look(NamedTuple):
    """How characters look.

    Colours are "" for the terminal's own, "0" to "255" of its palette, or "#rrggbb"; ``on`` is a sum of BOLD and so on.
    """

    fg: str = ""
    bg: str = ""
    on: int = 0
    link: str = ""


PLAIN = Look()
Run = tuple[str, Look]


class _Cells:
    """A row that is not plain text from left to right: a character and its look in each cell.

    A wide character has an empty one to its right; what joins a character stands with it.
    """

    __slots__ = ("chars", "looks")

    def __init__(self, text: str) -> None:
        self.chars = _split(text)
        self.looks = [PLAIN] * len(self.chars)

    def put(self, column: int, text: str, look: Look) -> int:
        """Write over what is there from a column; return the column behind it."""
        new = _split(text)
        if new and not cells(new[0]):
            self._join(column, new.pop(0))
        if (gap := column - len(self.chars)) > 0:
            self.chars.extend(" " * gap)
            self.looks.extend([PLAIN] * gap)
        end = column + len(new)
        self._part(column)
        self._part(end)
        self.chars[column:end] = new
        self.looks[column:end] = [look] * len(new)
        return end

    def _join(self, column: int, mark: str) -> None:
        """Put a mark that has no cell of its own onto the character before a column."""
        if 0 < column <= len(self.chars):
            self.chars[column - 1 if self.chars[column - 1] else column - 2] += mark

    def blank(self, begin: int, end: int) -> None:
        """Make cells blank."""
        end = min(end, len(self.chars))
        if begin < end:
            self.put(begin, " " * (end - begin), PLAIN)

    def cut(self, column: int, count: int = WIDEST) -> None:
        """Take cells away; those to their right come nearer."""
        self._part(column)
        self._part(column + count)
        del self.chars[column : column + count], self.looks[column : column + count]

    def push(self, column: int, count: int) -> None:
        """Put blank cells in between."""
        if column < len(self.chars):
            self._part(column)
            self.chars[column:column] = " " * count
            self.looks[column:column] = [PLAIN] * count
            self.cut(WIDEST)

    def _part(self, column: int) -> None:
        """Leave a blank of each half of a wide character that is cut at a column."""
        if 0 < column < len(self.chars) and not self.chars[column]:
            self.chars[column - 1 : column + 1] = "  "

    def runs(self) -> list[Run]:
        """Return the text in parts of one look each."""
        place, runs = 0, []
        for look, same in groupby(self.looks):
            end = place + sum(1 for _ in same)
            runs.append(("".join(self.chars[place:end]), look))
            place = end
        return runs


Row = str | _Cells | None  # None: nothing was written there


def runs_of(row: Row) -> list[Run]:
    """Return the text of a row in parts of one look each."""
    if isinstance(row, _Cells):
        return row.runs()
    return [(row, PLAIN)] if row else []


def text_of(row: Row) -> str:
    """Return the text of a row."""
    return "".join(row.chars) if isinstance(row, _Cells) else row or ""


class Screen:
    """The rows that a stretch of output has written, as many as there are; fed piece by piece.

    ``lines`` has for each row how many line ends came before it was made. ``row`` is where the cursor is. ``above``
    rows at the top are there because the cursor went above the place where it began: they lie on what was before.
    ``reach`` is by how many rows it has gone up at once, at most.
    """

    def __init__(self, *, top: bool = True, inside: bool = False) -> None:
        """``top`` says that nothing was before, ``inside`` that it begins within a line."""
        self.rows: list[Row] = [None]
        self.lines = [0]
        self.row = 0
        self.above = 0
        self.reach = 0
        self._top = top
        self._inside = inside
        self._column = 0
        self._look = PLAIN
        self._line = 0  # how many line ends there were
        self._page = 0  # the row that counts as the first of the screen
        self._margins: tuple[int, int] | None = None  # rows of the page, the first and the last, that scroll alone
        self._pushes = False  # what is written moves what is there to the right
        self._saved = (0, 0)
        self._main: tuple[int, int, int] | None = None  # rows, row and column before the alternate screen
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._pending = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take what comes next. A character or sequence without its end waits for it, unless that is ``final``."""
        text = self._pending + self._decoder.decode(data, final)
        unfinished = None if final else _OPEN.search(text, max(0, len(text) - HELD))
        self._pending = text[unfinished.start() :] if unfinished else ""
        first, *others = text[: len(text) - len(self._pending)].split("\n")
        self._write(first)
        for line in others:
            self._line += 1
            self._next_row()
            self._write(line)

    def take(self, count: int) -> list[Row]:
        """Return rows from the top that are done with, and keep them no longer."""
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

    def _write(self, line: str) -> None:
        """Take what is between two line ends."""
        if line.isprintable():
            self._put(line)
            return
        for token in _TOKEN.finditer(line):
            text, kind, numbers, act, string, escape, control = token.groups()
            if text is not None:
                self._put(printable(text))
            elif act:
                self._obey(kind, numbers, act)
            elif string is not None:
                self._link(string)
            elif escape is not None:
                self._escape(escape)
            elif control is not None:
                self._control(control)

    def _put(self, text: str) -> None:
        if not text:
            return
        room = WIDEST - self._column
        if len(text) > room:
            text = text[: max(0, room)]
        while self.row >= len(self.rows):
            self._add_row(None)
        if self._pushes:
            self._cells().push(self._column, cells(text))
        if self._column or self._look is not PLAIN or self.rows[self.row]:
            self._column = self._cells().put(self._column, text, self._look)
        else:
            self.rows[self.row] = text
            self._column = cells(text)

    def _cells(self) -> _Cells:
        """Return the row of the cursor with a place for each cell."""
        row = self.rows[self.row]
        if not isinstance(row, _Cells):
            row = self.rows[self.row] = _Cells(row or "")
        return row

    def _add_row(self, row: Row) -> None:
        self.rows.append(row)
        self.lines.append(self._line)

    def _next_row(self) -> None:
        self._column = 0
        self._feed_line()

    def _feed_line(self) -> None:
        """Go down a row; at the lower margin what is between the margins goes up instead."""
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
            self.lines.insert(self.row + 1, self._line)
        self.row += 1
        if self.row >= len(self.rows):
            self._add_row(None)

    def _up(self, rows: int) -> None:
        self.reach = max(self.reach, min(rows, HIGH))
        missing = rows - self.row
        self.row = max(self._page, self.row - rows)
        if missing > 0 and not self._top and not self._page:
            missing = min(missing, ABOVE - self.above)
            self.rows[:0] = [None] * missing
            self.lines[:0] = [0] * missing
            self.above += missing
            self._saved = self._saved[0] + missing, self._saved[1]

    def _control(self, control: str) -> None:
        if control == "\r":
            if self._inside and self.row == self.above:
                self._restart_line()
            self._column = 0
        elif control == "\b":
            self._column = max(0, self._column - 1)
        elif control == "\t":
            self._column += TAB - self._column % TAB
        elif control in "\v\f":
            self._feed_line()
        elif control == "\x85":
            self._next_row()
        elif control == "\x8d":
            self._up(1)

    def _restart_line(self) -> None:
        """Find that the line on which we have begun is written anew: its row is the one above."""
        self._inside = False
        self.above += 1

    def _escape(self, what: str) -> None:
        if what == "7":
            self._saved = self.row, self._column
        elif what == "8":
            self.row, self._column = min(self._saved[0], len(self.rows)), self._saved[1]
        elif what == "D":
            self._feed_line()
        elif what == "E":
            self._next_row()
        elif what == "M":
            self._up(1)
        elif what == "c":
            self._look, self._margins, self._pushes = PLAIN, None, False
            self._new_page()

    def _link(self, string: str) -> None:
        if match := _LINK.fullmatch(string):
            self._look = _known(self._look._replace(link=printable(match.group(1))))

    def _obey(self, kind: str, numbers: str, act: str) -> None:
        if kind:
            if kind == "?" and act in "hl" and not _ALTERNATE.isdisjoint(numbers.split(";")):
                self._switch(alternate=act == "h")
            return
        if act in "hl" and numbers == "4":
            self._pushes = act == "h"
        elif act == "m":
            self._look = _styled(self._look, numbers)
        elif do := _ACTS.get(act):
            do(self, [min(_number(number), FAR) for number in numbers.split(";")])

    def _switch(self, *, alternate: bool) -> None:
        """Begin an empty screen, or forget it and be where we were before."""
        if alternate and self._main is None:
            while self.row >= len(self.rows):
                self._add_row(None)
            self._main = len(self.rows), self.row, self._column
            self._page = self.row = len(self.rows)
            self._column = 0
            self._add_row(None)
        elif not alternate and self._main is not None:
            kept, self.row, self._column = self._main
            del self.rows[kept:], self.lines[kept:]
            self._main, self._page, self._margins = None, 0, None
            if not self.rows:
                self._add_row(None)

    def _new_page(self) -> None:
        """Leave what is there above, as a terminal that scrolls it away does."""
        while self.rows and self.rows[-1] is None:
            self.rows.pop()
            self.lines.pop()
        self._page = self.row = len(self.rows)
        self._column = 0
        self._add_row(None)

    def _erase_display(self, what: int) -> None:
        if what in (2, 3):
            row, column = self.row - self._page, self._column
            if what == 2 and any(text_of(row).strip() for row in self.rows[self._page :]):
                self._new_page()
                self.row, self._column = self._page + row, column
            return
        if what == 1:
            for place in range(self._page, min(self.row, len(self.rows))):
                self.rows[place] = ""
            self._erase_line(1)
            return
        self._erase_line(0)
        for place in range(self.row + 1, len(self.rows)):
            self.rows[place] = ""

    def _erase_line(self, what: int) -> None:
        if self.row >= len(self.rows):
            return
        if what == 2 or (what == 0 and not self._column):
            self.rows[self.row] = ""
        elif what == 1:
            self._cells().blank(0, self._column + 1)
        else:
            self._cells().cut(self._column)

    def _insert_rows(self, count: int) -> None:
        if self.row < len(self.rows):
            kept = max(len(self.rows), self._page + HIGH)
            self.rows[self.row : self.row] = [""] * count
            self.lines[self.row : self.row] = [self.lines[self.row]] * count
            del self.rows[kept:], self.lines[kept:]

    def _delete_rows(self, count: int) -> None:
        del self.rows[self.row : self.row + count], self.lines[self.row : self.row + count]
        if not self.rows:
            self._add_row(None)

    def _insert_cells(self, count: int) -> None:
        if self.row < len(self.rows):
            self._cells().push(self._column, count)

    def _delete_cells(self, count: int) -> None:
        if self.row < len(self.rows):
            self._cells().cut(self._column, count)

    def _erase_cells(self, count: int) -> None:
        if self.row < len(self.rows):
            self._cells().blank(self._column, self._column + count)

    def _move(self, row: int, column: int) -> None:
        """Go to a place, counted from 1, of the screen."""
        self.row = min(self._page + max(0, row - 1), self._lowest)
        self._column = max(0, column - 1)

    def _set_margins(self, numbers: Sequence[int]) -> None:
        first, last = max(0, numbers[0] - 1), (numbers[1] if len(numbers) > 1 else 0) - 1
        self._margins = (first, last) if first < last else None
        self._move(1, 1)

    def _to_column(self, column: int) -> None:
        if self._inside and self.row == self.above and not column:
            self._restart_line()
        self._column = column

    def _down(self, rows: int) -> None:
        self.row = max(self.row, min(self.row + rows, self._lowest))

    @property
    def _lowest(self) -> int:
        """The row below which the cursor does not come without a line end."""
        return max(len(self.rows), self._page + HIGH) - 1

    def _save(self, _: Sequence[int]) -> None:
        self._escape("7")

    def _restore(self, _: Sequence[int]) -> None:
        self._escape("8")


def _one(numbers: Sequence[int]) -> int:
    return max(1, numbers[0])


def _lines_down(screen: Screen, numbers: Sequence[int]) -> None:
    screen._down(_one(numbers))
    screen._to_column(0)


def _lines_up(screen: Screen, numbers: Sequence[int]) -> None:
    screen._up(_one(numbers))
    screen._to_column(0)


_ACTS: dict[str, Callable[[Screen, list[int]], None]] = {
    "A": lambda screen, numbers: screen._up(_one(numbers)),
    "B": lambda screen, numbers: screen._down(_one(numbers)),
    "e": lambda screen, numbers: screen._down(_one(numbers)),
    "C": lambda screen, numbers: screen._to_column(screen._column + _one(numbers)),
    "a": lambda screen, numbers: screen._to_column(screen._column + _one(numbers)),
    "D": lambda screen, numbers: screen._to_column(max(0, screen._column - _one(numbers))),
    "E": _lines_down,
    "F": _lines_up,
    "G": lambda screen, numbers: screen._to_column(_one(numbers) - 1),
    "`": lambda screen, numbers: screen._to_column(_one(numbers) - 1),
    "r": lambda screen, numbers: screen._set_margins(numbers),
    "H": lambda screen, numbers: screen._move(numbers[0], numbers[1] if len(numbers) > 1 else 1),
    "f": lambda screen, numbers: screen._move(numbers[0], numbers[1] if len(numbers) > 1 else 1),
    "d": lambda screen, numbers: screen._move(numbers[0], screen._column + 1),
    "J": lambda screen, numbers: screen._erase_display(numbers[0]),
    "K": lambda screen, numbers: screen._erase_line(numbers[0]),
    "L": lambda screen, numbers: screen._insert_rows(_one(numbers)),
    "M": lambda screen, numbers: screen._delete_rows(_one(numbers)),
    "@": lambda screen, numbers: screen._insert_cells(_one(numbers)),
    "P": lambda screen, numbers: screen._delete_cells(_one(numbers)),
    "X": lambda screen, numbers: screen._erase_cells(_one(numbers)),
    "s": Screen._save,
    "u": Screen._restore,
}


def rows(data: bytes) -> list[str]:
    """Return the text of a whole output, row for row from the top. Takes any bytes."""
    screen = Screen()
    screen.feed(data, final=True)
    return [text_of(row) for row in screen.rows]


def _split(text: str) -> list[str]:
    """Return what stands in each cell of a text."""
    if text.isascii():
        return list(text)
    split: list[str] = []
    for char in text:
        wide = cells(char)
        if wide:
            split.append(char)
            split.extend([""] * (wide - 1))
        elif split:
            split[-1 if split[-1] else -2] += char
    return split


@lru_cache(maxsize=4096)
def _styled(look: Look, numbers: str) -> Look:
    """Return the look after one SGR sequence; numbers that mean nothing here are passed over."""
    fg, bg, on, link = look
    codes = [re.split(":", code) for code in numbers.split(";")]
    while codes:
        words = codes.pop(0)
        number = _number(words[0])
        if number in (38, 48):
            if len(words) == 1:
                words += [code[0] for code in codes[: {"5": 2, "2": 4}.get(codes[0][0] if codes else "", 1)]]
                del codes[: len(words) - 1]
            colour = _colour(words[1:])
            fg, bg = (colour or fg, bg) if number == 38 else (fg, colour or bg)
        elif number == 0:
            fg, bg, on = "", "", 0
        elif number in _ON:
            on = on & ~_ON[number] if words[1:] == ["0"] else on | _ON[number]  # 4:0 is no underline
        elif number in _OFF:
            on &= ~_OFF[number]
        elif number in (39, 49):
            fg, bg = ("", bg) if number == 39 else (fg, "")
        elif 30 <= number <= 37 or 90 <= number <= 97:
            fg = str(number - 30 if number < 90 else number - 82)
        elif 40 <= number <= 47 or 100 <= number <= 107:
            bg = str(number - 40 if number < 100 else number - 92)
    return _known(Look(fg, bg, on, link))


def _colour(words: Sequence[str]) -> str:
    """Return the colour that 38 or 48 announces; "" for none."""
    if words[:1] == ["5"] and len(words) > 1:
        return str(number) if (number := _number(words[1])) < 256 else ""
    if words[:1] == ["2"] and len(words) > 3:  # with colons there may be a colour space before the three
        return "#" + "".join(f"{min(255, _number(word)):02x}" for word in words[-3:])
    return ""


def _number(digits: str) -> int:
    return int(digits[:6]) if digits.isdigit() else 0


def _known(look: Look) -> Look:
    return PLAIN if look == PLAIN else look
