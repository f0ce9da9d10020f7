"""Finds the lines of a log that have a word or match a regular expression, a block at a time."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tui_queue.core.errors import BadInputError
from tui_queue.core.logs.file import LogFile
from tui_queue.core.logs.terminal.cells import Row, text_of
from tui_queue.core.logs.terminal.escapes import Emulator
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    import regex

BLOCK = 1 << 18  # bytes that are searched at once
HITS_KEPT = 1_000_000  # lines
SPAN = 4096  # bytes of a line longer than a block that are searched twice, so that no match on the border is missed
AROUND = 1 << 14  # bytes of a line that are shown before and behind its match
PATIENCE_S = 2.0  # for a regular expression and one block
ROW_PATIENCE_S = 0.01  # for a regular expression and one row

ERRORS = r"/\b(error|fatal|panic|traceback|exception|segmentation fault|failed|failure|critical)\b/i"

_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_SINGLE_NULS = re.compile(rb"(?<!\0)\0(?!\0)")  # of UTF-16, where the pane shows the rest; many are a hole in the file
_EXPRESSION = re.compile(r"/(.+)/([ic]?)", re.DOTALL)


class Pattern:
    """What to search for: words, or a regular expression between slashes.

    Case matters if the pattern has capitals; ``/…/i`` never minds it, ``/…/c`` always does. Raises BadInputError for
    an invalid expression.
    """

    def __init__(self, words: str) -> None:
        expression = _EXPRESSION.fullmatch(words)
        text, flag = expression.groups() if expression else (words, "")
        if not text:
            raise BadInputError("search", "Say what to look for.")
        self.words = words
        self._any_case = flag == "i" or (flag != "c" and text == text.lower())
        self._expression: regex.Pattern[str] | None = None
        self._needle = text.lower() if self._any_case else text
        # For short words it is twice as fast as find.
        self._bytes = re.compile(re.escape(self._needle.encode("utf-8", "surrogateescape")))
        if (expression and re.escape(text) != text) or (self._any_case and not text.isascii()):
            self._expression = _compiled(text if expression else re.escape(text), any_case=self._any_case)

    def spans(self, row: str) -> list[tuple[int, int]]:
        """Return where a row of text matches."""
        if self._expression is not None:
            try:
                found = self._expression.finditer(row, timeout=ROW_PATIENCE_S)
                return [match.span() for match in found if match.end() > match.start()]
            except TimeoutError:
                return []
        text = row.lower() if self._any_case and len(row.lower()) == len(row) else row
        return [(place, place + len(self._needle)) for place in _places(text, self._needle)]

    def lines(self, block: bytes) -> list[int]:
        """Return where a block of whole lines matches, once a line. Raises BadInputError if that takes too long."""
        clear = _SEQUENCE.sub(b"", block) if b"\x1b" in block else block
        if b"\0" in clear and _SINGLE_NULS.search(clear):
            clear = _SINGLE_NULS.sub(b"", clear)
        if self._expression is None:
            found = list(_once_a_line(clear.lower() if self._any_case else clear, self._bytes))
        else:
            text = clear.decode("utf-8", "surrogateescape")
            found = list(self._matches(self._expression, text))
            if len(text) != len(clear):
                return _line_begins(block, _line_numbers(text, found, "\n"))
        return found if clear is block else _line_begins(block, _line_numbers(clear, found, b"\n"))

    def _matches(self, expression: "regex.Pattern[str]", text: str) -> Iterator[int]:
        place = 0
        while place <= len(text):
            try:
                match = expression.search(text, place, timeout=PATIENCE_S, concurrent=True)
            except TimeoutError:
                raise BadInputError(
                    "search", f"{printable(self.words)}: takes too long on a line; make it simpler."
                ) from None
            if match is None:
                return
            yield match.start()
            place = text.find("\n", match.start()) + 1
            if not place:
                return


class Search:
    """The lines of one log that match, as far as it was read; it can go on when the log grows."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.count = 0  # lines
        self.scanned = 0  # bytes
        self.hits = array("Q")  # offsets of the matches; at most HITS_KEPT

    def step(self, file: LogFile) -> bool:
        """Search the next block; return whether there was one. Raises BadInputError as ``Pattern.lines``."""
        scanned, block, following = _block_from(file, self.scanned)
        if not block:
            return False
        found = self.pattern.lines(block)
        room = HITS_KEPT - len(self.hits)
        begin = self.hits[-1] + 1 if self.hits else 0  # a match that was read twice counts once
        new = [scanned + place for place in found if scanned + place >= begin]
        self.hits.extend(new[:room])
        self.count += len(new)
        self.scanned = following
        return True

    def number(self, offset: int) -> int:
        """Return how many matching lines begin at or before an offset."""
        return bisect_right(self.hits, offset)

    def known_after(self, offset: int) -> int | None:
        """Return the first match at or behind an offset among those that are known."""
        place = bisect_left(self.hits, offset)
        return self.hits[place] if place < len(self.hits) else None

    def known_before(self, offset: int) -> int | None:
        """Return the last match before an offset; None if there is none, or that part was not read."""
        place = bisect_left(self.hits, offset)
        return self.hits[place - 1] if place and offset <= self.scanned else None


def first_lines(path: str, pattern: Pattern, most: int) -> list[tuple[int, str]]:
    """Return the first ``most`` lines of a log that match: their offset, and their text as a terminal shows it.

    Blocks. Raises BadInputError as ``Pattern.lines``, and StoreError as ``open_log``.
    """
    file, search = LogFile(path), Search(pattern)
    file.poll(0)
    try:
        while len(search.hits) < most and search.step(file):
            pass
        return [(hit, text_of(row_at(file, hit))) for hit in search.hits[:most]]
    finally:
        file.close()


def row_at(file: LogFile, offset: int) -> Row:
    """Return the line at an offset as a terminal shows it; of a very long one, the part around the offset."""
    before = file.read(max(0, offset - AROUND), min(offset, AROUND))
    behind = file.read(offset, AROUND)
    end = behind.find(b"\n")
    emulator = Emulator()
    emulator.feed(before[before.rfind(b"\n") + 1 :] + (behind if end < 0 else behind[:end]), final=True)
    return emulator.screen.rows[-1]


def find_after(file: LogFile, pattern: Pattern, offset: int) -> Iterator[tuple[bool, int]]:
    """Search from an offset to the end: yield False and the offset after each block, at last True and the match."""
    while True:
        offset, block, following = _block_from(file, offset)
        if not block:
            return
        if found := pattern.lines(block):
            yield True, offset + found[0]
            return
        offset = following
        yield False, offset


def find_before(file: LogFile, pattern: Pattern, offset: int) -> Iterator[tuple[bool, int]]:
    """Search from an offset to the start, as ``find_after``; the match is the last one before the offset."""
    while offset > 0:
        hole = file.hole()
        if hole[0] < offset <= hole[1]:
            offset = hole[0]
        begin = max(0, offset - BLOCK)
        block = file.read(begin, offset - begin)
        cut = block.find(b"\n") + 1 if begin else 0
        if cut == len(block):
            cut = 0
        if found := [place for place in pattern.lines(block[cut:]) if begin + cut + place < offset]:
            yield True, begin + cut + found[-1]
            return
        offset = begin + cut if cut or not begin else begin + min(SPAN, len(block) // 2)
        yield False, offset


def next_line(file: LogFile, offset: int) -> int:
    """Return where the line after that of an offset begins; the end of the file if there is none."""
    while True:
        offset, block, _ = _block_from(file, offset)
        if cut := block.find(b"\n") + 1:
            return offset + cut
        if not block:
            return offset
        offset += len(block)


def _block_from(file: LogFile, begin: int) -> tuple[int, bytes, int]:
    """Return the offset of the next whole lines, the lines, and the offset behind them.

    Of a line that is longer than a block they are a part.
    """
    hole = file.hole()
    if hole[0] <= begin < hole[1]:
        begin = hole[1]
    block = file.read(begin, BLOCK)
    if len(block) < BLOCK:
        return begin, block, begin + len(block)
    if cut := block.rfind(b"\n") + 1:
        return begin, block[:cut], begin + cut
    return begin, block, begin + BLOCK - SPAN


def _compiled(expression: str, *, any_case: bool) -> "regex.Pattern[str]":
    import regex  # noqa: PLC0415 - takes long

    try:
        return regex.compile(expression, regex.MULTILINE | (regex.IGNORECASE if any_case else 0))
    except regex.error as error:
        raise BadInputError("search", f"{printable(expression)}: not a regular expression: {error}.") from None


def _places(text: str, needle: str) -> Iterator[int]:
    place = text.find(needle)
    while place >= 0:
        yield place
        place = text.find(needle, place + len(needle))


def _once_a_line(block: bytes, needle: re.Pattern[bytes]) -> Iterator[int]:
    found = needle.search(block)
    while found is not None:
        yield found.start()
        end = block.find(b"\n", found.start())
        found = needle.search(block, end) if end >= 0 else None


def _line_numbers(text: Any, places: list[int], newline: Any) -> Iterator[int]:
    """Return the number of the line, from 0, of each place in a text."""
    borders = zip([0, *places], places, strict=False)
    return accumulate(text.count(newline, before, place) for before, place in borders)


def _line_begins(block: bytes, lines: Iterator[int]) -> list[int]:
    begins = [0, *(match.end() for match in re.finditer(b"\n", block))]
    return [begins[line] for line in lines]
