"""Runs jobs on this machine, each beside a watcher that outlives the scheduler."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

from tui_queue.core.execution import processes
from tui_queue.core.execution.executor import RunEvent
from tui_queue.core.execution.follow import follow_files, follow_watcher, read_end
from tui_queue.core.execution.log_sync import LogSync
from tui_queue.core.execution.run_files import RunFiles
from tui_queue.core.execution.run_spec import RunSpecs
from tui_queue.core.execution.watcher.kernel import request_short_slice
from tui_queue.core.execution.watcher.process_tree import Tree
from tui_queue.core.execution.watcher_pool import WatcherPool
from tui_queue.core.model.job import Job
from tui_queue.core.model.options import Full
from tui_queue.core.model.usage import Process

SWEEP_S = 0.05  # between two searches for processes of a run whose watcher was killed


class LocalExecutor:
    """Starts watchers for runs and reads what they leave; ``runs`` is the directory of all runs.

    ``python`` says which interpreter runs a .py job, if not this one. A run that must end gets ``grace_s`` seconds
    between SIGTERM and SIGKILL. ``log_size`` bytes, 0 for no limit, and ``log_full`` hold for jobs that say nothing
    else. Each is called whenever its value is needed.
    """

    def __init__(
        self,
        runs: str,
        *,
        python: Callable[[], str],
        grace_s: Callable[[], float],
        log_size: Callable[[], int],
        log_full: Callable[[], Full],
    ) -> None:
        self._runs = runs
        self._grace_s = grace_s
        self._specs = RunSpecs(python=python, grace_s=grace_s, log_size=log_size, log_full=log_full)
        self._watchers = WatcherPool()
        self._outputs = LogSync()

    @property
    def grace_s(self) -> float:
        """Seconds between SIGTERM and SIGKILL."""
        return self._grace_s()

    def warm_up(self) -> None:
        """Get ready, so that the first start is as fast as the next. Raises OSError."""
        if sys.platform == "linux":
            for thread in os.listdir("/proc/self/task"):
                request_short_slice(int(thread), inherited=True)
        self._watchers.warm_up()

    async def start(self, job: Job) -> AsyncIterator[RunEvent]:
        """Hand the run to a watcher, return its events. Raises OSError."""
        files = self._files(job)
        events, theirs = socket.socketpair()
        with theirs:
            try:
                await self._watchers.watch(self._specs.of(job, files), theirs.fileno())
            except BaseException:
                events.close()
                raise
        events.setblocking(False)
        return follow_watcher(files, events, self._watchers)

    def adopt(self, job: Job, *, rebooted: bool) -> AsyncIterator[RunEvent]:
        """Return the events of a run that another scheduler let go."""
        return read_end(self._files(job)) if rebooted else follow_files(self._files(job))

    async def secure_output(self, job: Job) -> None:
        """Put the log on disk, together with those of runs that end at about the same time."""
        await self._outputs.secure(self._files(job).log)

    async def cancel(self, job: Job) -> None:
        """Ask the watcher to end the whole process tree; where it was killed, end that from here."""
        files = self._files(job)
        if not files.order(b"term %g\n" % self.grace_s) and files.was_claimed() and files.end() is None:
            await asyncio.to_thread(_end_tree, files, self.grace_s)

    async def pause(self, job: Job) -> bool:
        """Ask the watcher to stop the whole process tree; where it was killed, stop that from here."""
        return await self._order(job, b"stop\n", lambda tree: tree.stop())

    async def resume(self, job: Job) -> bool:
        """Ask the watcher to let the process tree go on; where it was killed, do that from here."""
        return await self._order(job, b"cont\n", lambda tree: tree.send(signal.SIGCONT))

    async def signal(self, job: Job, number: int, *, everybody: bool) -> bool:
        """Ask the watcher to send a signal to the run's leading process, or to every process of it."""
        words = b"signal %d all\n" if everybody else b"signal %d\n"
        return await self._order(job, words % number, lambda tree: tree.send(number))

    async def _order(self, job: Job, words: bytes, instead: Callable[[Tree], object]) -> bool:
        """Give an order to the watcher of a run; where that was killed, do ``instead`` to the rest of the run."""
        files = self._files(job)
        if files.order(words):
            return True
        if not files.was_claimed() or files.end() is not None:
            return False
        await asyncio.to_thread(instead, _tree_without_watcher(files))
        return True

    def log_path(self, job: Job) -> str | None:
        """Where the output of the latest attempt lies."""
        return self._files(job).log if job.attempt else None

    def processes(self, jobs: Iterable[Job]) -> Mapping[int, Sequence[Process]]:
        """Return the processes of these jobs' runs, as far as they can be seen; blocks."""
        everybody = processes.children()
        found = {}
        for job in jobs:
            files = self._files(job)
            if (numbers := files.processes()) is not None:
                found[job.id] = processes.of_run(*numbers, os.fsencode(files.log), everybody)
        return found

    def usage_path(self, job: Job) -> str | None:
        """Where the usage of the latest attempt is recorded."""
        return self._files(job).path("usage") if job.attempt else None

    def forget(self, job_id: int) -> None:
        """Delete the directories of a job's runs."""
        shutil.rmtree(os.path.join(self._runs, str(job_id)), ignore_errors=True)

    def close(self) -> None:
        """Start no more; runs and their watchers go on."""
        self._watchers.close()

    def _files(self, job: Job) -> RunFiles:
        return RunFiles.of(self._runs, job.id, job.attempt)


def _tree_without_watcher(files: RunFiles) -> Tree:
    """Return the processes that carry the mark of a run: when its watcher is gone, no process number can be trusted."""
    return Tree(0, os.fsencode(files.log))


def _end_tree(files: RunFiles, grace_s: float) -> None:
    tree = _tree_without_watcher(files)
    deadline = time.monotonic() + grace_s
    while tree.members() and time.monotonic() < deadline:
        tree.tell(signal.SIGTERM, signal.SIGCONT)
        time.sleep(SWEEP_S)
    tree.kill()
