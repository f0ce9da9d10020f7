"""The output of one run as rows of a terminal; any part of it can be read, however large the file is.

The file is read in chunks that begin with a line near multiples of a size, or within a line that is longer than one.
Each chunk is drawn on a screen of its own; where the cursor goes above its first row its rows lie over the last ones
of the chunk before. So the rows at a place depend on a few chunks, and the memory needed on neither the size of the
file nor that of its lines.
"""

import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from tui_queue.core.logs.file import LogFile, left_out
from tui_queue.core.logs.line_index import LineIndex
from tui_queue.core.logs.terminal.cells import Row
from tui_queue.core.logs.terminal.escapes import Emulator

CHUNK = 1 << 15  # bytes
ROWS_KEPT = 100_000  # rows of the chunks that stay in memory
CHUNKS_KEPT = 48
BEGINS_KEPT = 10_000  # offsets at which chunks begin
UNDER_S = 0.05  # for which earlier chunks are read for rows that show through those of a later one
EMPTY_CHUNKS = 16  # that are passed in one step; later output has overwritten all of their rows


class Place(NamedTuple):
    """The place of a row: the number of its chunk, and of the row in it."""

    chunk: int
    row: int


START = Place(0, 0)


class LogRow(NamedTuple):
    """A row of a log; ``line`` is how many line ends of its chunk came before it, ``log`` its log among several."""

    place: Place
    row: Row
    line: int
    log: str = ""


class RowSource(Protocol):
    """Output that can be read row by row, from any place."""

    @property
    def restarts(self) -> int:
        """How often the content was replaced."""

    @property
    def end(self) -> Place:
        """The place behind the last row."""

    def poll(self) -> bool:
        """Read new output; return whether anything has changed. Raises StoreError."""

    def rows_from(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows, the first one at a place."""

    def rows_before(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows right before a place, in their order."""

    def part(self, place: Place) -> float:
        """Return the share of the output before a place, from 0 to 1."""

    def close(self) -> None:
        """Close all files."""


class _Chunk:
    """The screen of one chunk, and the bytes that it was fed: from ``begin`` to ``end``."""

    def __init__(self, number: int, begin: int, *, inside: bool) -> None:
        self.begin = self.end = begin
        self.inside = inside
        self.emulator = Emulator(top=number == 0, inside=inside)
        self.screen = self.emulator.screen
        self.drawn: list[Row] | None = None  # its rows, once they can't change any more
        self.lines_before: int | None = None  # in the file, once they have been counted


class LogText:
    """One file, read only where rows are asked for. Reads of a file that can't be opened raise StoreError."""

    def __init__(self, path: str, *, chunk: int = CHUNK, under_s: float = UNDER_S) -> None:
        """``chunk`` is the size of a chunk in bytes; ``under_s`` bounds the reading of earlier chunks."""
        self._chunk_size = chunk
        self._under_s = under_s
        self.size = 0  # bytes, at the last poll
        self.restarts = 0  # how often the file was cut or replaced
        self.file = LogFile(path)
        self._lines = LineIndex(self.file)
        self._chunks: OrderedDict[int, _Chunk] = OrderedDict()
        self._begins: dict[int, int] = {}
        self._hole = (0, 0)  # bytes that were taken out of the middle

    def poll(self) -> bool:
        """Open the file and take its size; return whether it has changed. Raises StoreError if it is no plain file."""
        before = self.size, self.restarts
        if self.file.poll(self.size):
            self._begin_anew()
            self.restarts += 1
        self.size = self.file.size
        if (hole := self.file.hole()) != self._hole:
            if hole[0] < hole[1] or self._hole[0] < self._hole[1]:
                self._chunks.clear()
                self._begins.clear()
            self._hole = hole
        return (self.size, self.restarts) != before

    def close(self) -> None:
        """Close the file and forget its content; the next poll opens it again."""
        self.file.close()
        self._begin_anew()

    def read(self, begin: int, size: int) -> bytes:
        """Return bytes of the file, fewer at its end."""
        return self.file.read(begin, size)

    @property
    def end(self) -> Place:
        """The place behind the last row."""
        last = self._last
        return Place(last, len(self._shown(last)))

    def rows_from(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows, the first one at a place."""
        found: list[LogRow] = []
        empty = 0
        chunk, row = place
        while len(found) < count and chunk <= self._last and empty < EMPTY_CHUNKS:
            shown = self._shown(chunk)
            found.extend(self._rows(chunk, shown, row, row + count - len(found)))
            empty += not shown
            chunk, row = self._over_hole(chunk, 1), 0
        return found

    def rows_before(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows right before a place, in their order."""
        parts: list[list[LogRow]] = []
        missing, empty = count, 0
        chunk, row = place
        while missing > 0 and chunk >= 0 and empty < EMPTY_CHUNKS:
            shown = self._shown(chunk)
            end = len(shown) if row < 0 else min(row, len(shown))
            part = list(self._rows(chunk, shown, max(0, end - missing), end))
            parts.append(part)
            missing -= len(part)
            empty += not shown
            chunk, row = self._over_hole(chunk, -1), -1
        return [row for part in reversed(parts) for row in part]

    def part(self, place: Place) -> float:
        """Return the share of the file before a place, from 0 to 1."""
        chunk = self._chunk(min(place.chunk, self._last))
        rows = max(1, len(chunk.screen.rows))
        return (chunk.begin + (chunk.end - chunk.begin) * min(place.row, rows) / rows) / max(1, self.size)

    def place_of(self, offset: int) -> Place:
        """Return the row that shows the line at an offset, or the next one where that was overwritten."""
        offset = max(0, min(offset, self.size))
        number = min(offset // self._chunk_size, self._last)
        if number and self._begin(number) > offset:
            number -= 1
        chunk = self._chunk(number)
        line = self.read(chunk.begin, offset - chunk.begin).count(b"\n")
        row = bisect_left(chunk.screen.lines, line, chunk.screen.above if chunk.begin else 0)
        if row < len(self._shown(number)) or number == self._last:
            return Place(number, row)
        return Place(number + 1, 0)

    def offset_of(self, row: LogRow) -> int:
        """Return where the line begins in which a row was made, in bytes from the start of the file."""
        chunk = self._chunk(row.place.chunk)
        data = self.read(chunk.begin, chunk.end - chunk.begin)
        offset = 0
        for _ in range(row.line):
            offset = data.find(b"\n", offset) + 1
        return chunk.begin + offset

    def count_lines(self) -> float:
        """Count line ends for a moment; return the share of the file that has been counted. A thread may call it."""
        return self._lines.count(self.size, self._hole)

    def line_at(self, offset: int) -> int | None:
        """Return how many line ends come before an offset; None as long as they have not been counted."""
        return self._lines.lines_before(offset)

    def line_of(self, row: LogRow) -> int | None:
        """Return the number of the line, from 1, in which a row was made; None as long as it is not known."""
        chunk = self._chunk(row.place.chunk)
        if chunk.lines_before is None:
            chunk.lines_before = self.line_at(chunk.begin)
        return None if chunk.lines_before is None else chunk.lines_before + row.line + 1

    def offset_of_line(self, line: int) -> int | None:
        """Return where a line, counted from 1, begins; the last one for more than there are; None as ``line_at``."""
        return self._lines.offset_of(line, self.size)

    def _begin_anew(self) -> None:
        self.size = 0
        self._chunks.clear()
        self._begins.clear()
        self._lines.clear()

    def _rows(self, chunk: int, shown: list[Row], begin: int, end: int) -> Iterator[LogRow]:
        lines = self._chunk(chunk).screen.lines
        for row in range(begin, min(end, len(shown))):
            yield LogRow(Place(chunk, row), shown[row], lines[min(row, len(lines) - 1)])

    @property
    def _last(self) -> int:
        """The number of the last chunk. As long as a line that goes on at the end may end, it has none of its own."""
        last = max(0, self.size - 1) // self._chunk_size
        return last - 1 if last and self._begin(last) >= self.size else last

    def _over_hole(self, number: int, step: int) -> int:
        """Return the number of the next chunk, or of the one before, without those that lie in the hole."""
        number += step
        # The rest of the line in which the hole ends belongs to the chunk before the one in which that is.
        first, behind = self._hole[0] // self._chunk_size + 1, self._hole[1] // self._chunk_size - 2
        if first <= number <= behind:
            return behind + 1 if step > 0 else first - 1
        return number

    def _begin(self, number: int) -> int:
        """Return where a chunk begins; the size of the file if that can't be known yet."""
        if number == 0:
            return 0
        if number not in self._begins:
            before = number * self._chunk_size - 1
            data = self.read(before, self._chunk_size)
            newline = data.find(b"\n") + 1
            if not newline and len(data) < self._chunk_size:
                return self.size
            if len(self._begins) > BEGINS_KEPT:
                self._begins.clear()
            # Within a line, but not within a character.
            inside = next((place for place in (1, 2, 3) if not 0x80 <= data[place] < 0xC0), 1)
            self._begins[number] = before + (newline or inside)
        return self._begins[number]

    def _chunk(self, number: int) -> _Chunk:
        """Return a chunk, drawn as far as the file goes."""
        chunk = self._chunks.get(number)
        last = number >= self._last
        if chunk is not None and not last and chunk.end == self._begin(number + 1):
            self._chunks.move_to_end(number)
            return chunk
        end = self.size if last else self._begin(number + 1)
        if chunk is None or chunk.end > end:
            begin = self._begin(number)
            chunk = _Chunk(number, begin, inside=bool(number) and self.read(begin - 1, 1) != b"\n")
        data = self.read(chunk.end, end - chunk.end)
        chunk.end += len(data)
        if 0 <= (gone := self._hole[0] - (chunk.end - len(data))) < len(data) and self._hole[0] < self._hole[1]:
            data = data[:gone] + left_out(self._hole[1] - self._hole[0]) + data[gone:].lstrip(b"\0")
        chunk.emulator.feed(data)
        self._chunks[number] = chunk
        self._chunks.move_to_end(number)
        self._forget()
        return chunk

    def _forget(self) -> None:
        """Keep the chunks that were read last."""
        kept = sum(len(chunk.screen.rows) for chunk in self._chunks.values())
        while len(self._chunks) > 4 and (kept > ROWS_KEPT or len(self._chunks) > CHUNKS_KEPT):
            _, chunk = self._chunks.popitem(last=False)
            kept -= len(chunk.screen.rows)

    def _shown(self, number: int) -> list[Row]:
        """Return the rows of a chunk without those that the next one has overwritten."""
        rows = self._drawn(number, time.monotonic() + self._under_s)
        if number >= self._last:
            return rows[: len(rows) - (rows[-1] is None)]
        return rows[: self._kept(number)]

    def _drawn(self, number: int, until: float) -> list[Row]:
        """Return all rows of a chunk, with rows of the chunks before that show through, as far as time allows."""
        chunk = self._chunk(number)
        if chunk.drawn is not None:
            return chunk.drawn
        rows = chunk.screen.rows
        if number and time.monotonic() < until and self._lies_over(number):
            under = self._drawn(number - 1, until)[self._kept(number - 1) :]
            rows = [row if row is not None or place >= len(under) else under[place] for place, row in enumerate(rows)]
            rows += under[len(rows) :]
        if number < self._last:
            chunk.drawn = rows
        return rows

    def _lies_over(self, number: int) -> bool:
        """Whether rows of the chunk before show through a chunk, or below it."""
        screen, before = self._chunk(number).screen, self._chunk(number - 1).screen
        return screen.above > 0 or before.row < len(before.rows) - 1

    def _kept(self, number: int) -> int:
        """Return how many rows of a chunk the next one leaves as they are."""
        following = self._chunk(number + 1)
        screen = self._chunk(number).screen
        return max(0, screen.row + following.inside - following.screen.above)
