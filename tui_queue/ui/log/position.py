"""The place of the user in one log, or in several: the lines in view, and whether the end is followed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.lines import MatchingLines, MixedLines
from tui_queue.core.logs.search import Search
from tui_queue.core.logs.terminal.cells import text_of
from tui_queue.core.logs.text import LogRow, LogText, Place, RowSource
from tui_queue.core.logs.timestamps import LogTimes
from tui_queue.ui.log.view import Layout, Line, Span, View
from tui_queue.ui.log.viewport import Viewport

COUNTED = 4 * 2**20  # bytes of new output whose lines are counted at once
MOST_TEXT = 2**20  # characters of a selected text; no terminal takes as many into its clipboard
_READ = 500  # rows at once


class LogPosition:
    """A viewport on a log, and what there is to say about it. All methods wait for the disk: a thread calls them.

    They raise StoreError, or OSError where the log can't be read.
    """

    def __init__(self, source: str | Mapping[str, str]) -> None:
        """``source`` is the path of a log, or the paths of several by their names. Nothing is read yet."""
        self.log: LogText | None = None  # none for several
        self._times: LogTimes | None = None
        self._names: Sequence[str] = ()
        if isinstance(source, str):
            self.log, self._times = LogText(source), LogTimes(source)
            self._viewport = Viewport(self.log)
        else:
            self._viewport, self._names = Viewport(MixedLines(source)), tuple(source)
        self._layout = View().layout
        self._following = True
        self._hit: tuple[int, Place] | None = None
        self._counted = 0  # bytes up to which new lines are counted since the view stopped following
        self._unseen = 0  # those lines

    def open(self, layout: Layout) -> None:
        """Open the log and show its end."""
        self._layout = layout
        self.poll()
        self._refit()

    def fit(self, layout: Layout) -> None:
        """Show as much as there is room for now."""
        self._layout = layout
        self._refit()

    def poll(self) -> None:
        """Read the output that came since the last poll."""
        log, rows = self.log, self._viewport.rows
        restarts = log.restarts if log is not None else 0
        changed = log.poll() if log is not None else False
        changed |= rows.poll() if rows is not log else False
        if log is not None and log.restarts != restarts:
            self._show(log)
        elif changed and self._following:
            self._viewport.to_end()
        elif changed:
            self._count_unseen()
            self._viewport.read()

    def move(self, lines: int) -> None:
        """Go up or down by lines: going up stops following, reaching the end follows again."""
        if lines < 0:
            self._follow(False)
            self._viewport.up(-lines)
        elif self._viewport.down(lines):
            self._follow(True)

    def to_start(self) -> None:
        """Go to the first line."""
        self._follow(False)
        self._viewport.to_start()

    def to_end(self) -> None:
        """Go to the end and follow it."""
        self._follow(True)
        self._viewport.to_end()

    def toggle_follow(self) -> None:
        """Stop following, or go to the end and follow it."""
        if self._following:
            self._follow(False)
        else:
            self.to_end()

    def go(self, offset: int) -> None:
        """Show the line at an offset, and mark it."""
        self._follow(False)
        rows = self._viewport.rows
        if isinstance(rows, LogText | MatchingLines):
            place = rows.place_of(offset)
            self._hit = offset, place
            self._viewport.to(place)

    def only(self, search: Search | None) -> None:
        """Show only the lines that a search finds; None shows all again."""
        if self.log is not None:
            self._show(self.log if search is None else MatchingLines(search, self.log.file.again()))
            self.poll()

    def forget_hit(self) -> None:
        """Remove the mark of the line that the user went to."""
        self._hit = None

    def here(self) -> int | None:
        """Return the offset of the line that the user went to if it is in view, else of the first line in view."""
        lines, rows = self._viewport.lines, self._viewport.rows
        if self._hit is not None and any(line.row.place == self._hit[1] for line in lines):
            return self._hit[0]
        return rows.offset_of(lines[0].row) if lines and isinstance(rows, LogText | MatchingLines) else None

    def text_in(self, span: Span) -> str:
        """Return a part of the text; of a very long one the beginning."""
        lines: list[str] = []
        place, room = span.begin, MOST_TEXT
        while room > 0 and (rows := self._viewport.rows.rows_from(place, _READ)):
            for row in rows:
                if row.place > span.end:
                    return "\n".join(lines)
                first = span.first if row.place == span.begin else 0
                lines.append(text_of(row.row)[first : span.behind if row.place == span.end else None])
            place = rows[-1].place._replace(row=rows[-1].place.row + 1)
            room -= sum(map(len, lines[-len(rows) :]))
        return "\n".join(lines)

    def view(self) -> View:
        """Return the lines in view and the state of the log."""
        log, viewport = self.log, self._viewport
        return View(
            lines=[self._complete(line) for line in viewport.lines],
            layout=self._layout,
            names=self._names,
            following=self._following,
            part=viewport.part,
            hit=self._hit,
            unseen=self._unseen,
            uncounted=log.size - self._counted if log is not None and not self._following else 0,
            size=log.size if log is not None else 0,
            restarts=log.restarts if log is not None else 0,
            only_matching=isinstance(viewport.rows, MatchingLines),
        )

    def close(self) -> None:
        """Close all files."""
        for held in (self._viewport.rows, self.log, self._times):
            if held is not None:
                held.close()

    def _show(self, rows: RowSource) -> None:
        """Show other rows, from their end on."""
        if self._viewport.rows is not self.log:
            self._viewport.rows.close()
        self._viewport, self._hit = Viewport(rows), None
        self._follow(True)
        self._refit()

    def _refit(self) -> None:
        self._viewport.fit(self._layout.height, self._layout.width if self._layout.wrap else None)
        if self._following:
            self._viewport.to_end()

    def _follow(self, following: bool) -> None:
        """Follow the end, or count the output that comes from now on."""
        if following != self._following:
            self._following = following
            self._unseen, self._counted = 0, self.log.size if self.log is not None else 0

    def _count_unseen(self) -> None:
        """Count the lines that came since the view stopped following; of very many only the bytes."""
        if self.log is not None and 0 < self.log.size - self._counted <= COUNTED:
            self._unseen += self.log.read(self._counted, self.log.size - self._counted).count(b"\n")
            self._counted = self.log.size

    def _complete(self, line: Line) -> Line:
        """Return a line with its time and number, where they are shown."""
        if line.part or not (self._layout.times or self._layout.numbers):
            return line
        time = self._time_of(line.row) if self._layout.times else None
        number = self._number_of(line.row) if self._layout.numbers else None
        return line._replace(time=time, number=number)

    def _time_of(self, row: LogRow) -> datetime | None:
        rows = self._viewport.rows
        if self._times is None or not isinstance(rows, LogText | MatchingLines):
            return None
        try:
            return self._times.at(rows.offset_of(row))
        except StoreError:
            return None

    def _number_of(self, row: LogRow) -> int | None:
        log, rows = self.log, self._viewport.rows
        if log is None:
            return None
        if isinstance(rows, MatchingLines):
            before = log.line_at(rows.offset_of(row))
            return None if before is None else before + 1
        return log.line_of(row)
