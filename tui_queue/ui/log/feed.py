"""Opens the log that the pane is to show, polls it while it is live, and keeps the latest view of it.

Nothing here waits for the disk. Textual's own Log does not fit: it keeps the whole log in memory, starts a thread for
each line, and passes control sequences through to the terminal.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

from textual.geometry import Region
from textual.widget import Widget

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.logs.file import is_packed
from tui_queue.core.logs.search import Search
from tui_queue.core.logs.text import LogText
from tui_queue.core.logs.watch import changes
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.log.position import COUNTED, LogPosition
from tui_queue.ui.log.session import LogSession
from tui_queue.ui.log.status import LogStatus
from tui_queue.ui.log.view import Layout, Span, View, differences
from tui_queue.ui.log.workers import start_worker

T = TypeVar("T")
IDLE_SHARE = 4  # after a poll the next one waits this many times as long as the poll took, so that keys get their turn
MOST_IDLE_S = 2.0
DRAWN_EVERY_S = 0.35  # a log that grows all the while: what scrolls by faster cannot be read
RESTED_S = 1.0  # new output after such a rest is drawn at once
PATIENCE_S = 1.0  # after which the user reads that the disk has not answered
STAYS_S = 0.1  # for which the log before stays in view while another one is opened


class LogListener(Protocol):
    """A part of the pane that is notified of what happens to the log."""

    def opened(self) -> None:
        """Take note that a log is open, and in view."""

    def restarted(self) -> None:
        """Take note that the log was written anew."""

    def grown(self) -> None:
        """Take note that the log has more output."""

    def closed(self) -> None:
        """Take note that the log is not shown any more."""


class LogFeed:
    """The log that is shown, and the view of it."""

    def __init__(self, widget: Widget, status: LogStatus, layout: Callable[[Sequence[str]], Layout]) -> None:
        """``layout`` returns the layout for now, given the names of the logs where several are shown."""
        self.view = View()
        self.message = ""  # shown where there are no lines
        self.left = 0  # cells of the rows that are left of the view
        self.log: LogText | None = None  # once it is open; None for several
        self.listeners: Sequence[LogListener] = ()
        self._widget = widget
        self._status = status
        self._layout = layout
        self._source: str | Mapping[str, str] | None = None
        self._session: LogSession | None = None
        self._placeholder = ""
        self._is_live = False
        self._is_open = False  # the view is one of the source
        self._changes = 0  # of the rows that are shown: another log, or only some of its lines
        self._acts = 0  # that have not come back
        self._patience: asyncio.TimerHandle | None = None
        self._stay: asyncio.TimerHandle | None = None

    @property
    def layout(self) -> Layout:
        """The layout for now; that of the view may be an older one."""
        return self._layout(tuple(self._source) if isinstance(self._source, Mapping) else ())

    @property
    def shown_rows(self) -> object:
        """What differs once other rows are shown: their places do not mean the same."""
        return self._changes, self.view.restarts

    @property
    def is_there(self) -> bool:
        """Whether a log is shown, or is being opened."""
        return self._session is not None

    def show(self, source: str | Mapping[str, str] | None, *, live: bool, placeholder: str) -> None:
        """Show the log at a path, or the latest lines of several by their names, or the placeholder.

        While it is ``live``, poll it for more. The same source again changes neither place nor content.
        """
        self._placeholder = placeholder
        if source != self._source:
            self.close()
            self._source = source
            if source is not None:
                self._open(source)
        else:
            self.poll()
        if self._session is None:
            is_new = bool(self.view.lines) or self.message != placeholder
            self.view, self.message = View(), placeholder
            if is_new:
                self._widget.refresh()
        was_live, self._is_live = self._is_live, live
        if was_live != live:
            self._status.update()
        paths = [source] if isinstance(source, str) else [*(source or {}).values()]
        if live and not was_live and paths:
            start_worker(self._widget, partial(self._follow, paths), group="follow", exclusive=True)

    def close(self) -> None:
        """Close the log, and end all work on it."""
        for listener in self.listeners:
            listener.closed()
        self._widget.workers.cancel_node(self._widget)
        if self._session is not None:
            self._session.close()
        if self._stay is not None:
            self._stay.cancel()
        self._source = self._session = self.log = self._stay = None
        self._is_live, self._is_open, self._acts = False, False, 0
        self._status.forget()
        self._have_patience()

    def act(self, what: Callable[[LogPosition], object]) -> "asyncio.Future[View | None] | None":
        """Change the position, after all that was asked before, and show the view that comes of it."""
        return None if self._session is None else self._awaited(self._session, self._session.act(what))

    def poll(self) -> "asyncio.Future[View | None] | None":
        """Read the new output, unless that is to be done already."""
        if self._session is None or (polled := self._session.poll()) is None:
            return None
        return self._awaited(self._session, polled)

    def fit(self) -> "asyncio.Future[View | None] | None":
        """Show as much as there is room for now."""
        layout = self.layout
        return self.act(lambda position: position.fit(layout))

    def show_times(self) -> None:
        """Show when lines were written, or tell the user how that can be known."""
        if (fitted := self.fit()) is not None:
            fitted.add_done_callback(self._say_if_no_times)

    def go(self, offset: int | None) -> None:
        """Show the line at an offset, and mark it."""
        if offset is not None and self.log is not None:
            self.act(lambda position: position.go(offset))

    def only(self, search: Search | None) -> None:
        """Show only the lines that a search finds; None shows all again."""
        self.left = 0
        self._changes += 1
        self.act(lambda position: position.only(search))

    async def here(self) -> int | None:
        """Return the offset of the line that searches begin at."""
        return None if self._session is None else await _or_none(self._session.here())

    async def text_in(self, span: Span) -> str:
        """Return a part of the text; "" where it can't be read."""
        try:
            return "" if self._session is None else await self._session.text_in(span)
        except TuiQueueError:
            return ""

    async def ask(self, question: Callable[[], T]) -> T | None:
        """Return the answer of the log; None where it can't be read."""
        return None if self._session is None else await _or_none(self._session.ask(question))

    async def when_open(self) -> LogText | None:
        """Return the log once it is open; None where there is none, or it can't be read."""
        while self.log is None and self._session is not None and self._session.log is not None:
            await self.ask(lambda: None)  # is answered after the log was opened
        return self.log

    def remarks(self) -> list[str]:
        """Return what is not as it is at the start."""
        remarks = ["wrap"] if self.layout.wrap else []
        if self.view.following and self._is_live and self._is_open:
            remarks.append("following")
        if not self.view.following:
            unseen, uncounted = self.view.unseen, self.view.uncounted
            new = f"▼ {unseen:,} new, " if unseen else ""
            new = f"▼ {uncounted / 2**20:,.0f} MiB new, " if uncounted > COUNTED else new
            remarks.append(with_keys(f"{new}{{log.end}} follows", keys_of(self._widget)))
        return remarks

    def redraw(self) -> None:
        """Draw the pane and the words above it again."""
        self._status.update()
        self._widget.refresh()

    def _open(self, source: str | Mapping[str, str]) -> None:
        """Begin to read; the log before stays in view until this one is there, but not for long."""
        self._session = session = LogSession(source)
        self._changes += 1
        if isinstance(source, str):
            packed = session.ask(partial(is_packed, source))
            packed.add_done_callback(partial(self._say_if_packed, session))
        layout = self.layout
        self.act(lambda position: position.open(layout))
        self._stay = asyncio.get_running_loop().call_later(STAYS_S, self._show_message, "")

    def _awaited(self, session: LogSession, act: "asyncio.Future[View | None]") -> "asyncio.Future[View | None]":
        """Show the view that an act answers with."""
        act.add_done_callback(partial(self._answered, session))
        self._acts += 1
        if self._acts == 1:
            self._have_patience()
        return act

    def _answered(self, session: LogSession, act: "asyncio.Future[View | None]") -> None:
        error = act.exception()
        if session is not self._session:
            return
        self._acts -= 1
        if isinstance(error, TuiQueueError):
            self.close()
            self._show_message(str(error))
        elif error is not None:
            self._widget.call_later(_raise, error)
        elif (view := act.result()) is not None:
            self._take(session, view)
        if session is self._session:
            self._have_patience()

    def _take(self, session: LogSession, view: View) -> None:
        """Show a view, and notify the other parts of what is new in it."""
        before, said = self.view, self.message
        self.view, self.message = view, self._placeholder
        if self._is_open and (view, self.message) == (before, said):
            return  # each refresh of the dashboard polls the log
        was_open = self._is_open
        if not was_open:
            if self._stay is not None:
                self._stay.cancel()
            self._is_open, self.log, self.left = True, session.log, 0
            self._status.forget()
            for listener in self.listeners:
                listener.opened()
        elif before.restarts != view.restarts:
            self.left = 0
            for listener in self.listeners:
                listener.restarted()
        elif before.size != view.size:
            for listener in self.listeners:
                listener.grown()
        self._status.update()
        self._draw(differences(before, view, self._widget.size) if was_open else None)

    def _draw(self, changed: Sequence[Region] | None) -> None:
        """Draw some lines of the pane again; None for all of it."""
        if changed is None:
            self._widget.refresh()
        elif changed:
            self._widget.refresh(*changed)

    def _show_message(self, message: str) -> None:
        self.view, self.message = View(), message
        self.redraw()

    def _have_patience(self) -> None:
        """Give the disk a while again before the user reads that it does not answer."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._acts:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(PATIENCE_S, self._status.wait_for_disk, True)
        self._status.wait_for_disk(False)

    def _say_if_packed(self, session: LogSession, packed: "asyncio.Future[bool]") -> None:
        if packed.exception() is None and packed.result() and session is self._session and not self._is_open:
            self._status.tell("decompressing")

    def _say_if_no_times(self, fitted: "asyncio.Future[View | None]") -> None:
        lines = self.view.lines
        if fitted.exception() is None and self.log is not None and lines and lines[0].time is None:
            self._widget.notify("This output has no times: add the job with --times.", timeout=5)

    async def _follow(self, paths: Sequence[str]) -> None:
        drawn_at = 0.0
        async for _ in changes(paths):
            if not self._is_live:
                return
            begun = time.monotonic()
            least_s = DRAWN_EVERY_S if begun - drawn_at < RESTED_S else 0.0
            drawn_at = begun
            if (polled := self.poll()) is not None:
                await asyncio.wait([polled])
            await asyncio.sleep(min(max(least_s, IDLE_SHARE * (time.monotonic() - begun)), MOST_IDLE_S))


async def _or_none(answer: "asyncio.Future[T]") -> T | None:
    try:
        return await answer
    except TuiQueueError:
        return None


def _raise(error: BaseException) -> None:
    """Raise within a callback of Textual, which then ends the program as for an error anywhere else."""
    raise error
