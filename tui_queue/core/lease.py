"""Which process is the scheduler now: the one that holds the lock on the lease file.

The kernel releases a flock when its holder ends, however it ends. Never fcntl locks: those drop when any
descriptor of the file is closed.
"""

import asyncio
import fcntl
import os
import threading
from contextlib import suppress


class Lease:
    """A lock that one process holds; others wait for it without polling."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1

    def try_acquire(self) -> bool:
        """Take the lease if it is free."""
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    async def acquire(self) -> None:
        """Wait until the lease is ours; the wait can be cancelled."""
        if self.try_acquire():
            return
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()
        file = self._open()

        def wait() -> None:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                loop.call_soon_threadsafe(grant)
            except RuntimeError:  # the loop is closed: nobody waits any more
                os.close(file)

        def grant() -> None:
            if granted.cancelled():
                os.close(file)
            else:
                granted.set_result(None)

        # A daemon: a process that ends while it waits leaves at once.
        threading.Thread(target=wait, name="lease", daemon=True).start()
        await granted
        self._file = file

    def release(self) -> None:
        """Let the next one have it; harmless when it is not held."""
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)

    def is_held(self) -> bool:
        """Whether any process, this one included, holds the lease now."""
        if self._file >= 0:
            return True
        with suppress(FileNotFoundError):
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(file)
        return False

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
