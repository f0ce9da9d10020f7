"""Rows of one log, or of several, live: they follow the end until somebody scrolls up, and never hold up a key.

Only the rows in view are ever read. Textual's own Log will not do here: it keeps the whole log, starts a thread a line
and passes control sequences through to the terminal.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from zlib import crc32

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, work
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.logs.file import is_packed
from tui_queue.core.logs.terminal.cells import text_of
from tui_queue.core.logs.text import LogRow, LogText
from tui_queue.core.logs.watch import changes
from tui_queue.core.units.printable import clipped, printable
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.log.bindings import MOVING_KEYS
from tui_queue.ui.log.position import COUNTED, LogSession, Room, Shown, View
from tui_queue.ui.log.render import drawn

T = TypeVar("T")
SIDEWAYS = 8  # cells
WHEEL = 3  # lines
KEYS_SHARE = 4  # for so many times as long as output takes to be drawn everything else has its turn
MOST_S = 2.0  # of that
PATIENCE_S = 1.0  # after which it is said that the disk has not answered
STAYS_S = 0.1  # for how long another log stays in view while one is opened
_NUMBER_WIDE, _TIME_WIDE = 9, 15  # cells
_DIM = Style(dim=True)
_THUMB = Style(reverse=True, dim=True)
_TAGS = ("cyan", "green", "magenta", "yellow", "blue", "red")  # colours of the names of several logs


class LogPane(Widget, can_focus=True):
    """Shows one log, or several; ``show`` and ``show_several`` are all that it needs to be told."""

    ALLOW_SELECT = True
    BINDINGS = MOVING_KEYS

    wrap: reactive[bool] = reactive(False)
    numbers: reactive[bool] = reactive(False)
    times: reactive[bool] = reactive(False)

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._source: object = None  # what is shown: a path, or paths by names
        self._reading: LogSession | None = None
        self._log: LogText | None = None  # once it is open; none for several
        self._view = View()
        self._left = 0  # cells of the rows that are left of the view
        self._placeholder = ""
        self._instead = ""  # what stands where there are no lines
        self._note = ""  # how far something that takes long is
        self._live = False
        self._acts = 0  # that have not come back
        self._is_open = False  # what is in view is of the source
        self._patience: asyncio.TimerHandle | None = None
        self._stay: asyncio.TimerHandle | None = None
        self._waits = False  # for the disk, and that is said

    @property
    def following(self) -> bool:
        """Whether the end is followed."""
        return self._view.following

    def show(self, path: str | None, *, live: bool, placeholder: str) -> None:
        """Show the file at ``path``; while ``live`` look for more of it.

        Where there is no output the placeholder stands in its place. The same path again changes neither place nor
        content.
        """
        self._show(path, [] if path is None else [path], live=live, placeholder=placeholder)

    def show_several(self, logs: Mapping[str, str], *, live: bool, placeholder: str) -> None:
        """Show the latest lines of several files by their names, as they come."""
        self._show(dict(logs), [*logs.values()], live=live, placeholder=placeholder)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._let_go()

    def render_line(self, y: int) -> Strip:
        """Return one line of the view."""
        width, style, view = self.size.width, self.rich_style, self._view
        if not view.lines:
            text = Text(self._instead if y == 0 else "", style="dim", no_wrap=True)
            return Strip(text.render(self.app.console), text.cell_len).crop_extend(0, width, style).apply_style(style)
        if y >= len(view.lines):
            return Strip.blank(width, style)
        line, room = view.lines[y], max(1, width - 1 - _gutter_wide(view.names, view.room.numbers, view.room.times))
        left = line.part * view.room.width if view.room.wrap else self._left
        strip = self._strip(line.row, y).crop_extend(left, left + room, style).apply_offsets(left, y)
        return Strip([*self._gutter(line), *strip, self._bar(y)]).apply_style(style)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that is selected with the mouse."""
        return selection.extract("\n".join(text_of(line.row.row) for line in self._view.lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is selected."""
        self.refresh()

    # What keys do.

    def action_move(self, lines: int) -> None:
        """Go up or down by lines: up no longer follows, at the end it follows again."""
        self._act(lambda reading: reading.move(lines))

    def action_page(self, pages: int) -> None:
        """Go up or down by all but one of the lines in view."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_sideways(self, steps: int) -> None:
        """Go left or right where rows are longer than the view is wide."""
        longest = max((Text(text_of(line.row.row)).cell_len for line in self._view.lines), default=0)
        self._left = max(0, min(self._left + steps * SIDEWAYS, longest - self._room.width))
        self.refresh()

    def action_start(self) -> None:
        """Go to the first line."""
        self._act(LogSession.to_start)

    def action_follow_end(self) -> None:
        """Go to the end and follow it."""
        self._act(LogSession.to_end)

    def action_toggle_follow(self) -> None:
        """Stay where we are, or go to the end and follow it."""
        self._act(LogSession.toggle_follow)

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
        if (fitted := self._refit()) is not None and self.times:
            fitted.add_done_callback(self._say_if_no_times)

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
            self._go(self._view.size * offset.y // max(1, self.size.height))

    # How it is read: nothing here waits for the disk.

    def _show(self, source: str | dict[str, str] | None, paths: Sequence[str], *, live: bool, placeholder: str) -> None:
        self._placeholder = placeholder
        if source != self._source:
            self._let_go()
            self._source = source
            if source is not None:
                self._open(source)
        else:
            self._look()
        if self._reading is None:
            self._view, self._instead = View(), placeholder
            self.refresh()
        was_live, self._live = self._live, live
        if live and not was_live and paths:
            self._follow(paths)

    def _open(self, source: str | dict[str, str]) -> None:
        """Begin to read; what was shown stays until there is something else, but not for long."""
        self._reading = reading = LogSession(source)
        if isinstance(source, str):
            packed = reading.ask(partial(is_packed, source))
            packed.add_done_callback(partial(self._say_if_packed, reading))
        room = self._room
        self._act(lambda reading: reading.begin(room))
        self._stay = asyncio.get_running_loop().call_later(STAYS_S, self._blank)

    def _let_go(self) -> None:
        self.workers.cancel_node(self)
        if self._reading is not None:
            self._reading.close()
        if self._stay is not None:
            self._stay.cancel()
        self._source = self._reading = self._log = self._stay = None
        self._note, self._live, self._is_open, self._acts = "", False, False, 0
        self._have_patience()

    def _act(self, what: Callable[[LogSession], object]) -> "asyncio.Future[View | None] | None":
        """Have something done, after all that was asked for before; what is in view then is shown."""
        if (reading := self._reading) is None:
            return None
        done = reading.act(partial(what, reading))
        done.add_done_callback(partial(self._came, reading))
        self._acts += 1
        if self._acts == 1:
            self._have_patience()
        return done

    def _look(self) -> "asyncio.Future[View | None] | None":
        """Take in what was written meanwhile, unless that is to be done already."""
        if self._reading is None or self._reading.look_is_due:
            return None
        self._reading.look_is_due = True
        return self._act(LogSession.look)

    def _came(self, reading: LogSession, done: "asyncio.Future[View | None]") -> None:
        """Show what is in view after something was done."""
        error = done.exception()
        if reading is not self._reading:
            return
        self._acts -= 1
        if isinstance(error, TuiQueueError):
            self._fail(error)
        elif error is not None:
            self.call_later(_fail_with, error)
        elif (view := done.result()) is not None:
            self._take(reading, view)
        if reading is self._reading:
            self._have_patience()

    def _fail(self, error: TuiQueueError) -> None:
        """Show why there is nothing to show."""
        self._let_go()
        self._view, self._instead = View(), str(error)
        self._drawn_anew()

    def _take(self, reading: LogSession, view: View) -> None:
        before, self._view, self._instead = self._view, view, self._placeholder
        if not self._is_open:
            if self._stay is not None:
                self._stay.cancel()
            self._is_open, self._log, self._left, self._note = True, reading.log, 0, ""
            self._opened()
        elif before.restarts != view.restarts:
            self._left = 0
            self._restarted()
        elif before.size != view.size:
            self._grown()
        self._drawn_anew()

    def _have_patience(self) -> None:
        """Wait anew before anybody is told that we wait for the disk."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._acts:
            self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._say_that_it_waits)
        if self._waits:
            self._waits = False
            self._say()

    def _say_that_it_waits(self) -> None:
        self._waits = True
        self._say()

    def _blank(self) -> None:
        """Show no longer what is another's."""
        self._view, self._instead = View(), ""
        self._drawn_anew()

    def _say_if_packed(self, reading: LogSession, packed: "asyncio.Future[bool]") -> None:
        if packed.exception() is None and packed.result() and reading is self._reading and not self._is_open:
            self._tell("decompressing")

    def _say_if_no_times(self, fitted: "asyncio.Future[View | None]") -> None:
        lines = self._view.lines
        if fitted.exception() is None and self._log is not None and lines and lines[0].time is None:
            self.notify("Nobody has noted the times of this output: add jobs with --times.", timeout=5)

    @work(exclusive=True, group="follow")
    async def _follow(self, paths: Sequence[str]) -> None:
        async for _ in changes(paths):
            if not self._live:
                return
            begun = time.monotonic()
            if (looked := self._look()) is not None:
                await asyncio.wait([looked])
            await asyncio.sleep(min(KEYS_SHARE * (time.monotonic() - begun), MOST_S))

    def _opened(self) -> None:
        """Go on with a log that has been opened."""
        if self.numbers:
            self._number()

    def _restarted(self) -> None:
        """Go on with a log that was written anew."""

    def _grown(self) -> None:
        """Go on with what a log has got meanwhile."""
        if self.numbers:
            self._number()

    async def _when_open(self) -> LogText | None:
        """Return the log once it is open; None where there is none, or it can't be read."""
        while self._log is None and self._reading is not None and self._reading.log is not None:
            await self._answer(lambda: None)  # comes behind what opens it
        return self._log

    async def _answer(self, question: Callable[[], T]) -> T | None:
        """Return the answer to what only the log knows; None where it can't be read."""
        if self._reading is None:
            return None
        try:
            return await self._reading.ask(question)
        except TuiQueueError:
            return None

    # How it is shown.

    def _refit(self) -> "asyncio.Future[View | None] | None":
        room = self._room
        return self._act(lambda reading: reading.fit(room))

    def _drawn_anew(self) -> None:
        self._say()
        self.refresh()

    @property
    def _room(self) -> Room:
        names = tuple(self._source) if isinstance(self._source, dict) else ()
        width = max(1, self.size.width - 1 - _gutter_wide(names, self.numbers, self.times))
        return Room(self.size.height, width, wrap=self.wrap, numbers=self.numbers, times=self.times)

    def _gutter(self, line: Shown) -> list[Segment]:
        names, room = self._view.names, self._view.room
        if names:
            name, wide = line.row.log, _gutter_wide(names, room.numbers, room.times)
            return [Segment(f"{printable(name):>{wide - 2}}", Style(color=_tag(name))), Segment("│ ", _DIM)]
        if not room.numbers and not room.times:
            return []
        said = f"{line.time.astimezone():%m-%d %H:%M:%S} " if line.time is not None else ""
        gutter = f"{said:<{_TIME_WIDE * room.times}}"
        if room.numbers:
            gutter += f"{'' if line.number is None else line.number:>{_NUMBER_WIDE - 1}} "
        return [Segment(gutter, _DIM)]

    def _strip(self, row: LogRow, y: int) -> Strip:
        text = drawn(row.row, self._spans(row), current=self._view.hit is not None and row.place == self._view.hit[1])
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
        if len(self._view.lines) < self.size.height:
            return Segment(" ")
        begin, end = self._view.part
        height = self.size.height
        first = min(int(begin * height), height - 1)
        last = max(first, min(int(end * height + 0.5), height) - 1)
        return Segment(" ", _THUMB) if first <= y <= last else Segment("│", _DIM)

    def _say(self) -> None:
        notes = [self._note] if self._note else ["waiting for the disk"] if self._waits else []
        said = " · ".join(notes + self._remarks())
        self.border_subtitle = Text(clipped(said, max(0, self.size.width - 4))) if said else ""

    def _remarks(self) -> list[str]:
        """Return what is not as it is at the start."""
        remarks = ["wrap"] if self.wrap else []
        if not self._view.following:
            unseen, uncounted = self._view.unseen, self._view.uncounted
            new = f"▼ {unseen:,} new lines" if unseen else "not following"
            new = f"▼ {uncounted / 2**20:,.0f} MiB new" if uncounted > COUNTED else new
            remarks.append(with_keys(f"{new}, {{log.end}} follows", keys_of(self)))
        return remarks

    def _tell(self, note: str) -> None:
        if note != self._note:
            self._note = note
            self._say()

    def _go(self, offset: int | None) -> None:
        """Show the line at an offset, and mark it."""
        if offset is not None and self._log is not None:
            self._act(lambda reading: reading.go(offset))

    @work(exclusive=True, group="numbers")
    async def _number(self) -> None:
        """Count lines until those in view have their numbers."""
        while (log := self._log) is not None and (counted := await self._answer(log.count_lines)) is not None:
            if counted >= 1:
                self._refit()
                return


def _gutter_wide(names: Sequence[str], numbers: bool, times: bool) -> int:
    """Return how many cells stand before each row."""
    return max(map(len, names)) + 2 if names else _NUMBER_WIDE * numbers + _TIME_WIDE * times


def _fail_with(error: BaseException) -> None:
    """Let Textual end the program as it does for an error anywhere else."""
    raise error


def _tag(name: str) -> str:
    """Return the colour of a log's name."""
    return _TAGS[crc32(name.encode(errors="replace")) % len(_TAGS)]
