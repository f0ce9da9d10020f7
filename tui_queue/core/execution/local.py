"""Runs jobs on this machine, each beside a watcher that outlives the scheduler."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.executor import RunEvent
from tui_queue.core.execution.run_files import RunFiles
from tui_queue.core.model.job import Job
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.model.options import Full, Leftovers
from tui_queue.core.model.usage import Process
from tui_queue.core.system import event_loop

if TYPE_CHECKING:
    from tui_queue.core.execution.starter import Starter


class LocalExecutor:
    """Starts watchers for runs and reads what they leave; ``runs`` is the directory of all runs.

    Each job runs in the one of ``environments`` that was captured when it was added. ``place`` are the variables by
    which a job finds the queue that runs it. ``background`` is the file by which watchers start a background scheduler
    again that was killed.

    ``python`` says which interpreter runs a .py job, if not this one. A run that must end gets ``grace_s`` seconds
    between SIGTERM and SIGKILL. These, ``log_size`` bytes, 0 for no limit, ``log_full`` and ``leftovers`` hold for
    jobs that say nothing else. Each is called whenever its value is needed.
    """

    def __init__(
        self,
        runs: str,
        environments: EnvironmentFiles,
        *,
        place: Mapping[str, str],
        background: str,
        python: Callable[[], str],
        grace_s: Callable[[], float],
        log_size: Callable[[], int],
        log_full: Callable[[], Full],
        leftovers: Callable[[], Leftovers],
    ) -> None:
        self._runs = runs
        self._environments = environments
        self._place = place
        self._background = background
        self._grace_s = grace_s
        self._python = python
        self._log_size = log_size
        self._log_full = log_full
        self._leftovers = leftovers

    @cached_property
    def _starter(self) -> "Starter":
        """What starts and adopts runs, made when a scheduler needs it: most commands start none."""
        from tui_queue.core.execution.run_spec import RunSpecs  # noqa: PLC0415 - as the next one
        from tui_queue.core.execution.starter import Starter  # noqa: PLC0415 - few commands need it

        specs = RunSpecs(
            self._environments,
            place=self._place,
            python=self._python,
            grace_s=self._grace_s,
            log_size=self._log_size,
            log_full=self._log_full,
            leftovers=self._leftovers,
        )
        return Starter(specs, background=self._background)

    def grace_s(self, job: Job) -> float:
        """Return the seconds between SIGTERM and SIGKILL."""
        own = job.options.grace_s
        return self._grace_s() if own is None else own

    def require_visible_processes(self) -> None:
        """Raise StoreError where /proc does not show the processes of runs."""
        from tui_queue.core.execution.process_visibility import require_visible_processes  # noqa: PLC0415 - as above

        require_visible_processes()

    def warm_up(self) -> None:
        """Get ready, so that the first start is as fast as the next. Raises OSError."""
        self._starter.warm_up()

    async def start(self, job: Job) -> AsyncIterator[RunEvent]:
        """Hand the run to a watcher, return its events."""
        return await self._starter.start(job, self._files(job))

    def adopt(self, job: Job, *, rebooted: bool) -> AsyncIterator[RunEvent]:
        """Return the events of a run that another scheduler let go."""
        return self._starter.adopt(self._files(job), started=job.started_at is not None, rebooted=rebooted)

    async def secure_output(self, job: Job) -> None:
        """Put the log on disk, together with those of runs that end at about the same time."""
        await self._starter.secure_output(self._files(job))

    async def cancel(self, job: Job) -> None:
        """Ask the watcher to end the whole process tree; where it was killed, end that from here."""
        grace_s = self.grace_s(job)
        await self._order(job, b"term %g\n" % grace_s, partial(_end_orphans, grace_s))

    async def pause(self, job: Job) -> bool:
        """Ask the watcher to stop the whole process tree; where it was killed, stop that from here."""
        return await self._order(job, b"stop\n", _stop_orphans)

    async def resume(self, job: Job) -> bool:
        """Ask the watcher to let the process tree go on; where it was killed, do that from here."""
        return await self._order(job, b"cont\n", partial(_signal_orphans, signal.SIGCONT))

    async def limit(self, job: Job) -> None:
        """Tell the watcher the time limit that the job has now; where it was killed, nothing ends the run in time."""
        self._files(job).order(b"limit %d\n" % (job.timeout_s or 0))

    def has_limit(self, job: Job) -> bool:
        """Whether the watcher was told the job's time limit since the start, and keeps to it; reads a file."""
        with suppress(OSError):  # a disk with an error: it may be told once more
            return self._files(job).limit_s() == (job.timeout_s or 0)
        return False

    async def signal(self, job: Job, number: int, *, everybody: bool) -> bool:
        """Ask the watcher to send a signal to the run's leading process, or to every process of it."""
        words = b"signal %d all\n" if everybody else b"signal %d\n"
        return await self._order(job, words % number, partial(_signal_orphans, number))

    async def _order(self, job: Job, words: bytes, instead: Callable[[RunFiles], None]) -> bool:
        """Give an order to the watcher of a run; where that was killed, do ``instead`` to the rest of the run."""
        files = self._files(job)
        if files.order(words):
            return True
        # A run that has started may have lost its files to the user.
        if not (files.was_claimed() or job.started_at) or files.end() is not None:
            return False
        await event_loop.to_thread(instead, files)
        return True

    def pid(self, job: Job) -> int | None:
        """Return the number of the leading process of the run, if its watcher has recorded it; reads a file."""
        with suppress(OSError):
            numbers = self._files(job).processes()
            return None if numbers is None else numbers[0]
        return None

    def job_of(self, pid: int, running: Iterable[Job]) -> int:
        """Return the number of the job that a process belongs to. Raises NoSuchJobError; blocks."""
        from tui_queue.core.execution.job_of_process import job_of_process  # noqa: PLC0415 - seldom needed

        known: dict[int, int] = {}
        for job in running:
            with suppress(OSError):
                known |= dict.fromkeys(self._files(job).processes() or (), job.id)
        return job_of_process(pid, self._runs, known)

    def log_path(self, job: Job) -> str | None:
        """Where the output of the latest attempt lies."""
        return self._files(job).log if job.attempt else None

    def silent_s(self, job: Job, now: datetime) -> float:
        """Return the seconds since the run has printed anything; blocks."""
        files = self._files(job)
        if job.options.silence_s:
            return files.silent_s()
        from tui_queue.core.logs.file import silent_s  # noqa: PLC0415 - few commands need it

        return silent_s(files.log, job.started_at, now)

    def warning(self, job: Job) -> tuple[int, int] | None:
        """Return which signal warned the run of its time limit, and how many processes had it; reads a file."""
        return self._files(job).warning()

    def given(self, job: Job) -> Mapping[str, Any]:
        """Return the nice level, processors and limits of the run where they are not as captured; reads a file."""
        return self._files(job).given()

    def owns_log(self, job: Job) -> bool:
        """Whether the output is that of this job, and not of one that had its number before a restore; reads a file."""
        owner = self._files(job).owner()
        return owner is None or owner.uuid in ("", job.uuid)

    def processes(self, jobs: Iterable[Job]) -> Mapping[int, Sequence[Process]]:
        """Return the processes of these jobs' runs, as far as they can be seen; blocks."""
        from tui_queue.core.execution import processes  # noqa: PLC0415 - few commands need it

        everybody = processes.children()
        found = {}
        for job in jobs:
            files = self._files(job)
            if (numbers := files.processes()) is not None:
                found[job.id] = processes.of_run(*numbers, os.fsencode(files.log), everybody)
        return found

    def recorded_leftovers(self, left: Leftover) -> tuple[tuple[int, int], ...]:
        """Return those of the recorded processes that live; blocks for no disk."""
        from tui_queue.core.execution import leftovers  # noqa: PLC0415 - hardly ever needed

        return leftovers.recorded(left)

    def found_leftovers(self, left: Leftover) -> tuple[tuple[int, int], ...]:
        """Search all processes for those that an ended run has left; blocks. Raises StoreError."""
        from tui_queue.core.execution import leftovers  # noqa: PLC0415 - hardly ever needed

        return leftovers.found(left, self._log_of(left))

    def signal_leftovers(self, left: Leftover, number: int) -> None:
        """Send a signal to all that an ended run has left; blocks. Raises StoreError."""
        from tui_queue.core.execution import leftovers  # noqa: PLC0415 - hardly ever needed

        leftovers.tree_of(left, self._log_of(left)).send(number)

    async def end_leftovers(self, left: Leftover, grace_s: float) -> None:
        """End all that an ended run has left, by force after the grace. Raises StoreError."""
        from tui_queue.core.execution import leftovers  # noqa: PLC0415 - hardly ever needed

        await leftovers.end(left, self._log_of(left), grace_s)

    def _log_of(self, left: Leftover) -> str:
        return RunFiles.of(self._runs, left.job_id, left.attempt).log

    def usage_path(self, job: Job) -> str | None:
        """Where the usage of the latest attempt is recorded."""
        return self._files(job).path("usage") if job.attempt else None

    def forget(self, job_id: int) -> None:
        """Delete the directories of a job's runs."""
        import shutil  # noqa: PLC0415 - few commands need it

        shutil.rmtree(os.path.join(self._runs, str(job_id)), ignore_errors=True)

    def close(self) -> None:
        """Start no more; runs and their watchers go on."""
        if "_starter" in self.__dict__:
            self._starter.close()

    def _files(self, job: Job) -> RunFiles:
        return RunFiles.of(self._runs, job.id, job.attempt)


# What few commands need is imported when it is needed.
def _end_orphans(grace_s: float, files: RunFiles) -> None:
    from tui_queue.core.execution.orphaned_run import end_tree  # noqa: PLC0415

    end_tree(files, grace_s)


def _stop_orphans(files: RunFiles) -> None:
    from tui_queue.core.execution.orphaned_run import stop_tree  # noqa: PLC0415

    stop_tree(files)


def _signal_orphans(number: int, files: RunFiles) -> None:
    from tui_queue.core.execution.orphaned_run import signal_tree  # noqa: PLC0415

    signal_tree(files, number)
