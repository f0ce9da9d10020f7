"""Removes ended jobs, their logs, and the copies of scripts and the environments that no job uses."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from tui_queue.core.cleanup import trash
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.executor import Executor
from tui_queue.core.logs.compression import pack_runs
from tui_queue.core.model.job import Job
from tui_queue.core.model.retention import Limits, Removal
from tui_queue.core.model.trash import TrashedJobs
from tui_queue.core.policy.retention import EndedJob, log_sizes, removals
from tui_queue.core.store.incoming import Incoming
from tui_queue.core.store.store import Store

AT_ONCE = 500  # jobs removed in one transaction
FRESH_S = 86_400  # a copy that is younger may belong to a job that is just being added


class Cleaner:
    """Keeps the house of one queue clean; ``runs`` and ``scripts`` are the directories of logs and of copies."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        environments: EnvironmentFiles,
        *,
        incoming: Incoming,
        runs: str,
        scripts: str,
    ) -> None:
        self._store = store
        self._executor = executor
        self._environments = environments
        self._incoming = incoming
        self._runs = runs
        self._scripts = scripts
        self._trashed: list[TrashedJobs] = []

    async def planned(self, limits: Limits, *, now: datetime) -> tuple[Removal, ...]:
        """Return what goes for ended jobs to be within the limits, oldest first."""
        ended = await self._store.queries.ended()
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
        await self.empty_trash(now=now)
        await self.remove_unused()
        return done

    async def remove_unused(self) -> None:
        """Remove copies of scripts that no job uses, and environments that no job, schedule or backup refers to.

        All stay while jobs wait to be taken in, which may need any of them. Environments stay where a backup can't be
        read.
        """
        from tui_queue.core.cleanup.environments import remove_unused_environments  # noqa: PLC0415 - as the backups

        if not await asyncio.to_thread(self._incoming.is_empty):
            return
        used = await self._store.queries.copies()
        await asyncio.to_thread(_remove_copies, self._scripts, used)
        with suppress(sqlite3.Error):
            await asyncio.to_thread(remove_unused_environments, self._store.database.path, self._environments)

    async def compress(self, older_s: int, *, now: datetime) -> int:
        """Compress the logs of jobs that ended so many seconds ago; return how many."""
        old = [job_id for job_id, at, _ in await self._store.queries.ended() if (now - at).total_seconds() > older_s]
        return await asyncio.to_thread(pack_runs, self._runs, old)

    async def move_to_trash(self, ids: Iterable[int], *, now: datetime) -> TrashedJobs:
        """Remove ended jobs and their logs, in such a way that they can be brought back for a while.

        On a disk that does not take that they are gone for good, and not in the answer.
        """
        jobs, rows = await self._store.jobs.move_to_trash(ids, now=now)
        for job in jobs:
            trash.make_young(job)
            self._environments.make_young(job.options.environment)
        try:
            ran = await asyncio.to_thread(trash.move_away, self._runs, [job.id for job in jobs], now)
        except OSError:
            for job in jobs:
                await asyncio.to_thread(self._executor.forget, job.id)
            return TrashedJobs(at=now, jobs=(), rows={})
        self._trashed.append(kept := TrashedJobs(at=now, jobs=jobs, rows=rows, ran=ran))
        return kept

    async def restore(self, removed: TrashedJobs, *, now: datetime) -> list[Job]:
        """Undo ``move_to_trash``. Raises WrongStateError where it is too late for that."""
        await asyncio.to_thread(trash.move_back, self._runs, removed)
        try:
            return await self._store.jobs.restore(removed.rows, removed_at=removed.at, now=now)
        except TuiQueueError:
            trash.move_away(self._runs, list(removed.ran), removed.at)
            raise

    async def empty_trash(self, *, now: datetime) -> None:
        """Delete the logs of jobs that were removed too long ago to be brought back."""
        await asyncio.to_thread(trash.empty_trash, self._runs, now=now)

    async def close(self) -> None:
        """Delete the logs of what was removed from here: nobody can bring it back any more."""
        if self._trashed:
            await asyncio.to_thread(trash.empty_trash, self._runs, now=datetime.now(UTC), ours=self._trashed)

    async def _remove(self, ids: list[int], now: datetime) -> int:
        try:
            jobs = await self._store.jobs.remove(ids, now=now)
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
