"""The commands for jobs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.commands.job_verbs import JobVerbs
from tui_queue.core.commands.new_jobs import chosen_python, prepared
from tui_queue.core.errors import OtherHostError, WrongStateError
from tui_queue.core.model.blocked import Blocked
from tui_queue.core.model.environment import Environment
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.options import Interpreter, JobOptions, with_values
from tui_queue.core.model.overview import Details, Mark
from tui_queue.core.model.queue import Move, Place
from tui_queue.core.model.selection import Selection, Verb, singly
from tui_queue.core.system import event_loop
from tui_queue.core.system.worker_thread import in_thread
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.core.commands.running_jobs import RunningJobCommands

LOOK_S = 1.0  # between two polls whether the other host has taken jobs in
RECENT = 20  # commands that the job form offers


class JobCommands:
    """Add, change, order, start, stop and remove jobs. Errors are TuiQueueErrors; then nothing has changed."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._jobs = context.store.jobs
        self._queries = context.store.queries
        self._executor = context.executor
        self.verbs = JobVerbs(context)

    @cached_property
    def running(self) -> "RunningJobCommands":
        """Changes of jobs that run."""
        from tui_queue.core.commands.running_jobs import RunningJobCommands  # noqa: PLC0415 - seldom needed

        return RunningJobCommands(self._context, self.with_values)

    async def add(
        self,
        drafts: Sequence[JobDraft],
        *,
        unique: bool = False,
        place: Place | None = None,
        like: JobDraft | None = None,
        capture_env: bool = False,
    ) -> list[Job]:
        """Add jobs, all or none, at this place in their queues; when this returns they are safe on disk.

        With ``unique`` a job that is pending or running already is refused. The jobs get the environment of this
        process, or that of the job that they are ``like``, with ``capture_env`` only the values that the user gave it.
        Where another host runs the queue and does not answer soon, they have no numbers yet.
        """
        drafts = await prepared(self._context, drafts, like=like, capture_env=capture_env)
        now = datetime.now(UTC)
        try:
            jobs = await self._jobs.add(drafts, now=now, unique=unique, place=place)
        except OtherHostError:
            from tui_queue.core.commands.add_elsewhere import add_elsewhere  # noqa: PLC0415 - seldom needed

            return await add_elsewhere(self._context, drafts, now=now, unique=unique, place=place)
        self._context.wake_scheduler()
        return jobs

    async def try_out(
        self, drafts: Sequence[JobDraft], *, unique: bool = False, place: Place | None = None
    ) -> list[Details]:
        """Return what there would be to tell of jobs if they were added, the reason why each would wait among it."""
        from tui_queue.core.commands.trial import try_out  # noqa: PLC0415 - seldom needed, and takes long

        return await try_out(self._context, drafts, unique=unique, place=place)

    async def edit(
        self, job_id: int, draft: JobDraft, *, like: JobDraft | None = None, capture_env: bool = False
    ) -> Job:
        """Replace what the user asked for by a job; of one that runs only what can be changed then.

        The job keeps its environment, or gets that of a draft that it is ``like``, or with ``capture_env`` that of this
        process.
        """
        before = await self._queries.job(str(job_id))
        if before.state is State.RUNNING:
            return await self.running.edit(before, draft, capture_env=capture_env)
        (new,) = await prepared(self._context, [draft], like=like or before.draft, capture_env=capture_env)
        try:
            job = await self._jobs.edit(job_id, new, now=datetime.now(UTC))
        except WrongStateError:  # it has just begun
            if (await self._queries.job(str(job_id))).state is not State.RUNNING:
                raise
            return await self.running.edit(before, draft, capture_env=capture_env)
        self._context.wake_scheduler()
        return job

    async def cancel(self, ids: Iterable[int]) -> list[Job]:
        """Take pending jobs out of the queue; end running jobs with every process they have started.

        Of ended jobs the processes that their runs have left are ended, by a scheduler.
        """
        return await self.verbs.each(Verb.CANCEL, tuple(ids))

    async def cancel_all(self) -> list[Job]:
        """Cancel all pending and running jobs, in one step; return them. Running ones have yet to end."""
        alive = Selection(only=Filter(states=(State.PENDING, State.RUNNING)))
        return list((await self.verbs.act(Verb.CANCEL, alive)).jobs)

    async def retry(self, ids: Iterable[int]) -> list[Job]:
        """Put ended jobs into the queue again; start those now that wait for their next attempt."""
        return await self.verbs.each(Verb.RETRY, tuple(ids))

    async def start(self, ids: Iterable[int]) -> list[Job]:
        """Start pending jobs now, beyond the slots of their queues and before their times; resume paused jobs."""
        return await self.verbs.each(Verb.START, tuple(ids))

    async def uncancel(self, ids: Iterable[int]) -> list[Job]:
        """Put jobs back that were cancelled while they were pending: held, timed and placed as they were."""
        return await self.verbs.each(Verb.UNCANCEL, tuple(ids))

    async def environment(self, job: Job) -> Environment | None:
        """Return what was captured when a job was added, with the variables that the user gave.

        It is None for a job that an older version added.
        """
        if not (name := job.options.environment):
            return None
        captured = await event_loop.to_thread(self._context.environments.get, name)
        given = (await self.with_values(job.options)).env
        variables = {**captured.variables, **{name: value for name, value in given if value is not None}}
        return replace(captured, variables=variables)

    async def with_values(self, options: JobOptions) -> JobOptions:
        """Return options with the values that the user gave to variables, for the user's own eyes."""
        values = await event_loop.to_thread(self._context.environments.values, options.values) if options.values else {}
        return with_values(options, values)

    async def interpreter(self, draft: JobDraft, *, like: JobDraft | None = None) -> Interpreter | None:
        """Return what would run a draft that is added now, or with the environment of the job that it is ``like``.

        It is None where the file is no .py file, or the user names the interpreter.
        """
        return await in_thread(partial(chosen_python, self._context, draft, like))

    async def hold(self, ids: Iterable[int]) -> list[Job]:
        """Keep pending jobs from starting until they are released."""
        return await self.verbs.each(Verb.HOLD, tuple(ids))

    async def release(self, ids: Iterable[int]) -> list[Job]:
        """Let held jobs start. A job that was held for a failed dependency loses that dependency."""
        return await self.verbs.each(Verb.RELEASE, tuple(ids))

    async def move(self, ids: Sequence[int], move: Move, before: int | None = None) -> list[Job]:
        """Give pending jobs another place in their queue."""
        return list((await self.verbs.move(singly(ids), move, before)).jobs)

    async def remove(self, ids: Iterable[int]) -> list[Job]:
        """Remove ended jobs and their logs for good."""
        return list((await self.verbs.remove(singly(tuple(ids)))).jobs)

    async def get(self, key: str) -> Job:
        """Return one job by number, UUID or a unique beginning of it. Raises NoSuchJobError."""
        return (await self._queries.job(key)).shown

    async def taken_in(self, keys: Iterable[str]) -> None:
        """Wait until the host of the queue has taken in those of these jobs, by UUID, that this one has left for it."""
        wanted = set(keys)
        while not wanted.isdisjoint(await in_thread(self._context.incoming.uuids)):
            await event_loop.sleep(LOOK_S)

    async def existing(self, ids: Iterable[int]) -> list[Job]:
        """Return those of these jobs that exist, by number."""
        return [job.shown for job in await self._queries.jobs(ids)]

    async def numbers(self, first: int, last: int) -> list[int]:
        """Return the numbers from ``first`` to ``last`` that jobs have."""
        return await self._queries.numbers(first, last)

    async def in_state(self, *states: State, paused: bool | None = None, held: bool | None = None) -> list[int]:
        """Return the numbers of all jobs in these states, of the paused or held ones only, or the others."""
        return await self._queries.in_state(states, paused=paused, held=held)

    async def like(self, draft: JobDraft) -> Job | None:
        """Return a job that is pending or running with the same command in the same directory, or None."""
        return await self._queries.like(draft)

    async def recent(self) -> list[JobDraft]:
        """Return what the user asked for in the latest jobs with different commands, the latest first."""
        return [replace(job.draft, not_before=None) for job in await self._queries.recent(RECENT)]

    async def blocked(self) -> dict[int, Blocked]:
        """Return the pending jobs for which nothing happens until the user acts, by number."""
        return await self._queries.blocked()

    async def mark(self) -> Mark:
        """Return what tells later which jobs have ended from now on."""
        return await self._queries.mark(datetime.now(UTC))

    async def all_completed(self, mark: Mark) -> bool:
        """Return whether all jobs that have ended since completed. Removed ones count as completed."""
        return await self._queries.all_completed(mark)

    def log_path(self, job: Job) -> str | None:
        """Return the path of the output of a job's latest run; None before the first."""
        return self._executor.log_path(job)

    def pid(self, job: Job) -> int | None:
        """Return the number of the leading process of a job that runs; None of another one. Reads a file."""
        return self._executor.pid(job) if job.state is State.RUNNING else None

    async def of_process(self, pid: int) -> Job:
        """Return the job that a process was started by or for, also through other processes. Raises NoSuchJobError."""
        numbers = await self._queries.in_state((State.RUNNING,))
        running = await self._queries.jobs(numbers)
        return await self.get(str(await in_thread(partial(self._executor.job_of, pid, running))))

    def own_log_path(self, job: Job) -> str | None:
        """Do the same, for a reader that shows the output. Raises WrongStateError for that of another job."""
        path = self._executor.log_path(job)
        if path is not None and not self._executor.owns_log(job):
            raise WrongStateError(
                f"{printable(path)} is the output of another job, which had number {job.id} before the store was"
                " restored; it is put aside when the job starts."
            )
        return path
