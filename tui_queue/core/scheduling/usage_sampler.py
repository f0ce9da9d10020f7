"""Records the processor time and memory of running jobs."""

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from tui_queue.core.analysis.usage_chart import MOST, cpu_total, halved, line, next_sample, parse
from tui_queue.core.errors import StoreError
from tui_queue.core.execution.executor import Executor
from tui_queue.core.logs.file import end_of
from tui_queue.core.model.job import Job
from tui_queue.core.model.usage import Process, Usage

SOONEST_S = 1.0  # between two looks, however many jobs there are
ROOM = 1 << 16  # bytes that are read of a file, more than it ever has

logger = logging.getLogger(__name__)


class UsageSampler:
    """Looks at all jobs that run, in one walk for those that are due. What goes wrong is logged, and harms nothing."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._samplers: dict[int, _RunSampler] = {}
        self._more = asyncio.Event()
        self._due = float("inf")  # when it looks again

    @contextmanager
    def of(self, job: Job) -> Iterator[None]:
        """Look after a run as long as this is entered."""
        path = self._executor.usage_path(job)
        if path is None:
            yield
            return
        sampler = self._samplers[job.id] = _RunSampler(job, path)
        if sampler.due < self._due:  # else it looks before that anyhow
            self._more.set()
        try:
            yield
        finally:
            if self._samplers.get(job.id) is sampler:
                del self._samplers[job.id]

    async def run(self) -> None:
        """Look, and wait; nothing happens while no job runs. Until cancelled."""
        looked = float("-inf")
        while True:
            self._more.clear()
            now = time.monotonic()
            due = max(looked + SOONEST_S, min((each.due for each in self._samplers.values()), default=float("inf")))
            self._due = due
            if due <= now:
                looked = now
                await self._measure(now)
                continue
            try:
                async with asyncio.timeout(None if due == float("inf") else due - now):
                    await self._more.wait()
            except TimeoutError:
                pass

    async def _measure(self, now: float) -> None:
        samplers = [each for each in self._samplers.values() if each.due <= now + SOONEST_S / 2]
        for sampler in samplers:
            sampler.plan(now)
        try:
            await asyncio.to_thread(self._note, samplers)
        except Exception:  # no error may stop the scheduler
            logger.exception("could not look at what running jobs use; trying again later")

    def _note(self, samplers: Sequence["_RunSampler"]) -> None:
        found = self._executor.processes([sampler.job for sampler in samplers])
        for sampler in samplers:
            if processes := found.get(sampler.job.id):
                sampler.note(processes, datetime.now(UTC))


class _RunSampler:
    """What is known of one run."""

    def __init__(self, job: Job, path: str) -> None:
        self.job = job
        self._path = path
        now = datetime.now(UTC)
        age_s = max(0.0, (now - (job.started_at or now)).total_seconds())
        self._begun = time.monotonic() - age_s
        self.due = time.monotonic() + SOONEST_S
        self._kept = -1  # looks in the file; not read yet
        self._cpu_s = self._read_s = 0.0  # used in all, and by those processes that could be seen last
        self._complained = False

    def plan(self, now: float) -> None:
        """Say when the next look is due."""
        self.due = next_sample(now - self._begun, now)

    def note(self, processes: Sequence[Process], now: datetime) -> None:
        """Write down what the run has used by now; blocks."""
        try:
            self._go_on()
            read_s = cpu_total(processes)
            # What a process has used is gone when it ends and its parent does not wait for it.
            self._cpu_s = max(self._cpu_s, self._cpu_s + read_s - self._read_s)
            self._read_s = read_s
            self._append(Usage(at=now, cpu_s=self._cpu_s, rss_bytes=sum(each.rss_bytes for each in processes)))
        except (OSError, StoreError):
            if not self._complained:
                logger.warning("job %s: could not note what it uses", self.job.id, exc_info=True)
            self._complained = True

    def _go_on(self) -> None:
        """Take up what an earlier scheduler has noted."""
        if self._kept < 0:
            usages = self._usages()
            self._kept = len(usages)
            self._cpu_s = self._read_s = usages[-1].cpu_s if usages else 0.0

    def _append(self, usage: Usage) -> None:
        _write(self._path, line(usage), os.O_APPEND)
        self._kept += 1
        if self._kept >= MOST:
            usages = halved(self._usages())
            _write(f"{self._path}.new", b"".join(map(line, usages)), os.O_TRUNC)
            os.replace(f"{self._path}.new", self._path)
            self._kept = len(usages)

    def _usages(self) -> tuple[Usage, ...]:
        return parse(end_of(self._path, ROOM))


def _write(path: str, written: bytes, how: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.open(path, flags | how, 0o600)
    try:
        os.write(file, written)
    finally:
        os.close(file)
