"""One log, or several, as somebody reads them: where they are in it, and whether they follow its end.

All of it is done in a thread of its own: a disk that hangs holds up neither keys nor other logs.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.lines import MatchingLines, MixedLines
from tui_queue.core.logs.search import Search
from tui_queue.core.logs.text import LogRow, LogText, Place, Rows
from tui_queue.core.logs.timestamps import LogTimes
from tui_queue.core.system.worker_thread import Reader
from tui_queue.core.units.printable import printable
from tui_queue.ui.log.viewport import Line, Page

T = TypeVar("T")
COUNTED = 4 * 2**20  # bytes of new output whose lines are counted at once


class Room(NamedTuple):
    """What there is room for: lines, and cells of a row; how rows are shown in it."""

    height: int
    width: int
    wrap: bool
    numbers: bool
    times: bool


class Shown(NamedTuple):
    """A line as it is drawn: a row, or a part of it; when it was written, and its number, where that is wanted."""

    row: LogRow
    part: int
    time: datetime | None
    number: int | None


class View(NamedTuple):
    """What is in view, and what there is to say of it."""

    lines: Sequence[Shown] = ()
    room: Room = Room(1, 1, wrap=False, numbers=False, times=False)
    names: Sequence[str] = ()  # of the logs, where they are several
    following: bool = True
    part: tuple[float, float] = (0.0, 1.0)  # what parts of all are before it, and before its end
    hit: tuple[int, Place] | None = None  # where in the file is what was gone to, and its row
    unseen: int = 0  # new lines since it does not follow any more
    uncounted: int = 0  # bytes of more that is new
    size: int = 0  # bytes of the log
    restarts: int = 0  # how often that was written anew
    only_matching: bool = False


class LogSession:
    """Reads for one who waits for nothing: ``act`` and ``ask`` are for the event loop, all else is for ``act``."""

    def __init__(self, source: str | Mapping[str, str]) -> None:
        """``source`` is the path of a log, or the paths of several by their names."""
        self.log: LogText | None = None  # none for several
        self.look_is_due = False  # one was asked for, and has not begun
        self._times: LogTimes | None = None
        self._names: Sequence[str] = ()
        if isinstance(source, str):
            self.log, self._times = LogText(source), LogTimes(source)
            self._page, self._said = Page(self.log), printable(source)
        else:
            self._page, self._said, self._names = Page(MixedLines(source)), "The output", tuple(source)
        self._room = View().room
        self._following = True
        self._hit: tuple[int, Place] | None = None
        self._counted = 0  # bytes up to which new lines are counted since the view stays
        self._unseen = 0  # those lines
        self._acts = 0  # that were asked for
        self._reader = Reader()

    # For the event loop.

    def act(self, what: Callable[[], object]) -> "asyncio.Future[View | None]":
        """Do something; what is returned will have the view then, or None where more is to be done already.

        It raises StoreError where the log can't be read.
        """
        self._acts += 1
        return self.ask(partial(self._done, what, self._acts))

    def ask(self, question: Callable[[], T]) -> "asyncio.Future[T]":
        """Return what will have the answer, or raises StoreError where the log can't be read."""
        return self._reader.ask(partial(self._answer, question))

    def close(self) -> None:
        """Let go of all files, as soon as what was asked is done."""
        self._reader.close(self._close)

    # For ``act``.

    def begin(self, room: Room) -> None:
        """Open it and show its end."""
        self._room = room
        self.look()
        self._refit()

    def fit(self, room: Room) -> None:
        """Fill the room that there is now."""
        self._room = room
        self._refit()

    def look(self) -> None:
        """Take in what was written meanwhile."""
        self.look_is_due = False
        log, rows = self.log, self._page.rows
        restarts = log.restarts if log is not None else 0
        changed = log.look() if log is not None else False
        changed |= rows.look() if rows is not log else False
        if log is not None and log.restarts != restarts:
            self._show(log)
        elif changed and self._following:
            self._page.to_end()
        elif changed:
            self._count_unseen()
            self._page.read()

    def move(self, lines: int) -> None:
        """Go up or down by lines: up no longer follows, at the end it follows again."""
        if lines < 0:
            self._follow(False)
            self._page.up(-lines)
        elif self._page.down(lines):
            self._follow(True)

    def to_start(self) -> None:
        """Go to the first line."""
        self._follow(False)
        self._page.to_start()

    def to_end(self) -> None:
        """Go to the end and follow it."""
        self._follow(True)
        self._page.to_end()

    def toggle_follow(self) -> None:
        """Stay, or go to the end and follow it."""
        if self._following:
            self._follow(False)
        else:
            self.to_end()

    def go(self, offset: int) -> None:
        """Show the line at an offset, and mark it."""
        self._follow(False)
        rows = self._page.rows
        if isinstance(rows, LogText | MatchingLines):
            place = rows.place_of(offset)
            self._hit = offset, place
            self._page.to(place)

    def only(self, search: Search | None) -> None:
        """Show only the lines that a search finds, or all again."""
        if self.log is not None:
            self._show(self.log if search is None else MatchingLines(search, self.log.file.again()))
            self.look()

    def forget_hit(self) -> None:
        """Mark no line any more."""
        self._hit = None

    # For ``ask``.

    def here(self) -> int | None:
        """Return where in the file is what was gone to if that is in view, else the first line in view."""
        lines, rows = self._page.lines, self._page.rows
        if self._hit is not None and any(line.row.place == self._hit[1] for line in lines):
            return self._hit[0]
        return rows.offset_of(lines[0].row) if lines and isinstance(rows, LogText | MatchingLines) else None

    # How it is done.

    def _done(self, what: Callable[[], object], number: int) -> View | None:
        what()
        return self._view() if number == self._acts else None

    def _answer(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except OSError as error:
            raise StoreError(f"{self._said}: can't be read: {error.strerror}.") from None

    def _close(self) -> None:
        for held in (self._page.rows, self.log, self._times):
            if held is not None:
                held.close()

    def _show(self, rows: Rows) -> None:
        """Show other rows from their end on."""
        if self._page.rows is not self.log:
            self._page.rows.close()
        self._page, self._hit = Page(rows), None
        self._follow(True)
        self._refit()

    def _refit(self) -> None:
        self._page.fit(self._room.height, self._room.width if self._room.wrap else None)
        if self._following:
            self._page.to_end()

    def _follow(self, following: bool) -> None:
        """Follow the end, or not; count what comes from now on."""
        if following != self._following:
            self._following = following
            self._unseen, self._counted = 0, self.log.size if self.log is not None else 0

    def _count_unseen(self) -> None:
        """Count the lines that came while the view stays, or at least their bytes."""
        if self.log is not None and 0 < self.log.size - self._counted <= COUNTED:
            self._unseen += self.log.read(self._counted, self.log.size - self._counted).count(b"\n")
            self._counted = self.log.size

    def _view(self) -> View:
        log, page = self.log, self._page
        return View(
            lines=[self._shown(line) for line in page.lines],
            room=self._room,
            names=self._names,
            following=self._following,
            part=page.part,
            hit=self._hit,
            unseen=self._unseen,
            uncounted=log.size - self._counted if log is not None and not self._following else 0,
            size=log.size if log is not None else 0,
            restarts=log.restarts if log is not None else 0,
            only_matching=isinstance(page.rows, MatchingLines),
        )

    def _shown(self, line: Line) -> Shown:
        is_first = line.part == 0
        time = self._time_of(line.row) if self._room.times and is_first else None
        number = self._line_of(line.row) if self._room.numbers and is_first else None
        return Shown(line.row, line.part, time, number)

    def _time_of(self, row: LogRow) -> datetime | None:
        rows = self._page.rows
        if self._times is None or not isinstance(rows, LogText | MatchingLines):
            return None
        try:
            return self._times.at(rows.offset_of(row))
        except StoreError:
            return None

    def _line_of(self, row: LogRow) -> int | None:
        log, rows = self.log, self._page.rows
        if log is None:
            return None
        if isinstance(rows, MatchingLines):
            before = log.line_at(rows.offset_of(row))
            return None if before is None else before + 1
        return log.line_of(row)
