"""Locks that the kernel gives back when their holder ends, however it ends.

Three files: who holds ``lease`` is the scheduler; every process with somebody in front of it shares ``foreground``;
the one process that schedules without anybody holds ``background``. Never fcntl locks: those drop when any
descriptor of the file is closed.
"""

import asyncio
import fcntl
import os
import threading


class Lock:
    """A lock on a file; others wait for it without polling."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return self._file >= 0

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock if it is free."""
        file = self._open()
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    async def acquire(self, *, shared: bool = False) -> None:
        """Wait until the lock is ours; the wait can be cancelled."""
        if self.try_acquire(shared=shared):
            return
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()
        file = self._open()

        def wait() -> None:
            fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            try:
                loop.call_soon_threadsafe(grant)
            except RuntimeError:  # the loop is closed: nobody waits any more
                os.close(file)

        def grant() -> None:
            if granted.cancelled():
                os.close(file)
            else:
                self._file = file
                granted.set_result(None)

        # A daemon: a process that ends while it waits leaves at once.
        threading.Thread(target=wait, name=os.path.basename(self._path), daemon=True).start()
        await granted

    def release(self) -> None:
        """Let the next one have it; harmless when it is not held."""
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)

    def is_taken(self) -> bool:
        """Whether any process, this one included, holds it alone."""
        return self.held or not self._could_have(fcntl.LOCK_SH)

    def is_shared(self) -> bool:
        """Whether any process, this one included, holds it at all."""
        return self.held or not self._could_have(fcntl.LOCK_EX)

    def _could_have(self, kind: int) -> bool:
        file = self._open()
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


class Lease:
    """The right to schedule. A process in the foreground takes it back from the one in the background."""

    def __init__(self, directory: str, *, standby: bool = False) -> None:
        self._lease = Lock(os.path.join(directory, "lease"))
        self._foreground = Lock(os.path.join(directory, "foreground"))
        self._standby = standby

    async def announce(self) -> None:
        """Let the background know that somebody is here; it hears of it when it is woken next."""
        if not self._standby:
            await self._foreground.acquire(shared=True)

    async def acquire(self) -> None:
        """Wait until scheduling is ours; in the background, until nobody is in the foreground either."""
        if self._standby:
            await self._foreground.acquire()
            self._foreground.release()
        await self._lease.acquire()

    @property
    def wanted(self) -> bool:
        """Whether we should hand over: we are in the background and somebody is not."""
        return self._standby and self._foreground.is_shared()

    def hand_over(self) -> None:
        """Stop to be the scheduler."""
        self._lease.release()

    def release(self) -> None:
        """Stop to be the scheduler, or to wait for it."""
        self._lease.release()
        self._foreground.release()

    def is_held(self) -> bool:
        """Whether any process schedules now."""
        return self._lease.is_taken()
