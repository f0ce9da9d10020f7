"""The one screen people live in: jobs, the log of the one under the cursor, a key for each verb."""

import asyncio
import os
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from tui_queue.core.commands.commands import Commands
from tui_queue.core.commands.reports import ENDED_SHOWN
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.logs.search import Pattern
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import Channels
from tui_queue.core.model.overview import Overview
from tui_queue.core.parsing.filter import Filter
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.bindings import DASHBOARD_KEYS, SPARE_KEYS
from tui_queue.ui.dashboard.columns import NATURAL, ORDERS
from tui_queue.ui.dashboard.filter_bar import FilterBar
from tui_queue.ui.dashboard.footer import Keys
from tui_queue.ui.dashboard.help_text import groups
from tui_queue.ui.dashboard.job_actions import JobVerbs
from tui_queue.ui.dashboard.job_details import JobDetails
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.notifications import Notification, NotificationDetector, TerminalNotifier, together
from tui_queue.ui.dashboard.summary import Summary
from tui_queue.ui.dashboard.wording import (
    EMPTY,
    NONE_LIKE_THAT,
    count,
    in_place_of_output,
    more_wait,
    only_those_shown,
    stopping,
    what_ends,
    window_title,
)
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.help import Help
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.dialogs.progress import ProgressDialog
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.dialogs.settings import remarks, settings_form
from tui_queue.ui.keymap import with_keys
from tui_queue.ui.lists.registry import LIST_SCREENS
from tui_queue.ui.lists.table_screen import TableScreen
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.log.search_results import SearchResults
from tui_queue.ui.messages import LOOKS, QueueChanged, follow
from tui_queue.ui.terminal.caches import EVERY_S, SETTLED_S, forget, settle, tidy
from tui_queue.ui.theme import DashboardSettings, dashboard_settings_of, next_split, place_of_log

if TYPE_CHECKING:
    from tui_queue.ui.app import TuiQueueApp

_ACTIVE_SHOWN = 1000  # active jobs that are shown at first, and so many more each time; the summary counts them all
_HEARD = 300  # active jobs, running ones first, whose ends are heard of while a filter leaves them out
_TOLD_S = 5.0  # how long news stay on screen, one at a time
_ENDED_KEPT = 2000  # ended jobs that are shown without anybody moving to them
_LOOK_AHEAD_S = 2.0  # how often the output of running jobs is looked at for how far they have come
_LOOK_AROUND_S = 10.0  # how often the machine is looked at
_KILLED_WITHIN_S = 5.0  # after the grace


class Dashboard(JobVerbs):
    """Shows what the store says, and hands each key to one verb."""

    BINDINGS = DASHBOARD_KEYS

    def __init__(
        self,
        commands: Commands,
        *,
        settings: str,
        background: bool,
        channels: Channels,
        dashboard_settings: DashboardSettings,
        keys: Mapping[str, str],
    ) -> None:
        """``settings`` is the path of their file; ``keys`` has how the keys of each binding are shown, by its id."""
        super().__init__(commands, keys=keys)
        self._settings = settings
        self._dashboard_settings = dashboard_settings
        self._background = background
        self._channels = channels
        self._hearing = NotificationDetector(channels)
        self._changed = asyncio.Event()  # set whenever the queue has changed since the last look
        self._news = asyncio.Event()  # set whenever the overview is a new one
        self._announcer = TerminalNotifier(self._say, self.set_timer)
        self._teller = TerminalNotifier(self._tell, self.set_timer, rest_s=_TOLD_S)
        self._only = Filter()
        self._active_shown, self._ended_shown = _ACTIVE_SHOWN, ENDED_SHOWN
        self._at_end: int | None = None  # the job under the cursor when more were last fetched
        self._split = dashboard_settings.split  # as the settings have it, until somebody puts the log elsewhere

    def compose(self) -> ComposeResult:
        """Stack the summary, the two panes, and the keys."""
        yield Summary(id="summary")
        with Container(id="panes"):
            yield JobTable(id="jobs", columns=self._dashboard_settings.columns, order=self._dashboard_settings.order)
            yield JobLog(id="log", log_path=self._commands.jobs.log_path)
        yield FilterBar()
        yield Keys(spare=SPARE_KEYS)

    def on_mount(self) -> None:
        """Look at the queue for the first time; let the clock of running jobs go on."""
        self._arrange()
        self.query_one(JobTable).focus()
        self.set_interval(1, self._tick)
        self.set_timer(SETTLED_S, settle)
        self.set_interval(EVERY_S, tidy)
        self.set_interval(_LOOK_AHEAD_S, self._look_ahead)
        self.set_interval(_LOOK_AROUND_S, self._look_around)
        self.run_worker(follow(self._changed, self._look), group=LOOKS)
        self._changed.set()

    def on_resize(self) -> None:
        """Put the log where there is room for it."""
        self._arrange()

    def on_screen_resume(self) -> None:
        """Let go of the screen that was above."""
        forget()

    def on_queue_changed(self) -> None:
        """Look again."""
        self._changed.set()

    async def _look(self) -> None:
        """Show what the store says now."""
        only = self._only
        self._show_fewer()
        active, ended = self._active_shown, self._ended_shown
        overview = await self._ask(self._commands.reports.overview(active=active, ended=ended, only=only))
        if overview is None:
            return
        is_first = self._overview is None
        self._overview = overview
        self._news.set()
        # What a filter leaves out is news too, and what it lets in again is none.
        everything = overview if only == Filter() else await self._ask(self._commands.reports.overview(active=_HEARD))
        if everything is not None:
            news = self._hearing.news(everything)
            self._announcer.announce(news)
            self._teller.announce(self._out_of_view(news))
        summary = self.query_one(Summary)
        summary.show(overview)
        if summary.looks_around != self._any_runs:
            self._look_around()
        self._tui_queue.give_title(window_title(overview) if self._dashboard_settings.title else "")
        table = self.query_one(JobTable)
        table.show(overview.jobs)
        table.border_subtitle = with_keys(more_wait(overview.unshown, _ACTIVE_SHOWN), self._keys)
        table.set_class(overview.unshown > 0, "-more")
        if is_first:
            self._look_ahead()
        if self._wanted is not None:
            table.move_to(self._wanted)
            self._wanted = None
        self._arrange()
        for screen in self.app.screen_stack:
            if isinstance(screen, TableScreen | JobDetails):
                screen.post_message(QueueChanged())

    def on_job_table_moved(self, message: JobTable.Moved) -> None:
        """Show the log of the job under the cursor."""
        self.refresh_bindings()
        self._show_more(message.job)
        jobs = self.query_one(JobTable).chosen
        if jobs:
            placeholder = in_place_of_output(jobs[0], self._overview, self._keys)
        else:
            placeholder = with_keys(NONE_LIKE_THAT if self._only != Filter() else EMPTY, self._keys)
        self.query_one(JobLog).show_jobs(jobs, placeholder)

    def on_job_table_bottom(self) -> None:
        """Fetch more of the active jobs."""
        self._show_more_active()

    def on_job_table_all_selected(self) -> None:
        """Say which are not selected, since they are not shown."""
        if overview := self._overview:
            selected = self.query_one(JobTable).selected
            if words := only_those_shown(selected, overview.unshown, overview.older):
                self.notify(words, markup=False)

    def on_data_table_row_selected(self) -> None:
        """Take Enter in the table, which the table keeps for itself, for what it is everywhere."""
        self.action_log()

    @property
    def panes(self) -> Sequence[Widget]:
        """The parts that have keys of their own; the log only where it is shown."""
        return [self.query_one(JobTable), *(log for log in self.query(JobLog) if log.display)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what changes nothing that can be seen, and the verbs that apply to no job."""
        if action == "split" and self._is_zoomed:
            return None
        if action == "follow" and self.has_class("-hidden") and not self._is_zoomed:
            return None
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Ask for words, and show only the jobs that have them, while they are typed."""
        self._zoom(False)
        self.query_one(FilterBar).open()

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Show the jobs that are wanted now."""
        self._only = message.only
        self._active_shown, self._ended_shown = _ACTIVE_SHOWN, ENDED_SHOWN
        self.post_message(QueueChanged())

    def on_filter_bar_entered(self) -> None:
        """Let keys be verbs again."""
        self.query_one(JobTable).focus()

    @work
    async def action_order(self) -> None:
        """Ask for an order of the rows."""
        said = {what: name for name, (what, _) in ORDERS.items()}
        shown = self._overview
        partly = shown is not None and (shown.unshown or shown.older)
        which = f"{len(shown.jobs):,} jobs that are shown" if shown is not None and partly else "jobs"
        chosen = await self.app.push_screen_wait(Picker(f"Order the {which} by", list(said)))
        if chosen is not None:
            self.query_one(JobTable).order_by(said[chosen])

    @work
    async def action_find(self) -> None:
        """Ask for words, look for them in all logs, and go to the line that somebody chooses."""
        ask = Prompt("Search all logs (words, or /regex/)", value="", check=Pattern)
        if (words := await self.app.push_screen_wait(ask)) is None:
            return
        chosen = await self.app.push_screen_wait(SearchResults(self._commands, words))
        if chosen is None:
            return
        job_id, attempt, offset = chosen
        log, table = self.query_one(JobLog), self.query_one(JobTable)
        log.want(job_id, attempt, offset, words)
        table.unselect()  # else the log is that of others
        if job_id in {job.id for job in table.jobs}:
            table.move_to(job_id)
        else:
            self.query_one(FilterBar).open(f"id:{job_id}")
        if self.has_class("-hidden"):
            self._zoom(True)
        self.set_focus(log if self._is_zoomed else table)
        self.on_job_table_moved(JobTable.Moved(table.job))

    def _show_more(self, job: Job | None) -> None:
        """Fetch more jobs once the cursor comes to the last row, or to the last active one where some are left out.

        A cursor that stays comes there too, since others end above it; it keeps its job for a while only.
        """
        table, overview = self.query_one(JobTable), self._overview
        if job is None or overview is None:
            return
        row, last, comes = table.cursor_row, len(overview.jobs) - 1, job.id != self._at_end
        active = _active(overview)
        ended = len(overview.jobs) - active
        if comes and row == (active - 1 if table.order == NATURAL else last):
            self._at_end = job.id
            self._show_more_active()
        if overview.older and row >= last and ended >= self._ended_shown and (comes or ended < _ENDED_KEPT):
            self._at_end = job.id
            self._ended_shown = 2 * ended
            self.post_message(QueueChanged())

    def _show_more_active(self) -> None:
        """Fetch active jobs that were left out."""
        if self._overview and self._overview.unshown:
            self._active_shown = _active(self._overview) + _ACTIVE_SHOWN
            self.post_message(QueueChanged())

    def _show_fewer(self) -> None:
        """Let go of what was fetched once the cursor is back at the top; what is selected stays in view."""
        table = self.query_one(JobTable)
        if table.selected:
            return
        if table.cursor_row < ENDED_SHOWN // 2:
            self._ended_shown = ENDED_SHOWN
        if table.cursor_row < _ACTIVE_SHOWN // 2:
            self._active_shown = _ACTIVE_SHOWN

    @work
    async def action_view(self, name: str) -> None:
        """Show another listing, and those that are asked for from there."""
        next_one: str | None = name
        while next_one is not None and next_one in LIST_SCREENS:
            next_one = await self.app.push_screen_wait(LIST_SCREENS[next_one](self._commands, self._undo))
        if next_one is not None:
            self._zoom(False)
            self.query_one(FilterBar).open(next_one)
            self.query_one(JobTable).focus()

    @work
    async def action_stop_all(self) -> None:
        """Cancel all there is, and leave once it has ended; ask first."""
        overview = await self._ask(self._commands.reports.overview(active=0, ended=0))
        numbers = await self._ask(self._commands.jobs.in_state(State.RUNNING))
        running = None if numbers is None else await self._ask(self._commands.jobs.existing(numbers))
        if overview is None or running is None:
            return
        pending = overview.count(State.PENDING)
        if running or pending:
            question = f"{stopping(len(running), pending)}, then leave?"
            if not await self.app.push_screen_wait(Confirm(question, detail=what_ends(running, datetime.now(UTC)))):
                return
            stopped = await self._ask(self._commands.jobs.cancel_all())
            if stopped is None or not await self._have_ended({job.id for job in stopped if job.state is State.RUNNING}):
                return
        await self.app.run_action("leave")

    def action_log(self) -> None:
        """Give the log the whole screen, or take it back."""
        self._zoom(not self._is_zoomed)
        self.set_focus(self.query_one(JobLog) if self._is_zoomed else self.query_one(JobTable))

    def action_split(self) -> None:
        """Put the log beside the jobs, below them, or hide it."""
        self._put_log(next_split(self._split, self.app.size.width))
        if self._log_place == "hidden":
            said = "The log is hidden. {log.split} shows it; {log.zoom} gives it the whole screen."
            self.notify(with_keys(said, self._keys), timeout=5)

    def action_back(self) -> None:
        """Go back to the table; from there select none, then show all."""
        table, bar = self.query_one(JobTable), self.query_one(FilterBar)
        at_table = table.has_focus and not self._is_zoomed
        self._zoom(False)
        if bar.is_asked or (at_table and not table.unselect()):
            bar.close()
        table.focus()

    def action_follow(self) -> None:
        """Follow the end of the log, or stay."""
        self.query_one(JobLog).action_toggle_follow()

    def action_help(self) -> None:
        """Show all the keys."""
        self.app.push_screen(Help(groups(self._keys)))

    @work
    async def action_settings(self) -> None:
        """Ask for other settings, save them, and let those count at once that can."""
        try:
            form = settings_form(self._settings)
        except TuiQueueError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return
        changes = await self.app.push_screen_wait(form)
        if not changes:
            return
        if theme := changes.get("dashboard.theme"):
            self._tui_queue.put_on(str(theme))
        if "dashboard.columns" in changes:
            dashboard_settings = dashboard_settings_of({"columns": changes["dashboard.columns"]}, self._settings)
            self.query_one(JobTable).have_columns(dashboard_settings.columns)
        if order := changes.get("dashboard.order"):
            self.query_one(JobTable).order_by(str(order))
        if split := changes.get("dashboard.split"):
            self._put_log(str(split))
        self._commands.settings_changed()
        self.notify(" ".join(["Saved.", *remarks(changes)]), markup=False)

    async def farewell(self) -> str:
        """Return what to say on the way out: what goes on, what waits."""
        overview = await self._ask(self._commands.reports.overview(active=0, ended=0))
        if overview is None:
            return ""
        running, pending = overview.count(State.RUNNING), overview.count(State.PENDING)
        if self._background:
            return f"Going on in the background: {running} running, {pending} pending. Come back with: tui-queue"
        if overview.holder is not None and overview.holder.pid != os.getpid():
            return ""
        return f"Without you {running} run on; {pending} wait until you come back with: tui-queue"

    async def _have_ended(self, runs: Set[int]) -> bool:
        """Wait until these jobs have ended; return False if somebody wants to stay here instead."""
        if not await self._some_run(runs):
            return True
        grace = self._commands.grace_s
        text = f"Stopping {count(len(runs), 'running job')} …"
        keys = "{wait.enough}: leave now  {wait.back}: stay here"
        detail = f"After {duration(grace)} what has not ended is killed.  {keys}"

        async def ended() -> None:
            while await self._some_run(runs):
                await self._news.wait()

        wait = ProgressDialog(text, detail=detail, until=ended(), patience_s=grace + _KILLED_WITHIN_S)
        return await self.app.push_screen_wait(wait)

    async def _some_run(self, ids: Set[int]) -> bool:
        self._news.clear()
        running = await self._ask(self._commands.jobs.in_state(State.RUNNING))
        return running is None or not ids.isdisjoint(running)

    def _say(self, news: Sequence[Notification]) -> None:
        """Have the terminal tell it."""
        self._tui_queue.announce(*together(news), self._channels.terminal)

    def _out_of_view(self, news: Sequence[Notification]) -> Sequence[Notification]:
        """Return what is to be told here too: not of the job under the cursor, and nothing while nobody looks."""
        job, dashboard_settings = self.query_one(JobTable).job, self.app.app_focus and self._channels.terminal != "off"
        return [each for each in news if dashboard_settings and (job is None or each.job_id != job.id)]

    def _tell(self, news: Sequence[Notification]) -> None:
        title, text = together(news)
        self.notify(text, title=title, markup=False, timeout=_TOLD_S)

    @property
    def _tui_queue(self) -> "TuiQueueApp":
        return cast("TuiQueueApp", self.app)

    def _tick(self) -> None:
        self.query_one(JobTable).tick()

    @work(exclusive=True, group="outlooks")
    async def _look_ahead(self) -> None:
        """Show of the running jobs in view how far they have come, and what they use."""
        table = self.query_one(JobTable)
        if running := table.running_in_view:
            forecasts = await self._ask(self._commands.reports.forecasts(running, measure=table.measures))
            table.show_forecasts(forecasts or {})

    @work(exclusive=True, group="around")
    async def _look_around(self) -> None:
        """Show what the machine has free and how many jobs end, as long as any runs: else nothing is to be drawn."""
        around = await self._ask(self._commands.reports.surroundings()) if self._any_runs else None
        self.query_one(Summary).look_around(around if self._any_runs else None)

    @property
    def _is_zoomed(self) -> bool:
        return self.has_class("-zoomed")

    def _zoom(self, on: bool) -> None:
        self.set_class(on, "-zoomed")
        self.refresh_bindings()

    def _put_log(self, split: str) -> None:
        self._split = split
        self._arrange()

    def _arrange(self) -> None:
        """Put the log where it is to be; it is not hidden while it says why no job is shown."""
        place = self._log_place
        hidden = place == "hidden" and bool(self.query_one(JobTable).jobs)
        self.set_class(place == "beside", "-beside")
        self.set_class(hidden, "-hidden")
        if hidden and self.query_one(JobLog).has_focus and not self._is_zoomed:
            self.query_one(JobTable).focus()
        self.refresh_bindings()

    @property
    def _log_place(self) -> str:
        return place_of_log(self._split, self.app.size.width)

    @property
    def _any_runs(self) -> bool:
        return self._overview is not None and self._overview.count(State.RUNNING) > 0


def _active(overview: Overview) -> int:
    return sum(not job.state.ended for job in overview.jobs)
