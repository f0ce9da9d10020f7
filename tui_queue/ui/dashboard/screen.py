"""The dashboard: the table of jobs, the log of the one under the cursor, and a key for each verb."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from textual import work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widget import Widget

from tui_queue.core.commands.commands import Commands
from tui_queue.core.model.job import Job
from tui_queue.core.model.notification import Channels
from tui_queue.ui import toasts
from tui_queue.ui.command_result import result_of
from tui_queue.ui.dashboard.applicable import Applicable
from tui_queue.ui.dashboard.bindings import DASHBOARD_KEYS, LOG_HINTS, SPARE_KEYS
from tui_queue.ui.dashboard.first_steps import FirstSteps
from tui_queue.ui.dashboard.footer import Keys
from tui_queue.ui.dashboard.header import Header
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.job_window import JobWindow
from tui_queue.ui.dashboard.log_placement import LogPlacement
from tui_queue.ui.dashboard.preferences import Preferences
from tui_queue.ui.dashboard.refresher import Refresher
from tui_queue.ui.dashboard.summary import QueueStatus
from tui_queue.ui.dashboard.terminal_notifier import TerminalNotifier
from tui_queue.ui.dashboard.undo import Undo
from tui_queue.ui.dashboard.why_not import NO_LOG, WHOLE_LOG
from tui_queue.ui.dashboard.wording import (
    EMPTY,
    NONE_LIKE_THAT,
    in_place_of_output,
    only_those_shown,
)
from tui_queue.ui.dashboard_settings import DashboardSettings
from tui_queue.ui.keymap import with_keys
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.preload import PRELOAD_S, preload
from tui_queue.ui.terminal.caches import EVERY_S, SETTLED_S, forget, settle, tidy
from tui_queue.ui.title_rule import TitleRule

if TYPE_CHECKING:
    from tui_queue.ui.dashboard.filter_bar import FilterBar
    from tui_queue.ui.dashboard.job_actions import JobActions
    from tui_queue.ui.log.search_results import SearchHit


class Host(Protocol):
    """The application, as the dashboard needs it."""

    def announce(self, title: str, text: str, way: str) -> None:
        """Send a notification to the terminal."""

    def give_title(self, text: str) -> None:
        """Give the terminal a title."""

    def put_on(self, theme: str) -> None:
        """Draw in the colours of a theme."""

    def draw_signs(self, signs: str) -> None:
        """Draw signs and borders in ASCII or not."""


class Dashboard(Screen[None]):
    """Shows the jobs as the store has them, and gives each key to the part that does its verb.

    Textual calls a method for each key, of the screen for all that work in both panes. Those of jobs hand on to
    JobActions.
    """

    BINDINGS = DASHBOARD_KEYS

    def __init__(
        self,
        host: Host,
        commands: Commands,
        *,
        settings: str,
        background: bool,
        channels: Channels,
        dashboard_settings: DashboardSettings,
        keys: Mapping[str, str],
    ) -> None:
        """``settings`` is the path of the settings; ``keys`` are those of each binding as shown, by its id."""
        super().__init__()
        self._commands = commands
        self._background = background
        self._keys = keys
        self._undo = Undo(commands)
        self._status = QueueStatus()
        self._table = JobTable(id="jobs", columns=dashboard_settings.columns, order=dashboard_settings.order)
        self._rule = TitleRule("Jobs")
        self._first = FirstSteps(keys)
        self._log = JobLog(id="log", log_path=commands.jobs.log_path)
        self._window = JobWindow(commands, self._table)
        self._placement = LogPlacement(self, self._table, self._log, dashboard_settings.split)
        self._applicable = Applicable(self._table, keys)
        self._filter_bar: FilterBar | None = None  # once the user has asked for it
        self._mounting = asyncio.Lock()  # held while the filter bar is mounted
        self._preferences = Preferences(
            self,
            commands,
            path=settings,
            table=self._table,
            window=self._window,
            placement=self._placement,
            put_on=host.put_on,
            draw_signs=host.draw_signs,
        )
        self._bound: tuple[Job, ...] | None = None  # the jobs that the keys were shown for
        self._refresher = Refresher(
            self,
            commands,
            status=self._status,
            rule=self._rule,
            first=self._first,
            table=self._table,
            window=self._window,
            placement=self._placement,
            sender=TerminalNotifier(self, self._table, channels, host.announce),
            give_title=host.give_title if dashboard_settings.title else None,
            keys=keys,
        )

    @cached_property
    def _jobs(self) -> "JobActions":
        """The verbs of jobs, loaded when the first one is wanted."""
        from tui_queue.ui.dashboard.job_actions import JobActions  # noqa: PLC0415 - the first picture does without

        return JobActions(
            self,
            self._commands,
            table=self._table,
            log=self._log,
            window=self._window,
            undo=self._undo,
            keys=self._keys,
        )

    def compose(self) -> ComposeResult:
        """Stack the header, the two panes, and the keys."""
        yield Header("view.jobs", {**self._keys, "view.jobs": self._keys["table.jobs"]}, self._status)
        with Container(id="panes"):
            with Vertical(id="jobs-pane"):
                yield self._rule
                yield self._table
                yield self._first
            with Vertical(id="log-pane"):
                yield self._log.rule
                yield self._log
        yield Keys(spare=SPARE_KEYS, instead=lambda: LOG_HINTS if self._placement.is_zoomed else {})

    async def on_mount(self) -> None:
        """Show the queue for the first time; refresh it from now on."""
        self._placement.arrange()
        self._rule.follow(self._table)
        self._table.focus()
        self.set_timer(PRELOAD_S, preload)
        self.set_timer(SETTLED_S, settle)
        self.set_interval(EVERY_S, tidy)
        self.app.theme_changed_signal.subscribe(self, self._draw_in_other_colours)
        await self._refresher.start()

    def _draw_in_other_colours(self, _: object) -> None:
        self._log.forget_colours()
        self._show_log()

    def on_resize(self) -> None:
        """Put the log where there is room for it."""
        self._placement.arrange()
        self.call_after_refresh(toasts.place, self)

    def on_screen_resume(self) -> None:
        """Let go of the screen that was above."""
        forget()

    @property
    def panes(self) -> Sequence[Widget]:
        """The parts that have keys of their own; the log only where it is shown."""
        return [self._table, self._log] if self._log.display else [self._table]

    async def settled(self) -> None:
        """Wait until the table has the jobs of the filter that the user has typed: keys are for those."""
        await self._window.settled()

    async def farewell(self) -> str:
        """Return what to tell the user on the way out."""
        from tui_queue.ui.dashboard import leaving  # noqa: PLC0415 - the first picture does without

        return await leaving.farewell(self, self._commands, background=self._background)

    def on_queue_changed(self) -> None:
        """Refresh when there is time for it."""
        self._refresher.request()

    # The table and the filter

    def on_job_table_moved(self, message: JobTable.Moved) -> None:
        """Show the log of the job under the cursor, and load more jobs at the end of the table."""
        if (chosen := self._table.chosen) != self._bound:  # else the same keys apply
            self._bound = chosen
            self.refresh_bindings()
            toasts.place(self)
        if self._window.grow_at(message.job):
            self._refresher.request(at_once=True)
        self._show_log()

    def on_job_table_bottom(self) -> None:
        """Load more of the active jobs."""
        if self._window.grow():
            self._refresher.request(at_once=True)

    def on_job_table_all_selected(self) -> None:
        """Tell the user which jobs are not selected, since they are not loaded."""
        if (overview := self._window.overview) is None:
            return
        if words := only_those_shown(self._table.selected, overview.unshown, overview.older):
            self.notify(words, markup=False)

    def on_data_table_row_selected(self) -> None:
        """Do for Enter, which the table takes first, what it does everywhere."""
        self.action_log()

    def _show_log(self) -> None:
        jobs = self._table.chosen
        if jobs:
            placeholder = in_place_of_output(jobs[0], self._window.overview, self._keys)
        else:
            placeholder = with_keys(NONE_LIKE_THAT if self._window.is_filtered else EMPTY, self._keys)
        self._log.show_jobs(jobs, placeholder)

    @work
    async def go_to(self, number: int) -> None:
        """Put the cursor on a job; where the filter leaves it out, or it ended long ago, show it alone."""
        if number in {job.id for job in self._table.jobs}:
            self._table.move_to(number)
        elif await result_of(self, self._commands.jobs.get(str(number))) is not None:
            await self._filter(f"#{number}")
        self._focus_shown_pane()

    async def show_only(self, words: str) -> None:
        """Show the jobs that a filter finds."""
        self._placement.zoom(False)
        await self._filter(words)
        self._table.focus()

    async def _filter(self, text: str | None = None) -> None:
        """Let the user type a filter; with a text that is the filter."""
        async with self._mounting:
            if self._filter_bar is None:
                from tui_queue.ui.dashboard.filter_bar import FilterBar  # noqa: PLC0415 - as the actions of jobs

                request = partial(self._refresher.request, at_once=True)
                bar = FilterBar(self._table, self._window, request)
                await self.mount(bar, before=self.query_one(Keys))
                self._filter_bar = bar
        self._filter_bar.open(text)

    # Actions of the screen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out the actions that change nothing the user sees, and those that apply to no job."""
        if action == "leave_log":  # else its key is that of the app, which quits
            return self._placement.is_zoomed
        if action == "split" and self._placement.is_zoomed:
            return None
        if action == "follow" and self._placement.is_hidden and not self._placement.is_zoomed:
            return None
        return not self.is_mounted or self._applicable.applies(action) or None

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Return why the key of an action does nothing now."""
        if action in ("split", "follow"):
            return with_keys(WHOLE_LOG if action == "split" else NO_LOG, self._keys)
        return self._applicable.why_not(action)

    async def action_filter(self) -> None:
        """Show only the jobs that match what the user types, while it is typed."""
        self._placement.zoom(False)
        await self._filter()

    @work
    async def action_order(self) -> None:
        """Ask for an order of the rows."""
        await self._preferences.order()

    @work
    async def action_find(self) -> None:
        """Ask for words, search all logs for them, and go to the line that the user chooses."""
        from tui_queue.core.logs.search import Pattern  # noqa: PLC0415 - the first picture does without
        from tui_queue.ui.dialogs.prompt import Prompt  # noqa: PLC0415
        from tui_queue.ui.log.search_results import SearchResults  # noqa: PLC0415

        question = Prompt("Search all logs (words, or /regex/)", value="", check=Pattern)
        if (words := await self.app.push_screen_wait(question)) is not None:
            hit = await self.app.push_screen_wait(SearchResults(self._commands, words))
            if hit is not None:
                await self._go_to(hit, words)

    async def _go_to(self, hit: "SearchHit", words: str) -> None:
        self._log.want(hit.job_id, hit.attempt, hit.offset, words)
        self._table.unselect()  # else the log is that of the selected jobs
        if hit.job_id in {job.id for job in self._table.jobs}:
            self._table.move_to(hit.job_id)
        else:
            await self._filter(f"id:{hit.job_id}")
        if self._placement.is_hidden:
            self._placement.zoom(True)
        self._focus_shown_pane()
        self.on_job_table_moved(JobTable.Moved(self._table.job))

    def action_jobs(self) -> None:
        """Go to the table: the tab of jobs."""
        self._placement.zoom(False)
        self._table.focus()

    @work
    async def action_view(self, name: str) -> None:
        """Show a list screen, and those that the user opens from there; then the jobs that it asks for."""
        from tui_queue.ui.lists.registry import LIST_SCREENS  # noqa: PLC0415 - the first picture does without

        answer: str | None = name
        while answer is not None and answer in LIST_SCREENS:
            answer = await self.app.push_screen_wait(LIST_SCREENS[answer](self._commands, self._undo, self._status))
        if answer is not None and (number := answer.removeprefix("#")).isdecimal():
            self.go_to(int(number))
        elif answer is not None:
            await self.show_only(answer)

    @work
    async def action_stop_all(self) -> None:
        """Cancel all jobs, and leave once they have ended; ask first."""
        from tui_queue.ui.dashboard import leaving  # noqa: PLC0415 - the first picture does without

        if await leaving.stop_all(self, self._commands, self._refresher.refreshed, self._keys["queue.stop_all"]):
            await self.app.run_action("leave")

    def action_log(self) -> None:
        """Give the log the whole screen, or take it back."""
        self._placement.zoom(not self._placement.is_zoomed)
        self._focus_shown_pane()

    def action_leave_log(self) -> None:
        """Take the whole screen back from the log."""
        self._placement.zoom(False)
        self._focus_shown_pane()

    def _focus_shown_pane(self) -> None:
        self.set_focus(self._log if self._placement.is_zoomed else self._table)

    def action_split(self) -> None:
        """Put the log beside the jobs, below them, or hide it."""
        self._placement.put_next()
        if self._placement.place == "hidden":
            words = "The log is hidden. {log.split} shows it; {log.zoom} gives it the whole screen."
            self.notify(with_keys(words, self._keys), timeout=5)

    def action_back(self) -> None:
        """Go back to the table; from there select none, then show all."""
        bar = self._filter_bar
        at_table = self._table.has_focus and not self._placement.is_zoomed
        self._placement.zoom(False)
        is_asked = bar is not None and bar.is_asked
        if (is_asked or (at_table and not self._table.unselect())) and bar is not None:
            bar.close()
        self._table.focus()

    def action_follow(self) -> None:
        """Follow the end of the log, or stay."""
        self._log.action_toggle_follow()

    def action_help(self) -> None:
        """Show all the keys."""
        from tui_queue.ui.dashboard.help_text import groups  # noqa: PLC0415 - the first picture does without
        from tui_queue.ui.dialogs.help import Help  # noqa: PLC0415

        self.app.push_screen(Help(groups(self._keys), topic="logs" if self._log.has_focus else "jobs"))

    @work
    async def action_settings(self) -> None:
        """Ask for other settings, save them, and apply at once those that can be."""
        await self._preferences.change()

    # Actions of jobs; those that may ask the user are workers

    async def action_undo(self) -> None:
        """Take back the last step, if that is possible."""
        await self._jobs.take_back()

    @work
    async def action_add(self) -> None:
        """Ask for a job and add it."""
        await self._jobs.add()

    @work
    async def action_clone(self) -> None:
        """Ask for changes to a copy of the chosen job, and add it."""
        await self._jobs.clone()

    @work
    async def action_edit(self) -> None:
        """Change the chosen job."""
        await self._jobs.edit()

    async def action_hold(self) -> None:
        """Hold pending jobs, or release them when all of them are held."""
        await self._jobs.hold()

    async def action_pause(self) -> None:
        """Pause running jobs, or resume them when all of them are paused."""
        await self._jobs.pause()

    async def action_start_now(self) -> None:
        """Start pending jobs now, also where their queue has no free slot; let paused ones go on."""
        await self._jobs.start_now()

    async def action_move(self, where: str) -> None:
        """Give pending jobs another place in their queue."""
        await self._jobs.move(where)

    async def action_slots(self, by: int) -> None:
        """Give the queue of the chosen jobs one slot more or less."""
        await self._jobs.slots(by)

    @work
    async def action_signal(self) -> None:
        """Ask for a signal and send it to running jobs; ask again before KILL."""
        await self._jobs.signal()

    @work
    async def action_details(self) -> None:
        """Show everything about the chosen job."""
        await self._jobs.details()

    @work
    async def action_cancel(self) -> None:
        """Cancel jobs; ask first if any of them runs."""
        await self._jobs.cancel()

    async def action_retry(self) -> None:
        """Start ended jobs again."""
        await self._jobs.retry()

    @work
    async def action_remove(self) -> None:
        """Move ended jobs to the trash, which is emptied before long; ask first if they are several."""
        await self._jobs.remove()

    async def action_copy_text(self) -> None:  # type: ignore[override]
        """Copy the text selected with the mouse, as Textual does in every screen; it awaits what an action returns."""
        await self._log.read_selection()
        super().action_copy_text()

    @work
    async def action_copy(self) -> None:
        """Copy the text selected with the mouse; without one ask what to copy of the jobs."""
        await self._jobs.copy()

    @work(exclusive=True, group="page")
    async def action_page(self) -> None:
        """Show the log of the chosen job in the pager."""
        await self._jobs.page()

    @work
    async def action_script(self) -> None:
        """Open the script of the chosen job in the editor."""
        await self._jobs.script()
