"""Refreshes the dashboard: the jobs after each change, forecasts and figures of the machine by the clock."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial

from textual.screen import Screen
from textual.timer import Timer
from textual.worker import Worker

from tui_queue.core.commands.commands import Commands
from tui_queue.core.model.job import State
from tui_queue.core.model.overview import Overview
from tui_queue.ui.command_result import result_of
from tui_queue.ui.dashboard.first_steps import FirstSteps
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.job_window import ACTIVE_SHOWN, JobWindow
from tui_queue.ui.dashboard.log_placement import LogPlacement
from tui_queue.ui.dashboard.start_times import TELL_EVERY_S, StartTimes
from tui_queue.ui.dashboard.summary import QueueStatus
from tui_queue.ui.dashboard.terminal_notifier import TerminalNotifier
from tui_queue.ui.dashboard.wording import more_wait, shown_of, window_title
from tui_queue.ui.keymap import with_keys
from tui_queue.ui.messages import SCREEN_WORKERS, QueueChanged
from tui_queue.ui.pace import EVERY_S, Pace
from tui_queue.ui.title_rule import TitleRule

_WATCHED = 300  # active jobs, running ones first, that are watched for notifications while a filter leaves them out
_GATHER_S = 0.03  # from a change to its refresh: the scheduler acts on it first, and what follows is shown along
_FORECAST_EVERY_S = 2.0  # how often the forecasts of running jobs are made anew
_FIRST_S = 0.3  # for which the first picture waits for the jobs
_MEASURE_EVERY_S = 10.0  # how often the machine is measured


class Refresher:
    """Loads the overview of the window and gives it to all that show it, one refresh at a time."""

    def __init__(
        self,
        screen: Screen[None],
        commands: Commands,
        *,
        status: QueueStatus,
        rule: TitleRule,
        first: FirstSteps,
        table: JobTable,
        window: JobWindow,
        placement: LogPlacement,
        sender: TerminalNotifier,
        give_title: Callable[[str], None] | None,
        keys: Mapping[str, str],
    ) -> None:
        """``rule`` stands above the table, and ``first`` in its place while there is no job.

        ``give_title`` gives the terminal a title, where the settings want one.
        """
        self._screen = screen
        self._commands = commands
        self._status = status
        self._rule = rule
        self._first = first
        self._table = table
        self._window = window
        self._placement = placement
        self._sender = sender
        self._give_title = give_title
        self._keys = keys
        self._changed = asyncio.Event()  # set whenever the queue has changed since the last refresh
        self._wanted = asyncio.Event()  # set whenever that is what the user has done, and waits for
        self._clocks: list[Timer] = []  # of what changes by the clock while a job runs
        self._starts = StartTimes(screen, commands, table)
        self._pace = Pace(time.monotonic())
        self._said_elsewhere = False  # whether the user has been told that another host runs the queue
        self.refreshed = asyncio.Event()  # set whenever there is a new overview

    async def start(self) -> None:
        """Refresh for the first time, and from now on until the screen is closed.

        The first picture waits for the jobs, so that it need not be drawn twice, but not for a disk that hangs.
        """
        self._clocks = [
            self._screen.set_interval(every_s, update, pause=True)
            for every_s, update in (
                (1, self._table.tick),
                (_FORECAST_EVERY_S, self._forecast),
                (_MEASURE_EVERY_S, self._measure),
            )
        ]
        self._screen.set_interval(TELL_EVERY_S, self._tell_time)
        self._screen.run_worker(self._follow(), group=SCREEN_WORKERS)
        self._commands.call_after_each(partial(self.request, at_once=True))
        self._changed.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_S):
                await self.refreshed.wait()

    def request(self, *, at_once: bool = False) -> None:
        """Refresh when there is time for it, or at once: for what the user has done."""
        self._changed.set()
        if at_once:
            self._wanted.set()

    async def _follow(self) -> None:
        """Refresh after changes, one refresh at a time, until cancelled; the loop is the scheduler's too."""
        while True:
            await self._changed.wait()
            rest_s = self._pace.rest_s(time.monotonic())
            if self._window.overview is not None:
                rest_s = max(rest_s, _GATHER_S)
            if rest_s:
                await asyncio.wait({wanted := asyncio.ensure_future(self._wanted.wait())}, timeout=rest_s)
                wanted.cancel()
            self._changed.clear()
            self._wanted.clear()
            begun, is_first = time.monotonic(), self._window.overview is None
            await self._refresh()
            await self._drawn()
            if not is_first:  # that one waits for what is put together for the first time
                self._pace.spend(begun, time.monotonic())

    async def _drawn(self) -> None:
        """Wait until the terminal has been sent what was shown; not for long, as nothing may be drawn."""
        drawn = asyncio.Event()
        self._screen.call_after_refresh(drawn.set)
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await drawn.wait()

    async def _refresh(self) -> None:
        """Show the jobs that the store has now, and notify the user of what has happened."""
        is_filtered = self._window.is_filtered
        overview = await result_of(self._screen, self._window.load())
        if overview is None:
            return
        is_first = self._window.overview is None
        self._window.overview = overview
        self.refreshed.set()
        # The user is notified of jobs that a filter leaves out too, and not of those that it lets in again.
        watched: Overview | None = overview
        if is_filtered:
            watched = await result_of(self._screen, self._commands.reports.overview(active=_WATCHED))
        if watched is not None:
            self._sender.notify(watched)
        self._show(overview)
        if is_first:
            self._forecast()
        if self._starts.are_due:
            self._tell_time()
        if self._commands.elsewhere and not self._said_elsewhere:
            self._said_elsewhere = True
            self._screen.notify(self._commands.elsewhere, markup=False, timeout=15)
        for screen in self._screen.app.screen_stack:
            if screen is not self._screen:
                screen.post_message(QueueChanged())

    def _show(self, overview: Overview) -> None:
        for clock in self._clocks:
            if self._any_runs:
                clock.resume()
            else:
                clock.pause()  # it would wake the process for nothing
        self._status.show(overview)
        if self._status.shows_surroundings != self._any_runs:
            self._measure()
        if self._give_title is not None:
            self._give_title(window_title(overview))
        self._table.show(overview.jobs)
        self._first.say(overview)
        self._screen.set_class(not any(overview.counts.values()) and not self._window.is_filtered, "-empty")
        more = more_wait(overview.unshown, ACTIVE_SHOWN)
        self._rule.say(right=with_keys(shown_of(overview, self._table.order, more), self._keys))
        self._window.go_where_wanted()
        self._placement.arrange()

    def _forecast(self) -> None:
        self._run("forecasts", self._show_forecasts)

    async def _show_forecasts(self) -> None:
        """Show how far the running jobs in view have come, and what they use."""
        if running := self._table.running_in_view:
            wanted = self._commands.reports.forecasts(running, measure=self._table.measures)
            forecasts = await result_of(self._screen, wanted) or {}
            self._table.show_forecasts(forecasts)
            if any(job.id in forecasts and not forecasts[job.id].agrees_with(job.reason) for job in running):
                self.request()  # what a run does by itself wakes no process

    def _tell_time(self) -> None:
        self._run("times", self._starts.tell)

    def _measure(self) -> None:
        self._run("surroundings", self._show_surroundings)

    async def _show_surroundings(self) -> None:
        """Show what the machine has free and how many jobs end, but only while a job runs: else nothing is drawn."""
        surroundings = await result_of(self._screen, self._commands.reports.surroundings()) if self._any_runs else None
        self._status.show_surroundings(surroundings if self._any_runs else None)

    def _run(self, group: str, show: Callable[[], Coroutine[None, None, None]]) -> Worker[None]:
        """Show something beside all else; what of the group still runs is cancelled."""
        return self._screen.run_worker(show, group=group, exclusive=True)

    @property
    def _any_runs(self) -> bool:
        return self._window.overview is not None and self._window.overview.count(State.RUNNING) > 0
