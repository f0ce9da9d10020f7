"""How far running jobs have come and how long they may still take, looked at again and again."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from msgspec import Struct

from tui_queue.core.errors import StoreError
from tui_queue.core.estimates import Sample, estimate
from tui_queue.core.executors import Executor
from tui_queue.core.logs import end_of
from tui_queue.core.models import Job, State
from tui_queue.core.progress import WINDOW, Progress, progress_of
from tui_queue.core.store import Store

_Key = tuple[int, int]  # number and attempt of a job
_Stamp = tuple[int, int]  # size of a log, and when it was written to, in nanoseconds


class Outlook(Struct, frozen=True):
    """What is known of a run: the part done, from 0 to 1, and the seconds to go; None where nobody can know."""

    fraction: float | None
    remaining_s: float | None


class Outlooks:
    """Reads the ends of logs; what has not changed since the last look is not read again."""

    def __init__(self, store: Store, executor: Executor) -> None:
        self._store = store
        self._executor = executor
        self._samples: dict[_Key, Sequence[Sample]] = {}
        self._read: dict[_Key, tuple[_Stamp, Progress | None]] = {}

    async def of(self, jobs: Iterable[Job]) -> Mapping[int, Outlook]:
        """Return what is known of those of these jobs that run, by number."""
        running = {(job.id, job.attempt): job for job in jobs if job.state is State.RUNNING}
        self._samples = {key: known for key, known in self._samples.items() if key in running}
        self._read = {key: known for key, known in self._read.items() if key in running}
        for key in running.keys() - self._samples.keys():
            self._samples[key] = await self._store.samples(running[key])
        return await asyncio.to_thread(self._look, running, datetime.now(UTC))

    def _look(self, running: Mapping[_Key, Job], now: datetime) -> dict[int, Outlook]:
        return {job.id: self._outlook(key, job, now) for key, job in running.items()}

    def _outlook(self, key: _Key, job: Job, now: datetime) -> Outlook:
        progress = self._progress(key, self._executor.log_path(job))
        guess = estimate(self._samples.get(key, ()), elapsed_s=job.elapsed_s(now) or 0.0, progress=progress)
        return Outlook(
            fraction=None if progress is None else progress.fraction,
            remaining_s=None if guess is None or job.paused else guess.remaining_s,
        )

    def _progress(self, key: _Key, log: str | None) -> Progress | None:
        stamp, progress = self._read.get(key, ((-1, 0), None))
        with suppress(OSError, StoreError):
            if log is not None and (now := _stamp(log)) != stamp:
                progress = progress_of(end_of(log, WINDOW))
                self._read[key] = now, progress
        return progress


def _stamp(path: str) -> _Stamp:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns
