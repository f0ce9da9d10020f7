"""Rows of one log, or of several, live: they follow the end until somebody scrolls up, and never hold up a key.

Only the rows in view are ever read. Textual's own Log will not do here: it keeps the whole log, starts a thread a line
and passes control sequences through to the terminal.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from zlib import crc32

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, work
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from tui_queue.core.errors import StoreError, TuiQueueError
from tui_queue.core.log_lines import MatchingLines, MixedLines
from tui_queue.core.log_text import LogRow, LogText, Place
from tui_queue.core.log_times import LogTimes
from tui_queue.core.log_watch import changes
from tui_queue.core.logs import is_packed
from tui_queue.core.printable import clipped, printable
from tui_queue.core.terminal import text_of
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.log_page import Line, Page
from tui_queue.ui.log_rows import drawn

SIDEWAYS = 8  # cells
WHEEL = 3  # lines
KEYS_SHARE = 4  # for so many times as long as output takes to be drawn everything else has its turn
COUNTED = 4 * 2**20  # bytes of new output whose lines are counted at once
_NUMBER_WIDE, _TIME_WIDE = 9, 15  # cells
_DIM = Style(dim=True)
_THUMB = Style(reverse=True, dim=True)
_TAGS = ("cyan", "green", "magenta", "yellow", "blue", "red")  # colours of the names of several logs


class LogPager(Widget, can_focus=True):
    """Shows one log, or several; ``show`` and ``show_several`` are all that it needs to be told."""

    ALLOW_SELECT = True

    following: reactive[bool] = reactive(True)
    wrap: reactive[bool] = reactive(False)
    numbers: reactive[bool] = reactive(False)
    times: reactive[bool] = reactive(False)

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._source: object = None  # what is shown: a path, or paths by names
        self._log: LogText | None = None  # none for several
        self._page: Page | None = None
        self._times: LogTimes | None = None
        self._hit: tuple[int, Place] | None = None  # where in the file is what was gone to, and its row
        self._left = 0  # cells of the rows that are left of the view
        self._counted = 0  # bytes up to which new lines are counted since the view stays
        self._unseen = 0  # those lines
        self._placeholder = ""
        self._note = ""  # how far something that takes long is
        self._live = False

    def show(self, path: str | None, *, live: bool, placeholder: str) -> None:
        """Show the file at ``path``; while ``live`` look for more of it.

        Where there is no output the placeholder stands in its place. The same path again changes neither place nor
        content.
        """
        self._placeholder = placeholder
        if path != self._source:
            self._let_go()
            self._source = path
            if path is not None and is_packed(path):
                self._unpack(path)
                return
            if path is not None:
                self._opened(LogText(path))
        self._go_on([] if path is None else [path], live=live)

    @work(exclusive=True, group="unpack")
    async def _unpack(self, path: str) -> None:
        """Show a compressed log once it has been read through."""
        self._tell("decompressing")
        log = LogText(path)
        try:
            await asyncio.to_thread(log.look)
        except StoreError as error:
            self._placeholder = str(error)
        self._tell("")
        self._opened(log)

    def show_several(self, logs: Mapping[str, str], *, live: bool, placeholder: str) -> None:
        """Show the latest lines of several files by their names, as they come."""
        self._placeholder = placeholder
        if logs != self._source:
            self._let_go()
            self._source = dict(logs)
            self._begin(Page(MixedLines(logs)))
        self._go_on([*logs.values()], live=live)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._let_go()

    def render_line(self, y: int) -> Strip:
        """Return one line of the view."""
        width, style = self.size.width, self.rich_style
        lines = self._page.lines if self._page is not None else []
        if not lines:
            text = Text(self._placeholder if y == 0 else "", style="dim", no_wrap=True)
            return Strip(text.render(self.app.console), text.cell_len).crop_extend(0, width, style).apply_style(style)
        if y >= len(lines):
            return Strip.blank(width, style)
        line, room = lines[y], self._room
        left = line.part * room if self.wrap else self._left
        strip = self._strip(line.row, y).crop_extend(left, left + room, style).apply_offsets(left, y)
        return Strip([*self._gutter(line), *strip, self._bar(y)]).apply_style(style)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that is selected with the mouse."""
        lines = self._page.lines if self._page is not None else []
        return selection.extract("\n".join(text_of(line.row.row) for line in lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is selected."""
        self.refresh()

    # What keys do.

    def action_move(self, lines: int) -> None:
        """Go up or down by lines: up no longer follows, at the end it follows again."""
        if (page := self._page) is None:
            return
        if lines < 0:
            self.following = False
            page.up(-lines)
        elif page.down(lines):
            self.following = True
        self._drawn_anew()

    def action_page(self, pages: int) -> None:
        """Go up or down by all but one of the lines in view."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_sideways(self, steps: int) -> None:
        """Go left or right where rows are longer than the view is wide."""
        lines = self._page.lines if self._page is not None else []
        longest = max((Text(text_of(line.row.row)).cell_len for line in lines), default=0)
        self._left = max(0, min(self._left + steps * SIDEWAYS, longest - self._room))
        self.refresh()

    def action_start(self) -> None:
        """Go to the first line."""
        if self._page is not None:
            self.following = False
            self._page.to_start()
            self._drawn_anew()

    def action_follow_end(self) -> None:
        """Go to the end and follow it."""
        self.following = True
        if self._page is not None:
            self._page.to_end()
        self._drawn_anew()

    def action_toggle_follow(self) -> None:
        """Stay where we are, or go to the end and follow it."""
        if self.following:
            self.following = False
        else:
            self.action_follow_end()

    # What comes from elsewhere.

    def on_resize(self) -> None:
        """Fill the room that there is now."""
        self._refit()

    def watch_wrap(self) -> None:
        """Draw long rows in one line or in several."""
        self._left = 0
        self._refit()

    def watch_numbers(self) -> None:
        """Draw the numbers of lines or not; count them."""
        self._refit()
        if self.numbers:
            self._number()

    def watch_times(self) -> None:
        """Draw when lines were written or not; say how that comes to be known where it is not."""
        self._refit()
        lines = self._page.lines if self._page is not None else []
        if self.times and lines and self._log is not None and self._time_of(lines[0].row) is None:
            self.notify("Nobody has noted the times of this output: add jobs with --times.", timeout=5)

    def watch_following(self) -> None:
        """Say whether the view follows; count what it has not shown from now on."""
        self._unseen, self._counted = 0, self._log.size if self._log is not None else 0
        self._say()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down."""
        event.stop()
        self.action_move(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up."""
        event.stop()
        self.action_move(-WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Go to the part of the log that a click on the bar means."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.x == self.size.width - 1 and self._log is not None:
            self._go(self._log.size * offset.y // max(1, self.size.height))

    # How it is shown.

    def _opened(self, log: LogText) -> None:
        """Show a log that nothing is known of so far."""
        self._log, self._times = log, LogTimes(log.file.path)
        self._begin(Page(log))

    def _begin(self, page: Page) -> None:
        """Show other rows from their end on."""
        self._page, self._hit, self._left = page, None, 0
        self.following = True
        self._refit()

    def _let_go(self) -> None:
        self.workers.cancel_node(self)
        if self._page is not None:
            self._page.rows.close()
        for held in (self._log, self._times):
            if held is not None:
                held.close()
        self._source = self._log = self._times = self._page = None
        self._note, self._live = "", False
        self._say()
        self.refresh()

    def _go_on(self, paths: Sequence[str], *, live: bool) -> None:
        """Show what there is now; follow it while it is live."""
        was_live, self._live = self._live, live
        self._read()
        if live and not was_live and paths:
            self._follow(paths)
        if self._page is None or not self._page.lines:
            self.refresh()

    @work(exclusive=True, group="follow")
    async def _follow(self, paths: Sequence[str]) -> None:
        async for _ in changes(paths):
            if not self._live:
                return
            begun = time.monotonic()
            self._read()
            await asyncio.sleep(KEYS_SHARE * (time.monotonic() - begun))

    def _read(self) -> None:
        """Take in what was written meanwhile."""
        page = self._page
        if page is None:
            return
        restarts = self._log.restarts if self._log is not None else 0
        try:
            changed = self._log.look() if self._log is not None else False
            changed |= page.rows.look() if page.rows is not self._log else False
        except TuiQueueError as error:
            self._let_go()
            self._placeholder = str(error)
            return
        if self._log is not None and self._log.restarts != restarts:
            self._restarted(self._log)
        if changed and self._page is not None:
            self._grown(self._page)

    def _restarted(self, log: LogText) -> None:
        """Show a log that was written anew."""
        self._begin(Page(log))

    def _grown(self, page: Page) -> None:
        """Show what has come, or count it."""
        if self.following:
            page.to_end()
        else:
            self._count_unseen()
            page.read()
        self._drawn_anew()
        if self.numbers:
            self._number()

    def _count_unseen(self) -> None:
        """Count the lines that came while the view stays, or at least their bytes."""
        if self._log is not None and 0 < self._log.size - self._counted <= COUNTED:
            self._unseen += self._log.read(self._counted, self._log.size - self._counted).count(b"\n")
            self._counted = self._log.size

    def _refit(self) -> None:
        if self._page is not None:
            self._page.fit(self.size.height, self._room if self.wrap else None)
            if self.following:
                self._page.to_end()
        self._drawn_anew()

    def _drawn_anew(self) -> None:
        self._say()
        self.refresh()

    @property
    def _room(self) -> int:
        """How many cells of a row there is room for."""
        return max(1, self.size.width - 1 - self._gutter_wide)

    @property
    def _gutter_wide(self) -> int:
        if isinstance(self._source, dict):
            return max(map(len, self._source), default=0) + 2
        return _NUMBER_WIDE * self.numbers + _TIME_WIDE * self.times

    def _gutter(self, line: Line) -> list[Segment]:
        wide = self._gutter_wide
        if not wide:
            return []
        if isinstance(self._source, dict):
            name = line.row.log
            return [Segment(f"{printable(name):>{wide - 2}}", Style(color=_tag(name))), Segment("│ ", _DIM)]
        is_first = line.part == 0
        time = self._time_of(line.row) if self.times and is_first else None
        number = self._line_of(line.row) if self.numbers and is_first else None
        said = f"{time.astimezone():%m-%d %H:%M:%S} " if time is not None else ""
        gutter = f"{said:<{_TIME_WIDE * self.times}}"
        if self.numbers:
            gutter += f"{'' if number is None else number:>{_NUMBER_WIDE - 1}} "
        return [Segment(gutter, _DIM)]

    def _time_of(self, row: LogRow) -> datetime | None:
        rows = self._page.rows if self._page is not None else None
        if self._times is None or not isinstance(rows, LogText | MatchingLines):
            return None
        try:
            return self._times.at(rows.offset_of(row))
        except StoreError:
            return None

    def _line_of(self, row: LogRow) -> int | None:
        log = self._log
        if log is None or self._page is None:
            return None
        if isinstance(self._page.rows, MatchingLines):
            before = log.line_at(self._page.rows.offset_of(row))
            return None if before is None else before + 1
        return log.line_of(row)

    def _strip(self, row: LogRow, y: int) -> Strip:
        text = drawn(row.row, self._spans(row), current=self._hit is not None and row.place == self._hit[1])
        if (selection := self.text_selection) is not None and (span := selection.get_span(y)) is not None:
            begin, end = span
            selected = self.screen.get_component_rich_style("screen--selection")
            text.stylize(selected, begin, len(text) if end == -1 else end)
        return Strip(text.render(self.app.console), text.cell_len)

    def _spans(self, row: LogRow) -> Sequence[tuple[int, int]]:
        """Return what parts of a row are marked."""
        return ()

    def _bar(self, y: int) -> Segment:
        """Return the cell at the right that shows what part of the log is in view."""
        if self._page is None or len(self._page.lines) < self.size.height:
            return Segment(" ")
        begin, end = self._page.part
        height = self.size.height
        first = min(int(begin * height), height - 1)
        last = max(first, min(int(end * height + 0.5), height) - 1)
        return Segment(" ", _THUMB) if first <= y <= last else Segment("│", _DIM)

    def _say(self) -> None:
        said = " · ".join(([self._note] if self._note else []) + self._remarks())
        self.border_subtitle = Text(clipped(said, max(0, self.size.width - 4))) if said else ""

    def _remarks(self) -> list[str]:
        """Return what is not as it is at the start."""
        remarks = ["wrap"] if self.wrap else []
        if not self.following:
            behind = self._log.size - self._counted if self._log is not None else 0
            new = f"▼ {self._unseen:,} new lines" if self._unseen else "not following"
            new = f"▼ {behind / 2**20:,.0f} MiB new" if behind > COUNTED else new
            remarks.append(with_keys(f"{new}, {{log.end}} follows", keys_of(self)))
        return remarks

    def _tell(self, note: str) -> None:
        if note != self._note:
            self._note = note
            self._say()

    def _go(self, offset: int | None) -> None:
        """Show the line at an offset, and mark it."""
        if offset is None or self._page is None or self._log is None:
            return
        self.following = False
        rows = self._page.rows
        if isinstance(rows, LogText | MatchingLines):
            place = rows.place_of(offset)
            self._hit = offset, place
            self._page.to(place)
        self._drawn_anew()

    @work(exclusive=True, group="numbers")
    async def _number(self) -> None:
        """Count lines until those in view have their numbers."""
        while (log := self._log) is not None and await asyncio.to_thread(log.count_lines) < 1:
            pass
        self.refresh()


def _tag(name: str) -> str:
    """Return the colour of a log's name."""
    return _TAGS[crc32(name.encode(errors="replace")) % len(_TAGS)]
