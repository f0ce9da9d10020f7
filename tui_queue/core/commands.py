"""Every verb of the user; the dashboard and the command line call the same ones."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tui_queue.core import events, policy
from tui_queue.core.background import Background
from tui_queue.core.executors import Executor
from tui_queue.core.lease import Lease
from tui_queue.core.models import Job, JobDraft, Overview, State
from tui_queue.core.store import Store

ENDED_SHOWN = 500  # ended jobs that an overview holds


class Commands:
    """What can be done with a queue. Errors are TuiQueueErrors, and then nothing has changed."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        lease: Lease,
        background: Background,
        *,
        wake: str,
        slots: int,
    ) -> None:
        self._store = store
        self._executor = executor
        self._lease = lease
        self._background = background
        self._wake = wake
        self._slots = slots

    @property
    def grace_s(self) -> float:
        """Seconds that a cancelled run has to end by itself before it is killed."""
        return self._executor.grace_s

    async def add(self, drafts: Sequence[JobDraft]) -> list[Job]:
        """Add jobs, all or none; when this returns they are safe on disk."""
        jobs = await self._store.add(drafts, now=datetime.now(UTC))
        self._background.ensure()
        self._ring()
        return jobs

    async def cancel(self, ids: Iterable[int]) -> list[Job]:
        """Take pending jobs out of the queue; end running ones with every process they have started."""
        return await self._end_runs(await self._store.cancel(ids, now=datetime.now(UTC)))

    async def cancel_all(self) -> list[Job]:
        """Cancel all that is pending or running, in one step; return these jobs, some of which have yet to end."""
        return await self._end_runs(await self._store.cancel_all(now=datetime.now(UTC)))

    async def retry(self, ids: Iterable[int]) -> list[Job]:
        """Put ended jobs into the queue again."""
        jobs = await self._store.retry(ids, now=datetime.now(UTC))
        self._background.ensure()
        self._ring()
        return jobs

    async def remove(self, ids: Iterable[int]) -> list[Job]:
        """Forget ended jobs and their logs."""
        jobs = await self._store.remove(ids, now=datetime.now(UTC))
        for job in jobs:
            self._executor.forget(job.id)
        self._ring()
        return jobs

    async def job(self, key: str) -> Job:
        """Return one job by number, UUID or a unique beginning of it. Raises NoSuchJobError."""
        return await self._store.job(key)

    async def work_left(self) -> bool:
        """Return whether any job is pending or running."""
        return await self._store.work_left()

    async def go_on_without_us(self) -> bool:
        """Have somebody who schedules what is left; return whether anything is."""
        left = await self.work_left()
        if left:
            self._background.ensure()
        return left

    async def overview(self, *, active: int = -1, ended: int = ENDED_SHOWN) -> Overview:
        """Return active jobs in the order they start, the latest ended ones, at most so many, and all counts."""
        jobs, counts = await self._store.jobs(active=active, ended=ended)
        holder = await self._store.holder() if self._lease.is_held() else None
        running, place, shown = counts.get(State.RUNNING, 0), 0, []
        for job in jobs:
            if job.state is State.PENDING:
                reason = policy.pending_reason(
                    place=place, running=running, slots=self._slots, scheduled=holder is not None
                )
                place += 1
                job = replace(job, reason=reason)  # noqa: PLW2901
            shown.append(job)
        return Overview(jobs=tuple(shown), counts=counts, slots=self._slots, holder=holder)

    async def newest(self) -> int:
        """Return the number of the job that was added last; 0 when there has been none."""
        return await self._store.newest()

    async def all_completed(self, ids: Iterable[int], *, after: int, since: datetime) -> bool:
        """Return whether these jobs, all that came after that number, and all that have ended since completed."""
        return await self._store.all_completed(ids, after=after, since=since)

    def log_path(self, job: Job) -> str | None:
        """Return where the output of a job's latest run lies; None before the first."""
        return self._executor.log_path(job)

    async def _end_runs(self, cancelled: list[Job]) -> list[Job]:
        running = [job for job in cancelled if job.state is State.RUNNING]
        # Straight to its watcher: that works whoever schedules. A run whose watcher is
        # not there yet is cancelled by the scheduler as soon as it has started.
        await asyncio.gather(*(self._executor.cancel(job) for job in running))
        self._ring()
        return cancelled

    def _ring(self) -> None:
        events.ring(self._wake)
