"""A lock between processes, by a file beside the database."""

import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from tui_queue.core.system import event_loop

PATIENCE_S = 60.0  # how long a process waits for the others: hundreds may be before it on a slow disk
FIRST_PAUSE_S = 0.005  # between two tries
LONGEST_PAUSE_S = 0.1  # hundreds that wait would take all processors to ask more often


class LockTakenError(Exception):
    """Other processes have kept the lock for ``PATIENCE_S``."""


class LockFile:
    """The lock by the file at ``path``, which is made where it is missing; for one thread. Raises OSError."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = self._open()

    @contextmanager
    def held(self, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock, or share it; blocks. Raises LockTakenError."""
        pauses = _pauses()
        while not self.try_acquire(shared=shared):
            time.sleep(next(pauses))
        try:
            yield
        finally:
            self.release()

    @asynccontextmanager
    async def held_async(self) -> AsyncIterator[None]:
        """Hold the lock. Raises LockTakenError."""
        pauses = _pauses()
        while not self.try_acquire():
            await event_loop.sleep(next(pauses))
        try:
            yield
        finally:
            self.release()

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock, or a share of it, unless that has to wait; return whether it was taken."""
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if self._has_name():
            return True
        # The user has removed the file, and other processes have made another one.
        try:
            new = self._open()
        except FileNotFoundError:
            return True  # the whole queue was moved, and the file along with it
        os.close(self._file)
        self._file = new
        return False

    def release(self) -> None:
        """Give the lock back."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _has_name(self) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._file))
        except FileNotFoundError:
            return False

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def opening_lock(path: str) -> LockFile:
    """Return the lock that a process holds while it opens or closes the database at ``path``. Raises OSError."""
    return LockFile(f"{path}-open")


def _pauses() -> Iterator[float]:
    """Yield seconds to wait between tries: ever longer, and of each process others. Raises LockTakenError."""
    deadline, longest = time.monotonic() + PATIENCE_S, FIRST_PAUSE_S
    while time.monotonic() < deadline:
        yield longest * (1 + time.monotonic_ns() % 1009) / 1009
        longest = min(2 * longest, LONGEST_PAUSE_S)
    raise LockTakenError
