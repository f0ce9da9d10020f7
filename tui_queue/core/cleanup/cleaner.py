"""Removes ended jobs, their logs, and the copies of scripts and the environments that no job uses."""

import os
import shutil
import sqlite3
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from tui_queue.core.cleanup import trash
from tui_queue.core.errors import TuiQueueError, WrongStateError
from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.executor import Executor
from tui_queue.core.logs.compression import pack_runs
from tui_queue.core.model.job import Job
from tui_queue.core.model.retention import Limits, Removal
from tui_queue.core.model.selection import Done, Selection, Verb, singly
from tui_queue.core.model.trash import DELETED_AFTER_S, RESTORABLE_S, TOO_LATE, TrashedJobs
from tui_queue.core.policy.retention import EndedJob, log_sizes, removals
from tui_queue.core.store.incoming import Incoming
from tui_queue.core.store.store import Store
from tui_queue.core.system import event_loop

AT_ONCE = 500  # jobs removed in one transaction
NEVER = timedelta(days=36_500)  # before all removals
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
        sizes = {} if limits.max_bytes is None else await event_loop.to_thread(log_sizes, self._runs)
        jobs = [
            EndedJob(id=job_id, finished_at=at, log_bytes=sizes.get(job_id, 0), protected=waited_for)
            for job_id, at, waited_for in ended
        ]
        return removals(jobs, limits, now=now)

    async def sizes(self, ids: Collection[int]) -> dict[int, int]:
        """Return what the runs of these jobs take on disk, in bytes."""
        sizes = await event_loop.to_thread(log_sizes, self._runs)
        return {job_id: sizes.get(job_id, 0) for job_id in ids}

    async def carry_out(self, removals: Sequence[Removal], *, now: datetime) -> int:
        """Remove these jobs and their logs; return how many. One that was retried by now stays."""
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

        if not await event_loop.to_thread(self._incoming.is_empty):
            return
        used = await self._store.queries.copies()
        await event_loop.to_thread(_remove_copies, self._scripts, used)
        with suppress(sqlite3.Error):
            await event_loop.to_thread(remove_unused_environments, self._store.database.path, self._environments)

    async def compress(self, older_s: int, *, now: datetime) -> int:
        """Compress the logs of jobs that ended this number of seconds ago or earlier; return how many."""
        old = [job_id for job_id, at, _ in await self._store.queries.ended() if (now - at).total_seconds() > older_s]
        return await event_loop.to_thread(pack_runs, self._runs, old)

    async def move_to_trash(
        self, selection: Selection, *, session: bool, now: datetime
    ) -> tuple[Done, TrashedJobs | None]:
        """Remove ended jobs and their logs, in such a way that they can be brought back for a while.

        With ``session`` no longer than this process has the queue open. On a disk that is nearly full, or does not take
        that, they are gone for good, and there is no trash to return.
        """
        if await self.make_room(now=now):
            return await self.remove(selection, now=now), None
        done = await self._store.jobs.move_to_trash(selection, now=now)
        trashed = await self._put_away(done.jobs, now)
        if session and trashed is not None:
            self._trashed.append(trashed)
        return done, trashed

    async def remove(self, selection: Selection, *, now: datetime) -> Done:
        """Remove ended jobs and their logs for good."""
        done = await self._store.jobs.act(Verb.REMOVE, selection, now=now)
        await event_loop.to_thread(self._forget, done.jobs)
        return done

    async def cancel_and_remove(self, selection: Selection, *, keep: bool, now: datetime) -> tuple[Done, Sequence[Job]]:
        """Cancel what has not ended and remove the rest, with ``keep`` to the trash; return the runs that have to end.

        These are to be removed when they have ended.
        """
        keep = keep and not await self.make_room(now=now)
        done, ending = await self._store.jobs.cancel_and_remove(selection, keep=keep, now=now)
        if keep:
            await self._put_away(done.jobs, now)
        else:
            await event_loop.to_thread(self._forget, done.jobs)
        return done, ending

    async def _put_away(self, jobs: Sequence[Job], now: datetime) -> TrashedJobs | None:
        """Move the logs of jobs whose rows are in the trash there too."""
        ids = [job.id for job in jobs]
        if not ids:
            return None
        await event_loop.to_thread(self._make_young, jobs)
        try:
            ran = {job.id for job in jobs if job.attempt}
            await event_loop.to_thread(partial(trash.move_away, self._runs, ids, now, ran=ran))
        except OSError:
            await event_loop.to_thread(self._forget, jobs)
            await self._store.jobs.forget_removed(now - NEVER, ids)
            return None
        return TrashedJobs(at=now, ids=tuple(ids), ran=ran)

    def _make_young(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            trash.make_young(job)
            self._environments.make_young(job.options.environment)
            self._environments.make_young(job.options.values)

    def _forget(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._executor.forget(job.id)

    async def removals(self, *, now: datetime) -> list[TrashedJobs]:
        """Return what can be brought back, the latest removal first."""
        since = now - timedelta(seconds=RESTORABLE_S)
        return [removed for removed in await self._store.queries.removals() if removed.at >= since]

    async def restore(self, removed: TrashedJobs, *, now: datetime) -> list[Job]:
        """Undo ``move_to_trash``. Raises WrongStateError where it is too late for that."""
        moved = await event_loop.to_thread(self._move_back, removed)
        try:
            return await self._store.jobs.restore(removed.ids, now=now)
        except TuiQueueError:
            await event_loop.to_thread(partial(trash.move_away, self._runs, list(moved), removed.at, ran=moved))
            raise

    def _move_back(self, removed: TrashedJobs) -> set[int]:
        if not all(trash.has_runs(self._runs, removed, job_id) for job_id in removed.ran):
            raise WrongStateError(TOO_LATE)
        return trash.move_back(self._runs, removed)

    async def empty_trash(self, *, now: datetime) -> None:
        """Delete what was removed too long ago to be brought back; on a disk that is nearly full all of the trash."""
        if not await self.make_room(now=now):
            await event_loop.to_thread(trash.empty_trash, self._runs, now=now)
            await self._store.jobs.forget_removed(now - timedelta(seconds=DELETED_AFTER_S))

    async def make_room(self, *, now: datetime) -> bool:
        """Empty the whole trash where the disk is nearly full; return whether it is."""
        if not await event_loop.to_thread(trash.is_nearly_full, self._runs):
            return False
        # Files first: on a full disk no row can be deleted before there is room.
        await event_loop.to_thread(trash.empty_trash, self._runs, now=now, everything=True)
        await self._store.jobs.forget_removed(None)
        return True

    async def close(self) -> None:
        """Delete what can be brought back no longer than this process has the queue open."""
        if self._trashed:
            ids = [job_id for trashed in self._trashed for job_id in trashed.ids]
            await self._store.jobs.forget_removed(datetime.now(UTC) - NEVER, ids)
            await event_loop.to_thread(trash.empty_trash, self._runs, now=datetime.now(UTC), ours=self._trashed)

    async def _remove(self, ids: list[int], now: datetime) -> int:
        try:
            done = await self.remove(singly(ids), now=now)
        except TuiQueueError:
            if len(ids) == 1:
                return 0
            return sum([await self._remove([job_id], now) for job_id in ids])
        return len(done.jobs)


def _remove_copies(directory: str, used: Collection[str]) -> None:
    kept = {os.path.dirname(path) for path in used}
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.path not in kept and time.time() - entry.stat().st_mtime > FRESH_S:
                shutil.rmtree(entry.path, ignore_errors=True)
