"""Takes away ended jobs, their logs, and copies of scripts that nobody needs any more."""

import asyncio
import os
import shutil
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.executors import Executor
from tui_queue.core.housekeeping import EndedJob, Limits, Removal, log_sizes, removals
from tui_queue.core.store import Store

AT_ONCE = 500  # jobs removed in one transaction
FRESH_S = 86_400  # a copy that is younger may belong to a job that is just being added


class Cleaning:
    """Keeps the house of one queue clean; ``runs`` and ``scripts`` are the directories of logs and of copies."""

    def __init__(self, store: Store, executor: Executor, *, runs: str, scripts: str) -> None:
        self._store = store
        self._executor = executor
        self._runs = runs
        self._scripts = scripts

    async def planned(self, limits: Limits, *, now: datetime) -> tuple[Removal, ...]:
        """Return what goes for ended jobs to be within the limits, oldest first."""
        ended = await self._store.ended()
        sizes = {} if limits.max_bytes is None else await asyncio.to_thread(log_sizes, self._runs)
        jobs = [
            EndedJob(id=job_id, finished_at=at, log_bytes=sizes.get(job_id, 0), protected=waited_for)
            for job_id, at, waited_for in ended
        ]
        return removals(jobs, limits, now=now)

    async def sizes(self, ids: Collection[int]) -> dict[int, int]:
        """Return what the runs of these jobs take on disk, in bytes."""
        sizes = await asyncio.to_thread(log_sizes, self._runs)
        return {job_id: sizes.get(job_id, 0) for job_id in ids}

    async def carry_out(self, removals: Sequence[Removal], *, now: datetime) -> int:
        """Remove these jobs and their logs; return how many. One that has come to life meanwhile stays."""
        ids = [removal.job_id for removal in removals]
        done = 0
        for begin in range(0, len(ids), AT_ONCE):
            done += await self._remove(ids[begin : begin + AT_ONCE], now)
        used = await self._store.copies()
        await asyncio.to_thread(_remove_copies, self._scripts, used)
        return done

    async def _remove(self, ids: list[int], now: datetime) -> int:
        try:
            jobs = await self._store.remove(ids, now=now)
        except TuiQueueError:
            if len(ids) == 1:
                return 0
            return sum([await self._remove([job_id], now) for job_id in ids])
        for job in jobs:
            await asyncio.to_thread(self._executor.forget, job.id)
        return len(jobs)


def _remove_copies(directory: str, used: Collection[str]) -> None:
    kept = {os.path.dirname(path) for path in used}
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.path not in kept and time.time() - entry.stat().st_mtime > FRESH_S:
                shutil.rmtree(entry.path, ignore_errors=True)
