"""Runs jobs on this machine, each beside a watcher that needs nobody."""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from tui_queue.core.executors import RunLost, RunNeverStarted, RunNews, RunStarted, shim
from tui_queue.core.executors.run_files import RunFiles
from tui_queue.core.models import Job

# Can only be read by setting it; done once, before there is another thread that creates files.
UMASK = os.umask(0o077)
os.umask(UMASK)


class LocalExecutor:
    """Starts watchers and reads what they leave; ``runs`` is the directory of all runs."""

    def __init__(self, runs: str, python: str = "") -> None:
        self._runs = runs
        self._python = python or sys.executable
        self._watchers: set[int] = set()

    async def start(self, job: Job) -> AsyncIterator[RunNews]:
        """Write the run's files, start its watcher, return the news. Raises OSError."""
        files = self._files(job)
        await asyncio.to_thread(files.create, self._spec(job, files))
        ours = os.open(files.path("alive"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        theirs = os.open(files.path("alive"), os.O_WRONLY | os.O_CLOEXEC)
        try:
            self._spawn(files, theirs)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return _news(files, ours)

    def adopt(self, job: Job) -> AsyncIterator[RunNews]:
        """Return the news of a run that another scheduler let go."""
        files = self._files(job)
        try:
            alive = os.open(files.path("alive"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            alive = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        return _news(files, alive)

    async def cancel(self, job: Job, grace_s: float) -> None:
        """Ask the watcher to end the whole process tree; where it was killed, end that from here."""
        files = self._files(job)
        if not self._tell_watcher(files, grace_s) and files.was_claimed() and files.end() is None:
            await asyncio.to_thread(_end_tree, files, grace_s)

    def _tell_watcher(self, files: RunFiles, grace_s: float) -> bool:
        try:
            control = os.open(files.path("control"), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # ENXIO: nobody reads; ENOENT: not that far yet
            return False
        try:
            os.write(control, b"term %g\n" % grace_s)
        except OSError:
            return False
        finally:
            os.close(control)
        return True

    def log_path(self, job: Job) -> str | None:
        """Where the output of the latest attempt lies."""
        return self._files(job).log if job.attempt else None

    def forget(self, job_id: int) -> None:
        """Delete the directories of a job's runs."""
        shutil.rmtree(os.path.join(self._runs, str(job_id)), ignore_errors=True)

    def close(self) -> None:
        """Listen no longer to the end of watchers; they and their jobs go on."""
        self._reap()
        if self._watchers:
            self._watchers.clear()
            asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)

    def _files(self, job: Job) -> RunFiles:
        return RunFiles.of(self._runs, job.id, job.attempt)

    def _spec(self, job: Job, files: RunFiles) -> dict[str, object]:
        argv = [job.path, *job.args]
        env = {**os.environ, **_marks(job, files)}
        if job.is_python:
            argv.insert(0, job.python or self._python)
            env["PYTHONUNBUFFERED"] = "1"
        return {
            "argv": [_latin(arg) for arg in argv],
            "env": [_latin(f"{name}={value}") for name, value in env.items()],
            "path": _latin(job.path),
            "cwd": _latin(job.cwd),
            "umask": UMASK,
        }

    def _spawn(self, files: RunFiles, alive: int) -> None:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", shim.__file__, files.directory],
            # The mark of its run: a job that starts a queue of its own does not own what that runs.
            {"TUI_QUEUE_LOG": files.log},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, alive, 3),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (
                    os.POSIX_SPAWN_OPEN,
                    2,
                    files.path("watcher.log"),
                    os.O_WRONLY | os.O_CREAT | os.O_APPEND,
                    0o600,
                ),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
        )
        self._watchers.add(pid)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def _reap(self) -> None:
        for pid in list(self._watchers):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    continue
            self._watchers.discard(pid)
        if not self._watchers:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)


async def _news(files: RunFiles, alive: int) -> AsyncIterator[RunNews]:
    """Yield what happens to a run; ``alive`` is the read end of its pipe and is closed at the end."""
    loop = asyncio.get_running_loop()
    started = False
    try:
        while True:
            gone = _drain(alive)
            end = files.end()
            if not started and end is None and (at := files.started_at()):
                started = True
                yield RunStarted(at)
            if end is not None:
                yield end
                return
            if gone:
                if files.revoke():
                    yield RunNeverStarted(files.complaint())
                else:
                    yield files.end() or RunLost()
                return
            heard = asyncio.Event()
            loop.add_reader(alive, heard.set)
            try:
                await heard.wait()
            finally:
                loop.remove_reader(alive)
    finally:
        os.close(alive)


def _end_tree(files: RunFiles, grace_s: float) -> None:
    """End whatever carries the mark of a run: no number of a process can be trusted when its watcher is gone."""
    tree = shim.Tree(0, os.fsencode(files.log))
    deadline = time.monotonic() + grace_s
    while tree.members() and time.monotonic() < deadline:
        tree.tell(signal.SIGTERM, signal.SIGCONT)
        time.sleep(shim.SWEEP_S)
    tree.kill()


def _drain(alive: int) -> bool:
    """Read what the watcher said; return whether the other end is closed for good."""
    try:
        while os.read(alive, 4096):
            pass
    except BlockingIOError:
        return False
    return True


def _marks(job: Job, files: RunFiles) -> dict[str, str]:
    """Return the variables that tell a job what it is."""
    return {
        "TUI_QUEUE_JOB": str(job.id),
        "TUI_QUEUE_UUID": job.uuid,
        "TUI_QUEUE_QUEUE": job.queue,
        "TUI_QUEUE_ATTEMPT": str(job.attempt),
        "TUI_QUEUE_LOG": files.log,
    }


def _latin(text: str) -> str:
    """Carry bytes through JSON one character a byte, whatever encoding either side believes in."""
    return os.fsencode(text).decode("latin-1")
