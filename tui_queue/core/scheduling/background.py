"""Starts the background process that schedules when no dashboard is open, and starts it again when it was killed."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from tui_queue.core.execution.watcher import recipe as recipes
from tui_queue.core.scheduling.lease import Lock
from tui_queue.core.system.environment import OWN, minimal
from tui_queue.core.system.umask import current_umask

PLACE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))  # of the package
LOOK_S = 1.0  # how often at most a caller looks after it


class Background:
    """The background process of one queue; ``path`` is the file that it locks (see watcher/recipe.py).

    It runs until no work is left. Then, and when the user ends it, it ends in order, and only ``ensure`` starts
    another one. ``variables`` tell it where the queue is.
    """

    def __init__(self, path: str, *, store: str, variables: Mapping[str, str], enabled: bool) -> None:
        self.lock = Lock(path)
        self._path = path
        self._store = store
        self._variables = variables
        self._enabled = enabled
        self._seen = -LOOK_S

    def ensure(self) -> None:
        """Have one that stands by. Raises OSError when it can't be started."""
        if not self._enabled or self.lock.held:
            return
        lock = Lock(self._path)
        if lock.claim():
            try:
                recipe = self._own_recipe()
                with suppress(OSError):  # it writes that itself once it is ready, but may be killed before
                    recipes.write(lock.descriptor, recipe)
                _start(recipe, lock.descriptor)
            finally:
                lock.release()  # ours; the process that inherited it keeps it

    def bring_back(self) -> None:
        """Start one instead of one that was killed; where that fails, a later call tries again."""
        now = time.monotonic()
        if not self._enabled or self.lock.held or now - self._seen < LOOK_S:
            return
        self._seen = now
        recipes.bring_back(self._path, self._start_successor, own=self._own_recipe)

    def take(self, inherited: int) -> bool:
        """Keep the lock that this process has inherited from the one that started it."""
        return self.lock.adopt(inherited)

    def pid(self) -> int | None:
        """Return the number of the background process; None without one, 0 where that has not said it. Blocks."""
        if not self.lock.is_taken():
            return None
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return int((recipes.read(file) or {}).get("pid", 0))
        finally:
            os.close(file)

    @staticmethod
    def leave_on_signals(leave: Callable[[], None]) -> None:
        """Call ``leave`` in the event loop when the user ends this process; also for signals that have come before."""
        import asyncio  # noqa: PLC0415 - only a scheduler has a loop

        for number in recipes.BLOCKED:
            asyncio.get_running_loop().add_signal_handler(number, leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, recipes.BLOCKED)

    def record(self) -> None:
        """Write down how this process was started, which has the lock: it is to be started again if it is killed."""
        if self._enabled and self.lock.held:
            self._record(self.lock.descriptor, pid=os.getpid())

    def offer(self) -> bool:
        """Have a background process started if this process, which schedules, is killed; return False if one runs.

        The caller withdraws that when it ends in order.
        """
        lock = Lock(self._path)
        try:
            if not self._enabled or not lock.claim() or os.fstat(lock.descriptor).st_size:
                return False  # one runs, or the recipe of one that was killed holds
            self._record(lock.descriptor)
        except OSError:
            return False
        finally:
            lock.release()
        return True

    def withdraw(self) -> None:
        """Have none started again, because the scheduler ends in order; one that another process is goes on.

        The host that has taken the queue over may have its own process: that one's recipe stays.
        """
        lock = self.lock if self.lock.held else Lock(self._path)
        try:
            if (lock is self.lock or lock.claim()) and not recipes.is_of_another_host(lock.descriptor):
                os.ftruncate(lock.descriptor, 0)
        except OSError as error:
            _warn("%s: can't be emptied: %s", self._path, error.strerror)
        finally:
            if lock is not self.lock:
                lock.release()

    def _own_recipe(self) -> recipes.Recipe:
        """Return how a background process is started as this process would: its program, environment and umask."""
        # No mark of a run: it is no process of the job that may have added one.
        env = {**minimal(keep=OWN), **self._variables, "TUI_QUEUE_LOG": ""}
        return {
            "words": [_latin(word) for word in (sys.executable, "-m", "tui_queue", "run", "--standby")],
            # It should keep no other file system busy, and must find itself.
            "cwd": _latin(PLACE),
            "env": [_latin(f"{name}={value}") for name, value in env.items()],
            "umask": current_umask(),
            **recipes.origin(self._path),
        }

    def _record(self, lock: int, *, pid: int = 0) -> None:
        try:
            recipes.write(lock, self._own_recipe() | recipes.ready(recipes.read(lock)) | {"pid": pid})
        except OSError as error:
            _warn("%s: can't be written: %s. Nothing starts a killed scheduler again.", self._path, error.strerror)

    def _start_successor(self, recipe: recipes.Recipe, lock: int) -> None:
        if os.access(self._store, os.W_OK):
            _start(recipe, lock)


def is_background(pid: int) -> bool:
    """Whether a process is a background process of ours, as far as its command line can be read."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"--standby" in file.read().split(b"\0")
    except OSError:
        return pid > 0 and not os.path.exists("/proc/self")


def _warn(message: str, *values: object) -> None:
    import logging  # noqa: PLC0415 - takes long, and there is seldom anything to log

    logging.getLogger(__name__).warning(message, *values)


def _start(recipe: recipes.Recipe, lock: int) -> None:
    """Start a background process that inherits a lock. Raises OSError."""
    import subprocess  # noqa: PLC0415 - takes long, and most commands find one that runs

    words = [word.encode("latin-1") for word in recipe["words"]]
    # It waits with these until it has its handlers: so early a death would look like a kill.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, recipes.BLOCKED)
    try:
        # Its parent may be a shell that goes away and a terminal that closes: it keeps neither. By a shell that ends
        # at once, so that it is the child of no process that would have to reap it.
        done = subprocess.run(
            [b"/bin/sh", b"-c", b'"$@" &', b"sh", *words, b"--lock", str(lock)],
            check=False,
            cwd=recipe["cwd"].encode("latin-1"),
            env=dict(line.encode("latin-1").split(b"=", 1) for line in recipe["env"]),
            umask=recipe["umask"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[lock],
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    if done.returncode:  # the shell could not fork
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def _latin(text: str) -> str:
    return os.fsencode(text).decode("latin-1")
