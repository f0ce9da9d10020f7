"""Carries out the dashboard's actions on jobs."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from signal import SIGKILL
from typing import TypeVar

from msgspec.structs import replace
from textual.screen import ModalScreen, Screen

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.queue import DEFAULT_QUEUE, Move
from tui_queue.core.model.selection import Done, Verb, members
from tui_queue.core.model.trash import DELETED_AFTER_S
from tui_queue.core.parsing.fields import signal_number
from tui_queue.core.parsing.job_draft import MANY
from tui_queue.core.system.editor import editor
from tui_queue.core.units.printable import printable
from tui_queue.ui.command_result import result_of, show_error
from tui_queue.ui.dashboard.bindings import APPLIES
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.job_window import JobWindow
from tui_queue.ui.dashboard.undo import Undo
from tui_queue.ui.dashboard.wording import (
    copyable,
    count,
    has_run,
    kept,
    named,
    of,
    one_at_a_time,
    processes_of,
    removing,
    stopping,
    was_removed,
    what_ends,
)
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.job_form.typed import Typed, TypedForms
from tui_queue.ui.keymap import with_keys
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.messages import QueueChanged
from tui_queue.ui.terminal.external_program import pager, readable, run_external

T = TypeVar("T")

KILLED_WITHIN_S = 5.0  # after the grace
LOOK_AGAIN_S = 0.1  # for the end of a run that was cancelled


class JobActions:
    """The verbs of jobs: each asks the user first, if need be, and calls one command."""

    def __init__(
        self,
        screen: Screen[None],
        commands: Commands,
        *,
        table: JobTable,
        log: JobLog,
        window: JobWindow,
        undo: Undo,
        keys: Mapping[str, str],
    ) -> None:
        """``screen`` is where it asks and reports; ``keys`` are those of each binding as shown, by its id."""
        self._screen = screen
        self._commands = commands
        self._table = table
        self._log = log
        self._window = window
        self._undo = undo
        self._keys = keys
        self._typed = TypedForms()

    def _chosen(self, action: str) -> list[Job]:
        """Return those of the selected jobs, or of the one under the cursor, that an action applies to."""
        return [job for job in self._table.chosen if APPLIES[action](job)]

    def _chosen_one(self, action: str) -> Job | None:
        """Return the only job that an action applies to; where it applies to several, tell the user to choose one."""
        jobs = self._chosen(action)
        if len(jobs) > 1:
            self._screen.notify(with_keys(one_at_a_time(len(jobs)), self._keys), timeout=5)
        return jobs[0] if len(jobs) == 1 else None

    async def take_back(self) -> None:
        """Take back the last step, if that is possible; the cursor goes to the job that it was done to."""
        if (back := await self._undo.take_back(partial(result_of, self._screen))) is None:
            return
        if back.jobs:
            self._window.wanted = back.jobs[0]
            self._screen.post_message(QueueChanged())
        self._screen.notify(back.text, markup=False, timeout=5)

    async def add(self) -> None:
        """Ask for a job and add it."""
        await self._add("Add a job", cwd=_here())

    async def clone(self) -> None:
        """Ask for changes to a copy of the chosen job, and add it."""
        if (job := self._chosen_one("clone")) and (draft := await self._with_values(job)):
            await self._add(f"Clone job {job.id}", cwd=job.cwd, draft=replace(draft, not_before=None))

    async def edit(self) -> None:
        """Change the chosen job."""
        if (job := self._chosen_one("edit")) and (draft := await self._with_values(job)):
            title = f"Edit job {job.id}"
            asked = await self._ask_for_job(
                title, cwd=job.cwd, draft=draft, verb="Save", single=True, running=job if job.takes_slot else None
            )
            if asked is None:
                return
            (changed, *_), typed = asked
            if changed == draft:
                return
            with self._undo.step():
                if await result_of(self._screen, self._commands.jobs.edit(job.id, changed)) is not None:
                    self._undo.edited(job)
                else:
                    self._typed.keep(title, typed)

    async def _with_values(self, job: Job) -> JobDraft | None:
        """Return the draft of a job as the form shows it; None where the values can't be read, which the user hears."""
        options = await result_of(self._screen, self._commands.jobs.with_values(job.options))
        return None if options is None else replace(job.draft, options=options)

    async def hold(self) -> None:
        """Hold pending jobs, or release them when all of them are held."""
        jobs = self._chosen("hold")
        with self._undo.step():
            if free := [job for job in jobs if not job.held]:
                self._undo.held((await self._act(Verb.HOLD, free)).jobs)
            else:
                self._undo.released((await self._act(Verb.RELEASE, jobs)).jobs)

    async def pause(self) -> None:
        """Pause running jobs, or resume them when all of them are paused."""
        jobs = self._chosen("pause")
        running = [job for job in jobs if not job.paused]
        await self._act(Verb.PAUSE if running else Verb.RESUME, running or jobs)

    async def start_now(self) -> None:
        """Start pending jobs now, also where their queue has no free slot; let paused ones go on."""
        await self._act(Verb.START, self._chosen("start_now"))

    async def move(self, where: str) -> None:
        """Give pending jobs another place in their queue."""
        if jobs := self._chosen("move"):
            ids = set(_ids(jobs))
            overview = self._window.overview
            waiting = [job for job in overview.jobs if job.state is State.PENDING] if overview else []
            behind = waiting[waiting.index(jobs[-1]) + 1 :]
            follower = next((job for job in behind if job.queue == jobs[-1].queue and job.id not in ids), None)
            moving = self._commands.jobs.verbs.move(members(jobs), Move(where))
            with self._undo.step():
                if moved := self._told(await result_of(self._screen, moving), Verb.MOVE, quiet=True).jobs:
                    self._undo.moved(moved, follower)

    async def slots(self, by: int) -> None:
        """Give the queue of the chosen jobs one slot more or less."""
        names = {job.queue for job in self._table.chosen} or {DEFAULT_QUEUE}
        if len(names) > 1:
            several = "The selected jobs are in several queues; slots are changed of one at a time."
            self._screen.notify(several, timeout=5)
            return
        (name,) = names
        if queue := await result_of(self._screen, self._commands.queues.change_slots(name, by)):
            self._screen.notify(f"Queue {printable(name)}: {count(queue.slots or 0, 'slot')}", markup=False, timeout=3)

    async def signal(self) -> None:
        """Ask for a signal and send it to running jobs; ask again before KILL."""
        if jobs := self._chosen("signal"):
            question = f"Which signal for {named(jobs)}?"
            name = await self._ask(Prompt(question, value="TERM", check=_signal))
            if name is None or (_signal(name) == SIGKILL and not await self._is_to_be_killed(jobs)):
                return
            sending = self._commands.jobs.verbs.signal(members(jobs), _signal(name), everybody=False)
            self._told(await result_of(self._screen, sending), Verb.SIGNAL, quiet=True)

    async def details(self) -> None:
        """Show everything about the chosen job."""
        job = self._chosen_one("details")
        details = await result_of(self._screen, self._commands.reports.details(str(job.id))) if job else None
        if details is not None:
            from tui_queue.ui.dashboard.job_details import JobDetails  # noqa: PLC0415 - as the form

            await self._ask(JobDetails(self._commands, details))

    async def cancel(self) -> None:
        """Cancel jobs; ask first if any of them runs, or has left processes that do."""
        jobs = self._chosen("cancel")
        running = [job for job in jobs if job.takes_slot]
        left = [job for job in jobs if job.state.ended]
        if running or left:
            question = (
                f"Stop {named(jobs)}?"
                if len(running) == len(jobs) == 1
                else f"{stopping(len(running), len(jobs) - len(running) - len(left), left)}?"
            )
            act = f"End {processes_of(left)}" if left and len(left) == len(jobs) else f"Cancel {of(jobs)}"
            if not await self._sure(question, act, "job.cancel", jobs, detail=what_ends(running, datetime.now(UTC))):
                return
        ended = set(_ids(left))
        with self._undo.step():
            self._undo.cancelled([job for job in (await self._act(Verb.CANCEL, jobs)).jobs if job.id not in ended])

    async def retry(self) -> None:
        """Start ended jobs again."""
        await self._act(Verb.RETRY, self._chosen("retry"))

    async def remove(self) -> None:
        """Move jobs to the trash, which is emptied before long; what has not ended or has left processes is cancelled.

        Asks where they are several, or have not ended.
        """
        jobs = self._chosen("remove")
        alive = [job for job in jobs if APPLIES["cancel"](job)]
        if alive or len(jobs) > 1:
            detail = what_ends([job for job in alive if job.takes_slot], datetime.now(UTC))
            if not await self._sure(removing(jobs, alive), f"Remove {of(jobs)}", "job.remove", jobs, detail=detail):
                return
        with self._undo.step():
            if over := [job for job in jobs if not APPLIES["cancel"](job)]:
                await self._remove(over)
            if alive and (await self._act(Verb.CANCEL, alive, quiet=True)).jobs and await self._have_ended(alive):
                await self._remove(alive)

    async def _remove(self, jobs: Sequence[Job]) -> None:
        moving = self._commands.jobs.verbs.move_to_trash(members(jobs), session=True)
        if (removed := await result_of(self._screen, moving)) is None:
            return
        done, trashed = removed
        if trashed is None:
            self._told(done, Verb.REMOVE, quiet=True)
            return
        self._undo.removed(trashed)
        left = f"; {done.text('').partition(', ')[2]}" if done.left else ""
        said = with_keys(was_removed(trashed.ids), self._keys)
        self._screen.notify(f"{said}{left}", markup=False, timeout=5)
        self._screen.set_timer(DELETED_AFTER_S + 1, self._empty_trash)

    async def _have_ended(self, jobs: Sequence[Job]) -> bool:
        """Wait until cancelled jobs have ended; tell the user of those that do not, and return False."""
        deadline = time.monotonic() + max(map(self._commands.grace_s, jobs)) + KILLED_WITHIN_S
        while time.monotonic() < deadline:
            late = await result_of(self._screen, self._commands.jobs.verbs.unended(jobs))
            if late is None:
                return False
            if not late:
                return True
            await asyncio.sleep(LOOK_AGAIN_S)
        self._screen.notify(f"{named(jobs)}: cancelled, and not ended yet; remove again when that is so.", markup=False)
        return False

    async def copy(self) -> None:
        """Copy the text selected with the mouse; without one ask what to copy of the jobs."""
        await self._log.read_selection()
        text, what = self._screen.get_selected_text() or "", "the selected text"
        if not text and (jobs := self._table.chosen):
            offered = copyable(jobs, self._log.path_of)
            chosen = await self._ask(Picker(f"Copy of {named(jobs)}", list(offered)))
            text, what = offered.get(chosen or "", ("", ""))
        if text:
            self._screen.app.copy_to_clipboard(text)
            self._screen.notify(f"The terminal was given {what} to copy.", timeout=3)

    async def page(self) -> None:
        """Show the log of the chosen job in the pager."""
        if job := self._chosen_one("page"):
            path = self._log.path_of(job)
            if path is None:
                self._screen.notify("It has no output yet.", timeout=3)
                return
            try:
                async with readable(path) as log:
                    await self._run_external(pager, log)
            except TuiQueueError as error:
                show_error(self._screen, error)

    async def script(self) -> None:
        """Open the script of the chosen job in the editor."""
        if job := self._chosen_one("script"):
            await self._run_external(editor, job.path)

    async def _act(self, verb: Verb, jobs: Sequence[Job], *, quiet: bool = False) -> Done:
        """Do a verb to jobs, as far as it still applies to them, and tell the user how far."""
        if not jobs:
            return Done()
        doing = self._commands.jobs.verbs.act(verb, members(jobs))
        return self._told(await result_of(self._screen, doing), verb, quiet=quiet or len(jobs) == 1)

    def _told(self, done: Done | None, verb: Verb, *, quiet: bool) -> Done:
        """Tell the user what was done; if ``quiet`` only where some jobs were left."""
        if done is not None and (done.left or not quiet):
            self._screen.notify(f"{done.text(verb.done)}.", markup=False, timeout=4)
        return done or Done()

    async def _is_to_be_killed(self, jobs: Sequence[Job]) -> bool:
        detail = f"{has_run(jobs, datetime.now(UTC))} KILL leaves no time to save anything."
        return await self._sure(f"Kill {named(jobs)}?", f"Kill {of(jobs)}", "", jobs, detail=detail)

    async def _run_external(self, program: Callable[[Mapping[str, str]], list[str]], path: str) -> None:
        """Show a file in a program that takes over the terminal."""
        try:
            wrong = await run_external(self._screen.app, [*program(os.environ), path])
        except ValueError as error:
            wrong = f"{program.__name__.upper()}: {error}."
        if wrong:
            self._screen.notify(wrong, severity="error", markup=False)

    async def _ask_for_job(
        self,
        title: str,
        *,
        cwd: str,
        draft: JobDraft | None = None,
        verb: str = "Add",
        single: bool = False,
        running: Job | None = None,
    ) -> tuple[tuple[JobDraft, ...], Typed | None] | None:
        """Show the form of a job; what the user leaves in it comes back the next time.

        Return the answer with what was typed for it, which comes back only where it is refused.
        """
        from tui_queue.ui.job_form.form import JobForm  # noqa: PLC0415 - the first picture does without

        typed = self._typed.of(title, draft)
        form = JobForm(
            cwd=cwd,
            title=title,
            draft=draft,
            verb=verb,
            single=single,
            commands=self._commands,
            running=running,
            typed=typed,
        )
        drafts = await self._ask(form)
        self._typed.keep(title, None if drafts else form.typed)
        if drafts is None and form.typed is not None:
            self._screen.notify(with_keys(kept(draft, single=single), self._keys), markup=False, timeout=5)
        return None if drafts is None else (drafts, form.typed)

    async def _add(self, title: str, *, cwd: str, draft: JobDraft | None = None) -> None:
        asked = await self._ask_for_job(title, cwd=cwd, draft=draft)
        if asked is None:
            return
        drafts, typed = asked
        is_wanted = await self._are_wanted(drafts)
        jobs = await result_of(self._screen, self._commands.jobs.add(drafts, like=draft)) if is_wanted else None
        if not jobs:
            self._typed.keep(title, typed)
        else:
            if jobs[0].id:
                self._window.wanted = jobs[0].id
            else:  # the other host that runs the queue has not answered yet
                host = self._commands.other_host
                self._screen.notify(f"Safe on disk; it starts once a scheduler runs on {host}.", markup=False)
            self._screen.post_message(QueueChanged())

    async def _are_wanted(self, drafts: Sequence[JobDraft]) -> bool:
        """Ask before adding many jobs, or one that is pending or running already."""
        if len(drafts) > MANY:
            question = f"Add {len(drafts):,} jobs?"
            return await self._ask(Confirm(question, yes=f"Add {len(drafts):,} jobs", no="Add none"))
        if len(drafts) > 1:
            return True
        (draft,) = drafts
        twin = await result_of(self._screen, self._commands.jobs.like(draft))
        question = f"Job {twin.id} is the same and {twin.state}. Add it once more?" if twin else ""
        return twin is None or await self._ask(Confirm(question, yes="Add it once more", no="Add none"))

    async def _sure(self, question: str, act: str, key: str, jobs: Sequence[Job], *, detail: str) -> bool:
        """Ask before an act; ``key`` is the id of the binding that has asked."""
        no = "Let it be" if len(jobs) == 1 else "Let them be"
        return await self._ask(Confirm(question, detail=detail, yes=act, no=no, keys=self._keys.get(key, "")))

    async def _ask(self, dialog: ModalScreen[T]) -> T:
        """Show a dialog and return the user's answer; a worker must call it."""
        return await self._screen.app.push_screen_wait(dialog)

    async def _empty_trash(self) -> None:
        await self._commands.cleanup.empty_trash()


def _ids(jobs: Sequence[Job]) -> list[int]:
    return [job.id for job in jobs]


def _here() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # another program has deleted it
        return os.path.expanduser("~")


def _signal(name: str) -> int:
    return signal_number("signal", name)
