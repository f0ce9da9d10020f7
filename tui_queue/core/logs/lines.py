"""Views of logs: matching lines, merged logs, plain text."""

from collections.abc import Mapping

from msgspec import Struct

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.file import LogFile, LogTail
from tui_queue.core.logs.search import AROUND, Search, row_at
from tui_queue.core.logs.terminal.cells import Row, text_of
from tui_queue.core.logs.terminal.escapes import Emulator
from tui_queue.core.logs.terminal.screen import SCREEN_HEIGHT
from tui_queue.core.logs.text import LogRow, Place

LONGEST = 1 << 16  # cells of a line without an end that are held back
LINES_KEPT = 5_000  # of several logs together
READS_A_POLL = 4


class MatchingLines:
    """The lines of one log that a search has found, in their order; ``Place.row`` counts them."""

    restarts = 0

    def __init__(self, search: Search, log: LogFile) -> None:
        """Takes the log over, and closes it."""
        self._search = search
        self._log = log
        self._seen = 0

    @property
    def end(self) -> Place:
        """The place behind the last one."""
        return Place(0, len(self._search.hits))

    def poll(self) -> bool:
        """Return whether more lines were found since the last poll."""
        before, self._seen = self._seen, len(self._search.hits)
        return before != self._seen

    def rows_from(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows, the first one at a place."""
        return [self._row(number) for number in range(place.row, min(place.row + count, self.end.row))]

    def rows_before(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows right before a place, in their order."""
        return [self._row(number) for number in range(max(0, place.row - count), place.row)]

    def part(self, place: Place) -> float:
        """Return the share of the lines before a place, from 0 to 1."""
        return place.row / max(1, self.end.row)

    def place_of(self, offset: int) -> Place:
        """Return the row of the first match at or behind an offset."""
        known = self._search.known_after(offset)
        return self.end if known is None else Place(0, self._search.number(known) - 1)

    def offset_of(self, row: LogRow) -> int:
        """Return where the match is, in bytes from the start of the file."""
        return self._search.hits[row.place.row]

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def _row(self, number: int) -> LogRow:
        return LogRow(Place(0, number), row_at(self._log, self._search.hits[number]), 0)


class ClearText:
    """A log as text without control sequences, row for row as a terminal would show it; fed piece by piece."""

    def __init__(self, *, live: bool) -> None:
        """While ``live``, rows come as soon as they are unlikely to change again."""
        self._emulator = Emulator()
        self._live = live

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """Return the text that is finished now; with ``final`` all that is left."""
        text = []
        for begin in range(0, len(data), AROUND):
            self._emulator.feed(data[begin : begin + AROUND])
            screen = self._emulator.screen
            held = screen.reach if self._live else SCREEN_HEIGHT
            text += [f"{text_of(row)}\n" for row in screen.take(screen.row - held)]
            if screen.row == 0 and len(part := text_of(screen.rows[0])) > LONGEST:
                text.append(part)  # a line that may never end
                self._emulator = Emulator()
        if final:
            self._emulator.feed(b"", final=True)
            text.append("\n".join(map(text_of, self._emulator.screen.rows)))
        return "".join(text)


class _Log(Struct):
    tail: LogTail
    open: bytes = b""  # its last line as long as that has no end


class MixedLines:
    """The latest lines of several logs in the order in which they came, then those that go on.

    ``Place.row`` counts all lines since the start, also those that are not kept any more.
    """

    restarts = 0

    def __init__(self, logs: Mapping[str, str]) -> None:
        """``logs`` are paths by names."""
        self._logs = {name: _Log(LogTail(path)) for name, path in logs.items()}
        self._rows: list[tuple[str, Row]] = []
        self._ends: list[tuple[str, Row]] = []  # lines that have no end yet, as they are now
        self._gone = 0

    @property
    def end(self) -> Place:
        """The place behind the last line."""
        return Place(0, self._gone + len(self._rows) + len(self._ends))

    def poll(self) -> bool:
        """Read the new output of each log; return whether there was any."""
        before, had = self.end, self._ends
        for name, log in self._logs.items():
            try:
                for _ in range(READS_A_POLL):
                    chunk = log.tail.read()
                    if not chunk.data:
                        break
                    self._take(name, log, chunk.data)
            except StoreError as error:
                self._rows.append((name, str(error)))
        if (more := len(self._rows) - LINES_KEPT) > 0:
            del self._rows[:more]
            self._gone += more
        self._ends = [(name, _row(log.open)) for name, log in self._logs.items() if log.open]
        return self.end != before or self._ends != had

    def rows_from(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows, the first one at a place or the oldest that is kept."""
        begin = max(0, place.row - self._gone)
        return [self._row(number) for number in range(begin, min(begin + count, self.end.row - self._gone))]

    def rows_before(self, place: Place, count: int) -> list[LogRow]:
        """Return up to this number of rows right before a place, in their order."""
        end = max(0, place.row - self._gone)
        return [self._row(number) for number in range(max(0, end - count), end)]

    def part(self, place: Place) -> float:
        """Return the share of the lines before a place, from 0 to 1."""
        return max(0, place.row - self._gone) / max(1, self.end.row - self._gone)

    def close(self) -> None:
        """Close all logs."""
        for log in self._logs.values():
            log.tail.close()

    def _row(self, number: int) -> LogRow:
        kept = len(self._rows)
        name, row = self._rows[number] if number < kept else self._ends[number - kept]
        return LogRow(Place(0, self._gone + number), row, 0, name)

    def _take(self, name: str, log: _Log, data: bytes) -> None:
        *lines, log.open = (log.open + data).split(b"\n")
        log.open = log.open[-AROUND:]
        for line in lines[-LINES_KEPT:]:
            self._rows.append((name, _row(line)))


def _row(line: bytes) -> Row:
    emulator = Emulator()
    emulator.feed(line[-AROUND:], final=True)
    return emulator.screen.rows[-1]
