"""Forecasts running jobs: progress, remaining time, usage."""

import asyncio
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from tui_queue.core.analysis.eta import Sample, estimate
from tui_queue.core.analysis.progress import WINDOW, Progress, progress_of
from tui_queue.core.analysis.usage_chart import activity
from tui_queue.core.errors import StoreError
from tui_queue.core.execution.executor import Executor
from tui_queue.core.inspection.input_wanted import InputWanted
from tui_queue.core.inspection.warnings import Warnings
from tui_queue.core.logs.file import end_of
from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.usage import Activity, Process
from tui_queue.core.store.store import Store
from tui_queue.core.system.worker_thread import in_thread

_Key = tuple[int, int]  # number and attempt of a job
_Stamp = tuple[int, int]  # size of a log, and when it was written to, in nanoseconds


class Forecaster:
    """Reads the ends of logs; what has not changed since the last look is not read again."""

    def __init__(self, store: Store, executor: Executor, warnings: Warnings, input_wanted: InputWanted) -> None:
        self._store = store
        self._executor = executor
        self._warnings = warnings
        self._input_wanted = input_wanted
        self._samples: dict[_Key, Sequence[Sample]] = {}
        self._read: dict[_Key, tuple[_Stamp, Progress | None]] = {}
        self._processes: dict[_Key, Sequence[Process]] = {}
        self._measured_at = 0.0  # when those were looked at
        self._measuring: asyncio.Task[dict[int, Forecast]] | None = None

    async def of(self, jobs: Iterable[Job], *, measure: bool = False) -> Mapping[int, Forecast]:
        """Return what is known of those of these jobs that run, by number; with what they use if that is wanted."""
        running = {(job.id, job.attempt): job for job in jobs if job.state is State.RUNNING}
        self._samples = {key: known for key, known in self._samples.items() if key in running}
        self._read = {key: known for key, known in self._read.items() if key in running}
        for key in running.keys() - self._samples.keys():
            self._samples[key] = await self._store.queries.samples(running[key])
        if self._measuring is not None:  # the disk may hang: one look at a time, whether a caller waits for it or not
            await asyncio.wait([self._measuring])
        self._measuring = asyncio.create_task(
            in_thread(partial(self._measure, running, datetime.now(UTC), measure=measure))
        )
        await asyncio.wait([self._measuring])
        return self._measuring.result()

    def _measure(self, running: Mapping[_Key, Job], now: datetime, *, measure: bool) -> dict[int, Forecast]:
        active = self._activities(running) if measure else {}
        asking = self._input_wanted.by(running.values())
        found = {job.id: self._forecast(key, job, now, active.get(key)) for key, job in running.items()}
        return {number: replace(each, asks=True) if number in asking else each for number, each in found.items()}

    def _activities(self, running: Mapping[_Key, Job]) -> dict[_Key, Activity]:
        """Return what the processes have done since the last look; of those that were not there then nothing yet."""
        before, since = self._processes, self._measured_at
        found, self._measured_at = self._executor.processes(running.values()), time.monotonic()
        self._processes = {key: found[job.id] for key, job in running.items() if found.get(job.id)}
        seconds = self._measured_at - since
        return {key: activity(before[key], now, seconds) for key, now in self._processes.items() if key in before}

    def _forecast(self, key: _Key, job: Job, now: datetime, active: Activity | None) -> Forecast:
        progress = self._progress(key, self._executor.log_path(job))
        guess = estimate(self._samples.get(key, ()), elapsed_s=job.elapsed_s(now) or 0.0, progress=progress)
        return Forecast(
            fraction=None if progress is None else progress.fraction,
            remaining_s=None if guess is None or job.paused else guess.remaining_s,
            activity=active,
            warned=self._warnings.of(job),
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
