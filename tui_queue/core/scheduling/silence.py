"""Notices running jobs that print nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job, State
from tui_queue.core.store.store import Store

POLL_S = 30.0  # the longest between two looks
SOONEST_S = 0.2

logger = logging.getLogger(__name__)


class SilenceWatch:
    """Looks at the logs of running jobs that are to be marked when they are silent, when that may be."""

    def __init__(self, store: Store, executor: Executor, *, silent: Callable[[Job], Awaitable[None]]) -> None:
        """Call ``silent`` once each time when a job has printed nothing for as long as it may."""
        self._store = store
        self._executor = executor
        self._silent = silent
        self._jobs: dict[int, bool] = {}  # number: whether it was silent when we looked last
        self._more = asyncio.Event()

    def watch(self, job: Job) -> None:
        """Look after a job until it has ended."""
        if job.options.silence_s:
            self._jobs[job.id] = False
            self._more.set()

    async def run(self) -> None:
        """Look, and wait; until cancelled."""
        while True:
            self._more.clear()
            wait_s = await self._poll() if self._jobs else None
            try:
                async with asyncio.timeout(wait_s):
                    await self._more.wait()
            except TimeoutError:
                pass

    async def _poll(self) -> float:
        """Look at all; return the seconds until it is worth to look again."""
        wait_s = POLL_S
        running = {job.id: job for job in await self._store.queries.jobs(self._jobs)}
        for job_id, was_silent in list(self._jobs.items()):
            job = running.get(job_id)
            if job is None or job.state is not State.RUNNING:
                del self._jobs[job_id]
                continue
            left_s = job.options.silence_s - await asyncio.to_thread(self._silence, job)
            silent = left_s <= 0 and not job.paused
            if silent and not was_silent:
                try:
                    await self._silent(job)
                except TuiQueueError:
                    logger.exception("could not note that a job is silent; trying again later")
                    continue
            self._jobs[job_id] = silent
            if left_s > 0:
                wait_s = min(wait_s, max(SOONEST_S, left_s))
        return wait_s

    def _silence(self, job: Job) -> float:
        return self._executor.silent_s(job, datetime.now(UTC))
