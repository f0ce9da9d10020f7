"""Runs jobs on this machine, each beside a watcher that needs nobody."""

import asyncio
import errno
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from tui_queue.core.execution import processes
from tui_queue.core.execution.executor import RunEvent, RunLost, RunNeverStarted, RunStarted
from tui_queue.core.execution.log_sync import LogSync
from tui_queue.core.execution.run_files import RunFiles, run_end, start_time
from tui_queue.core.execution.watcher import messages
from tui_queue.core.execution.watcher.kernel import request_short_slice
from tui_queue.core.execution.watcher.process_tree import Tree
from tui_queue.core.execution.watcher.records import unsealed
from tui_queue.core.execution.watcher_pool import WatcherPool
from tui_queue.core.model.job import Job
from tui_queue.core.model.options import Full
from tui_queue.core.model.usage import Process


def _latin(text: str) -> str:
    """Carry bytes through JSON one character a byte, whatever encoding either side believes in."""
    return os.fsencode(text).decode("latin-1")


ENVIRONMENT = [_latin(f"{name}={value}") for name, value in os.environ.items()]
# Can only be read by setting it; done once, before there is another thread that creates files.
UMASK = os.umask(0o077)
os.umask(UMASK)
SWEEP_S = 0.05  # between two searches for processes of a run whose watcher was killed
START_S = 1.0  # a run that nobody has taken by then needs another watcher
PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}  # no fault of the job


class LocalExecutor:
    """Has runs watched and reads what watchers leave; ``runs`` is the directory of all runs.

    ``python`` says which interpreter runs a .py job, if not this one. What must be ended gets ``grace_s`` seconds
    between SIGTERM and SIGKILL. ``log_size`` bytes, 0 for no limit, and ``log_full`` hold for jobs that say nothing
    else. All are asked whenever that matters.
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
        self._python = python
        self._grace_s = grace_s
        self._log_size = log_size
        self._log_full = log_full
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
        """Hand the run to a watcher, return the news. Raises OSError."""
        files = self._files(job)
        events, theirs = socket.socketpair()
        with theirs:
            try:
                await self._watchers.watch(self._spec(job, files), theirs.fileno())
            except BaseException:
                events.close()
                raise
        events.setblocking(False)
        return self._follow(files, events)

    def adopt(self, job: Job, *, rebooted: bool) -> AsyncIterator[RunEvent]:
        """Return the news of a run that another scheduler let go."""
        return _remains(self._files(job)) if rebooted else _traces(self._files(job))

    async def secure_output(self, job: Job) -> None:
        """Have the log on disk, together with those of runs that end at about the same time."""
        await self._outputs.secure(self._files(job).log)

    async def cancel(self, job: Job) -> None:
        """Ask the watcher to end the whole process tree; where it was killed, end that from here."""
        files = self._files(job)
        if not self._tell_watcher(files, b"term %g\n" % self.grace_s) and files.was_claimed() and files.end() is None:
            await asyncio.to_thread(_end_tree, files, self.grace_s)

    async def _follow(self, files: RunFiles, events: socket.socket) -> AsyncIterator[RunEvent]:
        """Yield what the watcher of a run says into ``events``, which is closed at the end.

        An end that has been dealt with when the next item is asked for is safe: its watcher need not sync it.
        """
        said = _Said()
        announced = False
        patience: float | None = START_S
        with events:
            while not said.hear(events.fileno()) and said.end is None:
                if said.started is not None and not announced:
                    announced = True
                    yield RunStarted(said.started)
                elif announced or patience is None:
                    await _readable(events.fileno())
                elif not await _readable(events.fileno(), within=patience):
                    if files.was_claimed():
                        patience = None
                    else:
                        self._watchers.order_another()
                        patience *= 2
            if said.end is not None:
                yield said.end
                with suppress(OSError):
                    events.send(messages.STORED)
                if said.free:
                    self._watchers.free()
                return
        async for item in _traces(files, announced=announced, complaint=said.complaint):
            yield item

    def _tell_watcher(self, files: RunFiles, words: bytes) -> bool:
        try:
            control = os.open(files.path("control"), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # ENXIO: nobody reads; ENOENT: not that far yet
            return False
        try:
            os.write(control, words)
        except OSError:
            return False
        finally:
            os.close(control)
        return True

    async def pause(self, job: Job) -> bool:
        """Ask the watcher to stop the whole process tree; where it was killed, stop that from here."""
        return await self._say(job, b"stop\n", lambda tree: tree.stop())

    async def resume(self, job: Job) -> bool:
        """Ask the watcher to let the process tree go on; where it was killed, do that from here."""
        return await self._say(job, b"cont\n", lambda tree: tree.send(signal.SIGCONT))

    async def signal(self, job: Job, number: int, *, everybody: bool) -> bool:
        """Ask the watcher to send a signal to the run's leading process, or to every process of it."""
        words = b"signal %d all\n" if everybody else b"signal %d\n"
        return await self._say(job, words % number, lambda tree: tree.send(number))

    async def _say(self, job: Job, words: bytes, instead: Callable[[Tree], object]) -> bool:
        """Write something to the watcher of a run; where that was killed, do something with what is left of the run."""
        files = self._files(job)
        if self._tell_watcher(files, words):
            return True
        if not files.was_claimed() or files.end() is not None:
            return False
        await asyncio.to_thread(instead, Tree(0, os.fsencode(files.log)))
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
        """Where it is noted what the latest attempt uses."""
        return self._files(job).path("usage") if job.attempt else None

    def forget(self, job_id: int) -> None:
        """Delete the directories of a job's runs."""
        shutil.rmtree(os.path.join(self._runs, str(job_id)), ignore_errors=True)

    def close(self) -> None:
        """Start no more; runs and their watchers go on."""
        self._watchers.close()

    def _files(self, job: Job) -> RunFiles:
        return RunFiles.of(self._runs, job.id, job.attempt)

    def _spec(self, job: Job, files: RunFiles) -> dict[str, object]:
        options = job.options
        path = options.script.copy if options.script is not None and options.script.copy else job.path
        argv = [path, *job.args]
        added = dict(options.env) | _marks(job, files)
        if options.pty and "TERM" not in added:
            added["TERM"] = "xterm-256color"
        if job.is_python:
            argv.insert(0, job.python or self._python() or sys.executable)
            added["PYTHONUNBUFFERED"] = "1"
            if path != job.path:  # what the script imports lies beside the original
                others = added.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
                added["PYTHONPATH"] = os.pathsep.join(filter(None, [os.path.dirname(job.path), others]))
        return {
            "directory": _latin(files.directory),
            "argv": [_latin(arg) for arg in argv],
            # Of two lines for one name the later one counts.
            "env": ENVIRONMENT + [_latin(f"{name}={value}") for name, value in added.items()],
            "path": _latin(path),
            "cwd": _latin(job.cwd),
            "umask": UMASK,
            "grace_s": self.grace_s,
            "timeout_s": job.timeout_s,
            "warn_signal": options.warn_signal,
            "warn_s": options.warn_s,
            "silence_s": options.silence_s if options.cancel_when_silent else 0,
            "nice": options.nice,
            "pty": options.pty,
            "times": options.times,
            "log_limit": options.log_size or self._log_size(),
            "log_full": options.log_full or self._log_full(),
        }


class _Said:
    """What the watcher of one run has said so far."""

    def __init__(self) -> None:
        self.started: datetime | None = None
        self.end: RunEvent | None = None
        self.free = False  # whether it can take another run
        self.complaint = ""
        self._rest = b""

    def hear(self, events: int) -> bool:
        """Read what has come; return whether nothing more can come."""
        more, gone = _read_all(events)
        *lines, self._rest = (self._rest + more).split(b"\n")
        for line in lines:
            record = unsealed(line[1:]) or {}
            match line[:1]:
                case messages.STARTED:
                    self.started = start_time(record)
                case messages.ENDED | messages.ENDED_WITH_LEFTOVERS as word:
                    self.end, self.free = run_end(record), word == messages.ENDED
                case messages.NEVER_STARTED:
                    why = "" if record["errno"] in PASSING else record["why"]
                    self.end, self.free = RunNeverStarted(why), True
                case messages.BROKEN:
                    self.complaint = record["why"]
        return gone and self.end is None


async def _traces(files: RunFiles, *, announced: bool = False, complaint: str = "") -> AsyncIterator[RunEvent]:
    """Yield what the files say of a run whose watcher can't tell us itself, as long as anything of it lives."""
    if files.revoke():
        yield RunNeverStarted(complaint)
        return
    try:
        alive = os.open(files.path("alive"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:  # deleted by somebody
        yield files.end() or RunLost()
        return
    try:
        while True:
            gone = _read_all(alive)[1]
            if (end := files.end()) is not None:
                yield end
                return
            if not announced and (at := files.started_at()):
                announced = True
                yield RunStarted(at)
            elif gone:
                yield RunLost()
                return
            else:
                await _readable(alive)
    finally:
        os.close(alive)


async def _remains(files: RunFiles) -> AsyncIterator[RunEvent]:
    """Yield the end of a run that can't be under way any more; its claim may be missing though it was started."""
    yield files.end() or RunLost()


async def _readable(pipe: int, *, within: float | None = None) -> bool:
    """Wait until there is something to read, or the other end is closed."""
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_reader(pipe, heard.set)
    try:
        async with asyncio.timeout(within):
            await heard.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(pipe)
    return True


def _end_tree(files: RunFiles, grace_s: float) -> None:
    """End whatever carries the mark of a run: no number of a process can be trusted when its watcher is gone."""
    tree = Tree(0, os.fsencode(files.log))
    deadline = time.monotonic() + grace_s
    while tree.members() and time.monotonic() < deadline:
        tree.tell(signal.SIGTERM, signal.SIGCONT)
        time.sleep(SWEEP_S)
    tree.kill()


def _read_all(pipe: int) -> tuple[bytes, bool]:
    """Return what a watcher has said, and whether the other end is closed for good."""
    heard = b""
    try:
        while words := os.read(pipe, 65_536):
            heard += words
    except BlockingIOError:
        return heard, False
    return heard, True


def _marks(job: Job, files: RunFiles) -> dict[str, str]:
    """Return the variables that tell a job what it is."""
    return {
        "TUI_QUEUE_JOB": str(job.id),
        "TUI_QUEUE_UUID": job.uuid,
        "TUI_QUEUE_QUEUE": job.queue,
        "TUI_QUEUE_ATTEMPT": str(job.attempt),
        "TUI_QUEUE_LOG": files.log,
    } | _devices(job.devices)


def _devices(given: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """Return the variables that tell programs which GPUs are theirs, numbered as the driver does."""
    if "gpu" not in given:
        return {}
    return {"CUDA_VISIBLE_DEVICES": ",".join(map(str, given["gpu"])), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
