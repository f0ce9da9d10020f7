"""The commands that report: overview, details, statistics, search."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.errors import StoreError
from tui_queue.core.execution.script_snapshot import changed
from tui_queue.core.inspection.warnings import Warnings
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.model.overview import Details, Overview, Surroundings
from tui_queue.core.model.reason import NO_REASON, WAITS_FOR_INPUT, Reason, ReasonKind
from tui_queue.core.system import event_loop
from tui_queue.core.system.worker_thread import in_thread
from tui_queue.core.units.durations import duration

if TYPE_CHECKING:
    from tui_queue.core.inspection.forecast import Forecaster
    from tui_queue.core.inspection.input_wanted import InputWanted
    from tui_queue.core.model.forecast import Forecast
    from tui_queue.core.model.statistics import Figures, Group
    from tui_queue.core.store.queries import Snapshot

T = TypeVar("T")

EVERYTHING = Filter()
CARDS_AGE_S = 1.0  # how old a sample of the GPUs may be that reasons are shown by
ENDED_SHOWN = 100  # ended jobs that an overview holds at first


class FoundLines(Struct, frozen=True):
    """Lines of the output of one attempt that match a search.

    ``lines`` are the offset of each in bytes and its text; ``more`` says whether the log has further matches. For a job
    that has not run yet ``attempt`` is 0.
    """

    job: Job
    attempt: int
    lines: Sequence[tuple[int, str]]
    more: bool


class ReportCommands:
    """Read the state of a queue. Nothing here changes anything."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._store = context.store
        self._executor = context.executor
        self._capacity = context.capacity
        self._warnings = Warnings(context.executor)
        self._known: dict[
            int, tuple[Job, Job]
        ] = {}  # jobs that waited in the last overview: as stored, and with reasons

    @cached_property
    def _forecaster(self) -> "Forecaster":
        from tui_queue.core.inspection.forecast import Forecaster  # noqa: PLC0415 - only the dashboard needs it

        return Forecaster(self._store, self._executor, self._warnings, self._input_wanted)

    @cached_property
    def _input_wanted(self) -> "InputWanted":
        from tui_queue.core.inspection.input_wanted import InputWanted  # noqa: PLC0415 - few jobs need it

        return InputWanted(self._executor)

    async def overview(self, *, active: int = -1, ended: int = ENDED_SHOWN, only: Filter = EVERYTHING) -> Overview:
        """Return active jobs in the order they start, the latest ended ones, each up to a limit, and all counts."""
        now = datetime.now(UTC)
        holder = await self._store.runs.holder() if self._context.lease.is_held() else None
        snapshot = partial(
            self._store.queries.snapshot,
            active=active,
            ended=ended,
            only=only,
            capacity=self._capacity,
            scheduled=holder is not None,
            now=now,
        )
        seen = await self._with_cards(snapshot)
        default = self._capacity.slots()
        slots = sum(default if queue.slots is None else queue.slots for queue in seen.queues)
        return Overview(
            jobs=await in_thread(partial(self._with_reasons, seen, now)),
            unshown=seen.unshown,
            older=seen.older,
            counts=seen.counts,
            claimed=seen.claimed,
            queues=seen.queues,
            slots=slots if seen.limit is None else min(slots, seen.limit),
            default_slots=default,
            limit=seen.limit,
            holder=holder,
            shortage=seen.shortage,
            other_host=self._context.other_host,
        )

    async def details(self, key: str) -> Details:
        """Return everything about one job. Raises NoSuchJobError."""
        from tui_queue.core.analysis.report import BRANCHES, STEPS  # noqa: PLC0415 - as the next one
        from tui_queue.core.inspection.details import read_details  # noqa: PLC0415 - takes long
        from tui_queue.core.inspection.environments import about_environment, differences  # noqa: PLC0415

        queries = self._store.queries
        job = (await queries.job(key)).shown
        ahead = None
        if job.waits:
            job = replace(job, reason=await self._reason(job))
            ahead = await queries.ahead(job.id, capacity=self._capacity, now=datetime.now(UTC))
        runs = [run for run in await queries.runs(job.id) if run.attempt <= job.attempt]
        samples = [] if job.state.ended else await queries.samples(job)
        left = [each for each in await self._store.leftovers.of([job.id]) if job.state.ended]
        search = self._executor.found_leftovers
        with suppress(StoreError):  # where processes can't be seen
            job = await in_thread(partial(_with_processes_left, job, left, search))
        seen = await in_thread(partial(read_details, job, runs, samples, ahead, self._executor))
        notified = await self._store.outbox.of_job(job.id)
        # One step more, to see whether there is any.
        dependencies, dependents, around = await queries.neighbours(job, steps=STEPS + 1, most=BRANCHES)
        files = self._context.environments
        good = await queries.last_good(job) if job.state is State.FAILED else None
        return replace(
            seen,
            environment=await in_thread(partial(about_environment, files, job, self._executor)),
            differs=await in_thread(partial(differences, files, job, good)) if good is not None else "",
            notified=tuple(f"{event}{f': {said}' if said else ''}" for event, said in notified),
            audit_trail=await queries.audit_trail(job.id),
            dependencies=tuple(job.shown for job in dependencies),
            dependents=tuple(job.shown for job in dependents),
            around=tuple(job.shown for job in around),
        )

    async def forecasts(self, jobs: Iterable[Job], *, measure: bool = False) -> "Mapping[int, Forecast]":
        """Return forecasts of the running ones of these jobs by number; with ``measure`` what they use as well."""
        return await self._forecaster.of(jobs, measure=measure)

    async def starts(self, job: Job) -> Mapping[int, float]:
        """Return when jobs that wait for a slot may start, up to this one; seconds by number, as far as known."""
        from tui_queue.core.inspection.details import starts_by_number  # noqa: PLC0415 - takes long

        ahead = await self._store.queries.ahead(job.id, capacity=self._capacity, now=datetime.now(UTC))
        return {} if ahead is None else await in_thread(partial(starts_by_number, job, ahead, self._executor))

    async def statistics(self, since: datetime, group: "Group") -> "tuple[Figures, tuple[Figures, ...]]":
        """Return the figures of all jobs that have ended since, and those of each group, the largest group first."""
        return await self._store.statistics.figures(since, group)

    async def surroundings(self) -> Surroundings:
        """Return what this machine has free, and how many jobs have ended in the last minutes."""
        free = await event_loop.to_thread(lambda: {name: self._capacity.free(name) for name in ("load", "mem", "disk")})
        ended = await self._store.statistics.ended_lately(datetime.now(UTC))
        return Surroundings(load=free["load"], mem=free["mem"], disk=free["disk"], ended=ended)

    async def find_in_logs(self, words: str, *, per_log: int, jobs: int) -> AsyncGenerator[FoundLines, None]:
        """Yield the matches in the output of all attempts, the latest jobs and attempts first, ``per_log`` of each log.

        A log that can't be read is left out. Raises BadInputError for a pattern that can't be searched for.
        """
        from tui_queue.core.logs.search import Pattern, first_lines  # noqa: PLC0415 - few commands need it

        pattern = Pattern(words)
        overview = await self.overview(active=jobs, ended=jobs)
        for job in sorted(overview.jobs, key=lambda job: -job.id):
            for attempt in range(job.attempt, 0, -1) or (0,):
                path = self._executor.log_path(replace(job, attempt=attempt))
                lines: list[tuple[int, str]] = []
                if path is not None:
                    with suppress(StoreError):
                        lines = await in_thread(partial(first_lines, path, pattern, per_log + 1))
                yield FoundLines(job=job, attempt=attempt, lines=lines[:per_log], more=len(lines) > per_log)

    async def _reason(self, job: Job) -> Reason:
        """Return why a pending job waits, however many are before it."""
        holder = await self._store.runs.holder() if self._context.lease.is_held() else None
        return await self._with_cards(
            partial(
                self._store.queries.reason,
                job.id,
                capacity=self._capacity,
                scheduled=holder is not None,
                now=datetime.now(UTC),
            )
        )

    async def _with_cards(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the answer to a question that may be about GPUs; it is asked again where it has lacked a sample."""
        gpus = self._capacity.gpus
        await gpus.refresh(CARDS_AGE_S)
        answer = await ask()
        return await ask() if gpus.lacking and await gpus.refresh(CARDS_AGE_S) else answer

    def _with_reasons(self, seen: "Snapshot", now: datetime) -> tuple[Job, ...]:
        """Return the jobs with the reasons why they wait, and what files and processes show.

        That is of scripts, of runs, and of processes that ended runs have left.
        """
        jobs = self._explained(seen)
        if leftovers := seen.leftovers:
            search = self._executor.recorded_leftovers
            counted = partial(_with_processes_left, leftovers=leftovers, search=search)
            jobs = [counted(job) if job.state.ended else job for job in jobs]
        asking: Collection[int] = ()
        if any(job.options.pty for job in jobs):
            asking = self._input_wanted.by(jobs)
        return tuple(
            replace(job, reason=job.reason.with_remark(remark))
            if (remark := self._remark(job, now, asks=job.id in asking))
            else job
            for job in jobs
        )

    def _explained(self, seen: "Snapshot") -> list[Job]:
        """Return the jobs with the reasons why they wait; the same object as before for what has not changed."""
        before, known = self._known, dict[int, tuple[Job, Job]]()
        for job in seen.jobs:
            if (reason := seen.reasons.get(job.id)) is not None:
                plain, explained = before.get(job.id, (None, None))
                if plain is not job or explained is None or explained.reason != reason:
                    explained = replace(job, reason=reason)
                known[job.id] = job, explained
        self._known = known
        return [known[job.id][1] if job.id in known else job for job in seen.jobs]

    def _remark(self, job: Job, now: datetime, *, asks: bool) -> Reason:
        script = job.options.script
        if job.waits and script is not None and not script.copy:
            return Reason(changed(script, job.path))
        if job.state is not State.RUNNING:
            return NO_REASON
        remark = Reason("; ".join(filter(None, [self._warnings.of(job), WAITS_FOR_INPUT if asks else ""])))
        if job.options.silence_s and not job.paused:
            silent = self._executor.silent_s(job, now)
            if silent >= job.options.silence_s:
                return Reason.of(ReasonKind.SILENT, span=duration(silent)).with_remark(remark)
        return remark


def _with_processes_left(
    job: Job, leftovers: Sequence[Leftover], search: Callable[[Leftover], Sequence[object]]
) -> Job:
    own = [left for left in leftovers if left.job_id == job.id]
    return replace(job, processes_left=sum(len(search(left)) for left in own)) if own else job
