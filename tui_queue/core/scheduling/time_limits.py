"""Tells runs the time limits that users have given to their jobs since the start."""

from collections.abc import Mapping

from msgspec.structs import replace

from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job


class TimeLimits:
    """The time limits that runs were told, so that one is told again where the command that changed it has not.

    That command, or its order to the watcher, may be lost: it may be killed, or the run may not have begun.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._told: dict[int, Job] = {}

    def watch(self, job: Job) -> None:
        """Note the time limit that a run has begun with."""
        self._told[job.id] = job

    async def adopt(self, job: Job) -> None:
        """Note that of a run that another scheduler has let go, which may have told it or not."""
        self.watch(job)
        if not self._executor.has_limit(job):
            await self._executor.limit(job)

    def forget(self, job: Job) -> None:
        """Forget a run that has ended; the next attempt may have begun."""
        if job.id in self._told and self._told[job.id].attempt == job.attempt:
            del self._told[job.id]

    async def compare(self, limits: Mapping[int, int | None]) -> None:
        """Tell the runs whose jobs have other time limits now; ``limits`` are those of all running jobs, by number."""
        for job_id, limit_s in limits.items():
            job = self._told.get(job_id)
            if job is not None and job.timeout_s != limit_s:
                self._told[job_id] = changed = replace(job, timeout_s=limit_s)
                await self._executor.limit(changed)
