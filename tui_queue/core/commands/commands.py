"""Every verb of the user; the dashboard and the command line call the same ones."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.cleanup.cleaner import Cleaner
from tui_queue.core.errors import BadInputError, StoreError, WrongStateError
from tui_queue.core.execution.executor import Executor
from tui_queue.core.execution.script_snapshot import changed, describe
from tui_queue.core.logs.file import silent_s
from tui_queue.core.model.batch import Batch
from tui_queue.core.model.job import Job, JobDraft, Pause, State
from tui_queue.core.model.options import Script
from tui_queue.core.model.overview import Details, Overview, Surroundings
from tui_queue.core.model.queue import Move, Queue
from tui_queue.core.model.retention import Removal
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.model.trash import TrashedJobs
from tui_queue.core.parsing.filter import Filter
from tui_queue.core.scheduling import wakeup
from tui_queue.core.scheduling.background import Background
from tui_queue.core.scheduling.lease import Lease
from tui_queue.core.store.batches import Batches
from tui_queue.core.store.claim import Capacity
from tui_queue.core.store.jobs import Store
from tui_queue.core.store.outbox import Outbox
from tui_queue.core.store.queues import Queues
from tui_queue.core.store.schedules import Schedules
from tui_queue.core.store.templates import Templates
from tui_queue.core.system.worker_thread import in_thread
from tui_queue.core.units.durations import duration
from tui_queue.core.units.sizes import size_text

if TYPE_CHECKING:
    from tui_queue.core.inspection.forecast import Forecaster
    from tui_queue.core.interchange.record import Record
    from tui_queue.core.model.import_result import ImportResult
    from tui_queue.core.store.import_export import ImportExport
    from tui_queue.core.store.statistics import Statistics

EVERYTHING = Filter()


class Found(Struct, frozen=True):
    """Lines of the output of one attempt: where each matches, in bytes from the start, and its text; whether more do.

    Of a job that has not run yet the attempt is 0.
    """

    job: Job
    attempt: int
    lines: Sequence[tuple[int, str]]
    more: bool


ENDED_SHOWN = 100  # ended jobs that an overview holds at first
RECENT = 20  # commands to begin with


class Commands:
    """What can be done with a queue. Errors are TuiQueueErrors, and then nothing has changed."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        lease: Lease,
        background: Background,
        *,
        cleaner: Cleaner,
        wake: str,
        scripts: str,
        capacity: Capacity,
    ) -> None:
        self._store = store
        self._queues = Queues(store)
        self._schedules = Schedules(store)
        self._outbox = Outbox(store)
        self.templates = Templates(store)
        self._batches = Batches(store)
        self._executor = executor
        self._lease = lease
        self._background = background
        self.cleaner = cleaner
        self._wake = wake
        self._scripts = scripts
        self._capacity = capacity

    @cached_property
    def history(self) -> "Statistics":
        """How ended jobs have done."""
        from tui_queue.core.store.statistics import Statistics  # noqa: PLC0415 - few commands need it

        return Statistics(self._store)

    @cached_property
    def forecasts(self) -> "Forecaster":
        """How far running jobs have come."""
        from tui_queue.core.inspection.forecast import Forecaster  # noqa: PLC0415 - only the dashboard needs it

        return Forecaster(self._store, self._executor)

    @cached_property
    def import_export(self) -> "ImportExport":
        """The way to other queues."""
        from tui_queue.core.store.import_export import ImportExport  # noqa: PLC0415 - few commands need it

        return ImportExport(self._store)

    def set_client(self, client: str) -> None:
        """Say by which door users come, for the history of their jobs."""
        self._store.client = client

    @property
    def grace_s(self) -> float:
        """Seconds that a cancelled run has to end by itself before it is killed."""
        return self._executor.grace_s

    async def add(self, drafts: Sequence[JobDraft], *, unique: bool = False) -> list[Job]:
        """Add jobs, all or none; when this returns they are safe on disk.

        With ``unique`` one that is pending or running already is refused.
        """
        drafts = await self._ready(drafts)
        jobs = await self._store.add(drafts, now=datetime.now(UTC), unique=unique)
        self._something_to_do()
        return jobs

    async def import_jobs(self, records: "Sequence[Record]", *, now: datetime) -> "ImportResult":
        """Add jobs of another queue with all that has become of them; those that are here already stay as they are."""
        imported = await self.import_export.add(records, now=now)
        self._something_to_do()
        return imported

    async def like(self, draft: JobDraft) -> Job | None:
        """Return a job that is pending or running with the same command in the same directory, if there is one."""
        return await self._store.like(draft)

    async def recent(self) -> list[JobDraft]:
        """Return what was asked for by the latest jobs with different commands, the latest first."""
        return [replace(job.draft, not_before=None) for job in await self._store.recent(RECENT)]

    async def edit(self, job_id: int, draft: JobDraft) -> Job:
        """Replace what is asked for by a job that does not run."""
        (draft,) = await self._ready([draft])
        job = await self._store.edit(job_id, draft, now=datetime.now(UTC))
        self._something_to_do()
        return job

    async def cancel(self, ids: Iterable[int]) -> list[Job]:
        """Take pending jobs out of the queue; end running ones with every process they have started."""
        return await self._end_runs(await self._store.cancel(ids, now=datetime.now(UTC)))

    async def cancel_all(self) -> list[Job]:
        """Cancel all that is pending or running, in one step; return these jobs, some of which have yet to end."""
        return await self._end_runs(await self._store.cancel_all(now=datetime.now(UTC)))

    async def retry(self, ids: Iterable[int]) -> list[Job]:
        """Put ended jobs into the queue again."""
        jobs = await self._store.retry(ids, now=datetime.now(UTC))
        self._something_to_do()
        return jobs

    async def uncancel(self, ids: Iterable[int]) -> list[Job]:
        """Put jobs back that were cancelled while they were pending: held, timed and placed as they were."""
        jobs = await self._store.uncancel(ids, now=datetime.now(UTC))
        self._something_to_do()
        return jobs

    async def hold(self, ids: Iterable[int]) -> list[Job]:
        """Keep pending jobs from starting until they are released."""
        jobs = await self._store.hold(ids, now=datetime.now(UTC))
        self._wake_listeners()
        return jobs

    async def release(self, ids: Iterable[int]) -> list[Job]:
        """Let held jobs start; one that was held because another has failed does not wait for that any more."""
        jobs = await self._store.release(ids, now=datetime.now(UTC))
        self._something_to_do()
        return jobs

    async def pause(self, ids: Iterable[int]) -> list[Job]:
        """Stop every process of running jobs where it is; they keep their slots."""
        jobs = await self._store.pause(ids, why=Pause.USER, now=datetime.now(UTC))
        await asyncio.gather(*(self._executor.pause(job) for job in jobs))
        self._wake_listeners()
        return jobs

    async def resume(self, ids: Iterable[int]) -> list[Job]:
        """Let paused jobs go on."""
        jobs = await self._store.resume(ids, now=datetime.now(UTC))
        await asyncio.gather(*(self._executor.resume(job) for job in jobs))
        self._wake_listeners()
        return jobs

    async def signal(self, ids: Sequence[int], number: int, *, everybody: bool) -> list[Job]:
        """Send a signal to the leading processes of running jobs, or to every process of theirs."""
        jobs = await self._store.jobs(ids)
        for job in jobs:
            if job.state is not State.RUNNING:
                raise WrongStateError(f"Job {job.id} is {job.state}; only a running job can get a signal.")
        await asyncio.gather(*(self._executor.signal(job, number, everybody=everybody) for job in jobs))
        return jobs

    async def move(self, ids: Sequence[int], move: Move, before: int | None = None) -> list[Job]:
        """Give pending jobs another place in their queue."""
        jobs = await self._store.move(ids, move, before, now=datetime.now(UTC))
        self._wake_listeners()
        return jobs

    async def remove(self, ids: Iterable[int]) -> list[Job]:
        """Forget ended jobs and their logs."""
        jobs = await self._store.remove(ids, now=datetime.now(UTC))
        for job in jobs:
            self._executor.forget(job.id)
        self._wake_listeners()
        return jobs

    async def move_to_trash(self, ids: Iterable[int]) -> TrashedJobs:
        """Remove ended jobs and their logs; for some minutes they can be brought back."""
        removed = await self.cleaner.move_to_trash(ids, now=datetime.now(UTC))
        self._wake_listeners()
        return removed

    async def restore(self, removed: TrashedJobs) -> list[Job]:
        """Undo ``move_to_trash``: the jobs are there again with their numbers, attempts and logs."""
        jobs = await self.cleaner.restore(removed, now=datetime.now(UTC))
        self._wake_listeners()
        return jobs

    async def clean(self, removals: Sequence[Removal]) -> int:
        """Remove ended jobs and their logs as planned; return how many."""
        done = await self.cleaner.carry_out(removals, now=datetime.now(UTC))
        self._wake_listeners()
        return done

    async def job(self, key: str) -> Job:
        """Return one job by number, UUID or a unique beginning of it. Raises NoSuchJobError."""
        return await self._store.job(key)

    async def jobs(self, ids: Iterable[int]) -> list[Job]:
        """Return those of these jobs that there are, by number."""
        return await self._store.jobs(ids)

    async def numbers(self, first: int, last: int) -> list[int]:
        """Return the numbers from ``first`` to ``last`` that jobs have."""
        return await self._store.numbers(first, last)

    async def in_state(self, *states: State, paused: bool | None = None, held: bool | None = None) -> list[int]:
        """Return the numbers of all jobs in these states, of the paused or held ones only, or the others."""
        return await self._store.in_state(states, paused=paused, held=held)

    async def details(self, key: str) -> Details:
        """Return everything about one job. Raises NoSuchJobError."""
        from tui_queue.core.analysis.report import BRANCHES, STEPS  # noqa: PLC0415 - as the next one
        from tui_queue.core.inspection.details import read_details  # noqa: PLC0415 - takes long

        job = await self._store.job(key)
        ahead = None
        if job.state is State.PENDING:
            job = replace(job, reason=await self._reason(job))
            ahead = await self._store.ahead(job.id, capacity=self._capacity, now=datetime.now(UTC))
        runs = await self._store.runs(job.id)
        samples = [] if job.state.ended else await self._store.samples(job)
        seen = await in_thread(partial(read_details, job, runs, samples, ahead, self._executor))
        notified = await self._outbox.of_job(job.id)
        # One step more, to see whether there is any.
        dependencies, dependents, around = await self._store.neighbours(job, steps=STEPS + 1, most=BRANCHES)
        return replace(
            seen,
            notified=tuple(f"{event}{f': {said}' if said else ''}" for event, said in notified),
            audit_trail=await self._store.audit_trail(job.id),
            dependencies=tuple(dependencies),
            dependents=tuple(dependents),
            around=tuple(around),
        )

    async def batch(self, name: str) -> list[Job]:
        """Return the jobs of a batch. Raises NoSuchQueueError when there are none."""
        return await self._store.batch(name)

    async def batches(self) -> tuple[Batch, ...]:
        """Return every batch, the latest first."""
        return await self._batches.all()

    async def queues(self) -> tuple[Queue, ...]:
        """Return every queue, the default one first."""
        return await self._queues.all()

    async def queue(self, name: str) -> Queue:
        """Return one queue. Raises NoSuchQueueError."""
        return await self._queues.get(name)

    async def add_queue(self, queue: Queue) -> Queue:
        """Make a queue."""
        queue = await self._queues.add(queue)
        self._wake_listeners()
        return queue

    async def set_queue(self, queue: Queue) -> Queue:
        """Change a queue as a whole; it counts at once."""
        queue = await self._queues.put(queue)
        self._something_to_do()
        return queue

    async def remove_queue(self, name: str) -> None:
        """Remove a queue that no job is in."""
        await self._queues.remove(name)
        self._wake_listeners()

    async def change_slots(self, name: str, by: int) -> Queue:
        """Give a queue so many slots more, or less; never below none."""
        queue = await self._queues.get(name)
        slots = self._capacity.slots() if queue.slots is None else queue.slots
        return await self.set_queue(replace(queue, slots=max(0, slots + by)))

    async def set_limit(self, limit: int | None) -> None:
        """Set how many jobs may run in all queues together; None for no limit."""
        await self._queues.set_limit(limit)
        self._something_to_do()

    async def schedules(self) -> tuple[Schedule, ...]:
        """Return every schedule by name."""
        return await self._schedules.all()

    async def schedule(self, name: str) -> Schedule:
        """Return one schedule. Raises NoSuchQueueError."""
        return await self._schedules.get(name)

    async def add_schedule(self, schedule: Schedule) -> Schedule:
        """Make a schedule; ``next_at`` is set by its rule."""
        self._check_resources(schedule.draft)
        schedule = await self._schedules.add(_due(await self._with_copy(schedule), schedule.created_at))
        self._something_to_do()
        return schedule

    async def add_schedules(self, schedules: Sequence[Schedule]) -> None:
        """Make schedules, all or none."""
        for schedule in schedules:
            self._check_resources(schedule.draft)
        await self._schedules.add_all([_due(schedule, schedule.created_at) for schedule in schedules])
        self._something_to_do()

    async def set_schedule(self, schedule: Schedule) -> Schedule:
        """Change a schedule as a whole; its next time is counted from now."""
        self._check_resources(schedule.draft)
        schedule = await self._schedules.put(_due(await self._with_copy(schedule), datetime.now(UTC)))
        self._something_to_do()
        return schedule

    async def run_schedule(self, name: str) -> Job:
        """Make a job of a schedule now."""
        job = await self._schedules.run(name, now=datetime.now(UTC))
        self._something_to_do()
        return job

    async def remove_schedule(self, name: str) -> None:
        """Remove a schedule; the jobs that it has made stay."""
        await self._schedules.remove(name)
        self._wake_listeners()

    def settings_changed(self) -> None:
        """Have every process of the queue look at the settings again."""
        self._something_to_do()

    async def work_left(self, *, schedules: bool = True) -> bool:
        """Return whether any job is running, or pending and not held; or will be by a schedule."""
        return await self._store.work_left(schedules=schedules)

    async def go_on_without_us(self) -> bool:
        """Have somebody who schedules what is left; return whether anything is."""
        left = await self.work_left()
        if left:
            self._background.ensure()
        return left

    async def overview(self, *, active: int = -1, ended: int = ENDED_SHOWN, only: Filter = EVERYTHING) -> Overview:
        """Return active jobs in the order they start, the latest ended ones, at most so many, and all counts."""
        now = datetime.now(UTC)
        holder = await self._store.holder() if self._lease.is_held() else None
        seen = await self._store.snapshot(
            active=active, ended=ended, only=only, capacity=self._capacity, scheduled=holder is not None, now=now
        )
        jobs = tuple(replace(job, reason=seen.reasons.get(job.id, job.reason)) for job in seen.jobs)
        default = self._capacity.slots()
        slots = sum(default if queue.slots is None else queue.slots for queue in seen.queues)
        return Overview(
            jobs=await in_thread(partial(_with_remarks, jobs, self._executor, now)),
            unshown=seen.unshown,
            older=seen.older,
            counts=seen.counts,
            queues=seen.queues,
            slots=slots if seen.limit is None else min(slots, seen.limit),
            default_slots=default,
            limit=seen.limit,
            holder=holder,
        )

    async def surroundings(self) -> Surroundings:
        """Return what this machine has free, and how many jobs have ended lately."""
        free = await asyncio.to_thread(lambda: {name: self._capacity.free(name) for name in ("load", "mem", "disk")})
        ended = await self.history.ended_lately(datetime.now(UTC))
        return Surroundings(load=free["load"], mem=free["mem"], disk=free["disk"], ended=ended)

    async def newest(self) -> int:
        """Return the number of the job that was added last; 0 when there has been none."""
        return await self._store.newest()

    async def all_completed(self, ids: Iterable[int], *, after: int, since: datetime) -> bool:
        """Return whether these jobs, all that came after that number, and all that have ended since completed."""
        return await self._store.all_completed(ids, after=after, since=since)

    def log_path(self, job: Job) -> str | None:
        """Return where the output of a job's latest run lies; None before the first."""
        return self._executor.log_path(job)

    async def find_in_logs(self, words: str, *, per_log: int, jobs: int) -> AsyncGenerator["Found", None]:
        """Yield what of the output of all attempts matches, the latest jobs and attempts first; of each log so much.

        What can't be read is left out. Raises BadInputError for words that can't be looked for.
        """
        from tui_queue.core.logs.search import Pattern, first_lines  # noqa: PLC0415 - few commands need it

        pattern = Pattern(words)
        overview = await self.overview(active=jobs, ended=jobs)
        for job in sorted(overview.jobs, key=lambda job: -job.id):
            for attempt in range(job.attempt, 0, -1) or (0,):
                path = self.log_path(replace(job, attempt=attempt))
                lines: list[tuple[int, str]] = []
                with suppress(StoreError):
                    lines = (
                        await in_thread(partial(first_lines, path, pattern, per_log + 1)) if path is not None else []
                    )
                yield Found(job=job, attempt=attempt, lines=lines[:per_log], more=len(lines) > per_log)

    async def _end_runs(self, cancelled: list[Job]) -> list[Job]:
        running = [job for job in cancelled if job.state is State.RUNNING]
        # Straight to its watcher: that works whoever schedules. A run whose watcher is
        # not there yet is cancelled by the scheduler as soon as it has started.
        await asyncio.gather(*(self._executor.cancel(job) for job in running))
        self._wake_listeners()
        return cancelled

    async def _reason(self, job: Job) -> str:
        """Return why a pending job waits, however many are before it."""
        holder = await self._store.holder() if self._lease.is_held() else None
        return await self._store.reason(
            job.id, capacity=self._capacity, scheduled=holder is not None, now=datetime.now(UTC)
        )

    async def _with_copy(self, schedule: Schedule) -> Schedule:
        """Have the copy made that all jobs of a schedule are to run, if that is wished for."""
        if not schedule.draft.options.copy:
            return schedule
        (draft,) = await self._ready([schedule.draft])
        return replace(schedule, draft=draft)

    async def _ready(self, drafts: Sequence[JobDraft]) -> list[JobDraft]:
        """Check what drafts ask of this machine, and note what their scripts are now."""
        for draft in drafts:
            self._check_resources(draft)
        return await asyncio.to_thread(_with_scripts, drafts, self._scripts)

    def _check_resources(self, draft: JobDraft) -> None:
        for name, wanted in draft.options.resources:
            total = self._capacity.total(name)
            if total is None:
                raise BadInputError(
                    "resource", f"{name}: no such resource; give its total in the settings, [resources]."
                )
            if wanted > total:
                raise BadInputError("resource", f"{name}={size_text(wanted)}: there are {size_text(total)} in all.")

    def _something_to_do(self) -> None:
        self._background.ensure()
        self._wake_listeners()

    def _wake_listeners(self) -> None:
        wakeup.wake_listeners(self._wake)


def _with_scripts(drafts: Sequence[JobDraft], copies: str) -> list[JobDraft]:
    known: dict[tuple[str, bool], Script] = {}
    described = []
    for draft in drafts:
        key = draft.path, draft.options.copy
        if key not in known:
            known[key] = describe(draft.path, draft.cwd, copy_to=copies if draft.options.copy else None)
        described.append(replace(draft, options=replace(draft.options, script=known[key])))
    return described


def _with_remarks(jobs: Sequence[Job], executor: Executor, now: datetime) -> tuple[Job, ...]:
    """Add to the reasons what the file system shows: scripts that have changed, runs that print nothing."""
    return tuple(
        replace(job, reason=f"{job.reason}; {remark}".removeprefix("; "))
        if (remark := _remark(job, executor, now))
        else job
        for job in jobs
    )


def _remark(job: Job, executor: Executor, now: datetime) -> str:
    script = job.options.script
    if job.state is State.PENDING and script is not None and not script.copy:
        return changed(script, job.path)
    if job.state is State.RUNNING and job.options.silence_s and not job.paused:
        silent = silent_s(executor.log_path(job), job.started_at, now)
        return f"silent for {duration(silent)}" if silent >= job.options.silence_s else ""
    return ""


def _due(schedule: Schedule, now: datetime) -> Schedule:
    from tui_queue.core.timing.recurrence import parse_rule  # noqa: PLC0415 - takes long

    rule = parse_rule(schedule.rule, schedule.zone)
    return replace(schedule, next_at=rule.next_after(now, anchor=schedule.created_at))
