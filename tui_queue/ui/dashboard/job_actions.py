"""What keys do with the jobs that are selected, or with the one under the cursor."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from signal import SIGKILL
from typing import TypeVar

from msgspec.structs import replace
from textual import work
from textual.screen import Screen

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.overview import Overview
from tui_queue.core.model.queue import DEFAULT_QUEUE, Move
from tui_queue.core.model.trash import DELETED_AFTER_S
from tui_queue.core.parsing.fields import signal_number
from tui_queue.core.parsing.job_draft import MANY
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.bindings import APPLIES
from tui_queue.ui.dashboard.job_details import JobDetails
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.undo import Undo
from tui_queue.ui.dashboard.wording import copyable, count, has_run, named, one_at_a_time, stopping, what_ends
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.job_form.form import JobForm
from tui_queue.ui.keymap import with_keys
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.messages import QueueChanged
from tui_queue.ui.terminal.external_program import editor, pager, readable, run_external

T = TypeVar("T")

_PATIENCE_S = 3.0  # after which it is said that something takes long


class JobVerbs(Screen[None]):
    """The verbs of a screen with a table of jobs and a log: each asks first, if need be, and calls one command."""

    def __init__(self, commands: Commands, *, keys: Mapping[str, str]) -> None:
        """``keys`` has how the keys of each binding are shown, by its id."""
        super().__init__()
        self._commands = commands
        self._keys = keys
        self._undo = Undo(commands)
        self._overview: Overview | None = None  # what was seen last
        self._wanted: int | None = None  # the job that the cursor goes to once it is shown

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out the verbs that apply neither to the job under the cursor nor to any that is selected."""
        if action not in APPLIES or not self.is_mounted:
            return True
        return any(map(APPLIES[action], self.query_one(JobTable).chosen)) or None

    def _chosen(self, action: str) -> list[Job]:
        """Return the selected jobs, or the one under the cursor, that a verb applies to."""
        return [job for job in self.query_one(JobTable).chosen if APPLIES[action](job)]

    def _chosen_one(self, action: str) -> Job | None:
        """Return the one job that a verb applies to; where several are selected say that it is for one at a time."""
        jobs = self._chosen(action)
        if len(jobs) > 1:
            self.notify(with_keys(one_at_a_time(len(jobs)), self._keys), timeout=5)
        return jobs[0] if len(jobs) == 1 else None

    async def action_undo(self) -> None:
        """Take back what was done last, if that can be."""
        if said := await self._undo.take_back(self._ask):
            self.notify(said, markup=False, timeout=3)

    @work
    async def action_add(self) -> None:
        """Ask for a job and add it."""
        await self._add(JobForm(cwd=_here(), commands=self._commands))

    @work
    async def action_clone(self) -> None:
        """Ask for a job that is like the chosen one, and add it."""
        if job := self._chosen_one("clone"):
            draft = replace(job.draft, not_before=None)
            await self._add(JobForm(cwd=job.cwd, title=f"Clone job {job.id}", draft=draft, commands=self._commands))

    @work
    async def action_edit(self) -> None:
        """Change the chosen job."""
        if job := self._chosen_one("edit"):
            title = f"Edit job {job.id}"
            form = JobForm(cwd=job.cwd, title=title, draft=job.draft, verb="Save", single=True, commands=self._commands)
            drafts = await self.app.push_screen_wait(form)
            if drafts is None or drafts[0] == job.draft:
                return
            if await self._ask(self._commands.jobs.edit(job.id, drafts[0])) is not None:
                self._undo.edited(job)

    async def action_hold(self) -> None:
        """Hold pending jobs, or release them when all of them are held."""
        jobs = self._chosen("hold")
        if not (free := [job for job in jobs if not job.held]):
            if jobs and await self._ask(self._commands.jobs.release(_ids(jobs))):
                self._undo.released(jobs)
        elif await self._ask(self._commands.jobs.hold(_ids(free))):
            self._undo.held(free)

    async def action_pause(self) -> None:
        """Stop running jobs where they are, or let them go on when all of them are stopped."""
        jobs = self._chosen("pause")
        if running := [job for job in jobs if not job.paused]:
            await self._ask(self._commands.jobs.pause(_ids(running)))
        elif jobs:
            await self._ask(self._commands.jobs.resume(_ids(jobs)))

    async def action_move(self, where: str) -> None:
        """Give pending jobs another place in their queue."""
        if jobs := self._chosen("move"):
            ids = set(_ids(jobs))
            waiting = [job for job in self._overview.jobs if job.state is State.PENDING] if self._overview else []
            behind = waiting[waiting.index(jobs[-1]) + 1 :]
            follower = next((job for job in behind if job.queue == jobs[-1].queue and job.id not in ids), None)
            if await self._ask(self._commands.jobs.move(_ids(jobs), Move(where))):
                self._undo.moved(jobs, follower)

    async def action_slots(self, by: int) -> None:
        """Give the queue of the chosen jobs a slot more, or less."""
        names = {job.queue for job in self.query_one(JobTable).chosen} or {DEFAULT_QUEUE}
        if len(names) > 1:
            self.notify("The selected jobs are in several queues; slots are changed of one at a time.", timeout=5)
            return
        (name,) = names
        if queue := await self._ask(self._commands.queues.change_slots(name, by)):
            self.notify(f"Queue {printable(name)}: {count(queue.slots or 0, 'slot')}", markup=False, timeout=3)

    @work
    async def action_signal(self) -> None:
        """Send a signal to running jobs; ask first about the one that no job can prepare for."""
        if jobs := self._chosen("signal"):
            question = f"Which signal for {named(jobs)}?"
            name = await self.app.push_screen_wait(Prompt(question, value="TERM", check=_signal))
            if name is None or (_signal(name) == SIGKILL and not await self._is_to_be_killed(jobs)):
                return
            await self._ask(self._commands.jobs.signal(_ids(jobs), _signal(name), everybody=False))

    @work
    async def action_details(self) -> None:
        """Show everything about the chosen job."""
        job = self._chosen_one("details")
        details = await self._ask(self._commands.reports.details(str(job.id))) if job else None
        if details is not None:
            await self.app.push_screen_wait(JobDetails(self._commands, details))

    @work
    async def action_cancel(self) -> None:
        """Cancel jobs; ask first when any of them runs."""
        jobs = self._chosen("cancel")
        running = [job for job in jobs if job.state is State.RUNNING]
        if running:
            question = (
                f"Stop {named(jobs)}?" if len(jobs) == 1 else f"{stopping(len(running), len(jobs) - len(running))}?"
            )
            if not await self.app.push_screen_wait(Confirm(question, detail=what_ends(running, datetime.now(UTC)))):
                return
        if jobs and await self._ask(self._commands.jobs.cancel(_ids(jobs))):
            self._undo.cancelled(jobs)

    async def action_retry(self) -> None:
        """Put ended jobs into the queue again."""
        if jobs := self._chosen("retry"):
            await self._ask(self._commands.jobs.retry(_ids(jobs)))

    @work
    async def action_remove(self) -> None:
        """Forget ended jobs; ask first when they are several, since their logs are gone then before long."""
        jobs = self._chosen("remove")
        if len(jobs) > 1:
            question = f"Remove {count(len(jobs), 'ended job')} and their logs?"
            if not await self.app.push_screen_wait(Confirm(question)):
                return
        removed = await self._ask(self._commands.jobs.move_to_trash(_ids(jobs))) if jobs else None
        if removed is not None and removed.jobs:
            self._undo.removed(removed)
            self.set_timer(DELETED_AFTER_S + 1, self._throw_away)

    @work
    async def action_copy(self) -> None:
        """Copy what is selected with the mouse, or ask what of the jobs to copy."""
        text, what = self.get_selected_text() or "", "the selected text"
        if not text and (jobs := self.query_one(JobTable).chosen):
            offered = copyable(jobs, self.query_one(JobLog).path_of)
            chosen = await self.app.push_screen_wait(Picker(f"Copy of {named(jobs)}", list(offered)))
            text, what = offered.get(chosen or "", ("", ""))
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"The terminal was given {what} to copy.", timeout=3)

    @work(exclusive=True, group="page")
    async def action_page(self) -> None:
        """Show the log of the chosen job in the pager."""
        if job := self._chosen_one("page"):
            path = self.query_one(JobLog).path_of(job)
            if path is None:
                self.notify("It has no output yet.", timeout=3)
                return
            try:
                async with readable(path) as log:
                    await self._run_external(pager, log)
            except TuiQueueError as error:
                self.notify(printable(str(error)), severity="error", markup=False)

    @work
    async def action_script(self) -> None:
        """Open the script of the chosen job in the editor."""
        if job := self._chosen_one("script"):
            await self._run_external(editor, job.path)

    async def _is_to_be_killed(self, jobs: Sequence[Job]) -> bool:
        detail = f"{has_run(jobs, datetime.now(UTC))} KILL leaves no time to save anything."
        return await self.app.push_screen_wait(Confirm(f"Kill {named(jobs)}?", detail=detail))

    async def _run_external(self, program: Callable[[Mapping[str, str]], list[str]], path: str) -> None:
        """Let a program have the terminal that shows a file."""
        try:
            wrong = await run_external(self.app, [*program(os.environ), path])
        except ValueError as error:
            wrong = f"{program.__name__.upper()}: {error}."
        if wrong:
            self.notify(wrong, severity="error", markup=False)

    async def _add(self, form: JobForm) -> None:
        drafts = await self.app.push_screen_wait(form)
        if drafts is None or not await self._are_wanted(drafts):
            return
        if jobs := await self._ask(self._commands.jobs.add(drafts)):
            self._wanted = jobs[0].id
            self.post_message(QueueChanged())

    async def _are_wanted(self, drafts: Sequence[JobDraft]) -> bool:
        """Ask about many jobs, and about one that is pending or running already."""
        if len(drafts) > MANY:
            return await self.app.push_screen_wait(Confirm(f"Add {len(drafts):,} jobs?"))
        if len(drafts) > 1:
            return True
        (draft,) = drafts
        twin = await self._ask(self._commands.jobs.like(draft))
        question = f"Job {twin.id} is the same and {twin.state}. Add it once more?" if twin else ""
        return twin is None or await self.app.push_screen_wait(Confirm(question))

    async def _ask(self, verb: Awaitable[T]) -> T | None:
        """Await a verb; what is wrong with it, or that it takes long, is said on screen."""
        notice = self.set_timer(_PATIENCE_S, self._say_that_it_takes_long)
        try:
            return await verb
        except TuiQueueError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return None
        finally:
            notice.stop()

    def _say_that_it_takes_long(self) -> None:
        self.notify("The disk of the queue does not answer. Waiting for it.", severity="warning")

    async def _throw_away(self) -> None:
        await self._commands.cleanup.empty_trash()


def _ids(jobs: Sequence[Job]) -> list[int]:
    return [job.id for job in jobs]


def _here() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # deleted under our feet
        return os.path.expanduser("~")


def _signal(name: str) -> int:
    return signal_number("signal", name)
