"""Locks that the kernel gives back when their holder ends, however it ends.

Three files: who holds ``lease`` is the scheduler; every process that a user works with shares ``foreground``;
the one process that schedules in the background holds ``background``, and inherits that from its parent.
Never fcntl locks: those drop when any
descriptor of the file is closed.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from tui_queue.core.scheduling.watchdog import Watchdog, ask, sign_of_life

if TYPE_CHECKING:
    import asyncio

STOPPED_S = 10.0  # a holder that has given no sign of life for this long is passed over
POLL_S = 5.0  # how often a waiting process looks for one
CLAIMS, CLAIM_S = 50, 0.002  # to test a lock takes microseconds
RECENT_S = 90.0  # a sign of life on another host is so old at most: its clock may be another, a file server's too


class Lock:
    """A lock on a file; others wait for it without polling."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._files: list[int] = []  # none or one; a list, since to take from it is safe between threads

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return bool(self._files)

    @property
    def counts(self) -> bool:
        """Whether it is ours, and other processes find the same file: the user may have removed it."""
        for file in tuple(self._files):
            return self._has_name(file)
        return False

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock if it is free."""
        while True:
            file = self._open()
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                has_name = self._has_name(file)
            except BlockingIOError:
                os.close(file)
                return False
            except BaseException:
                os.close(file)
                raise
            if has_name:
                self._files.append(file)
                return True
            os.close(file)  # it was removed in between

    def claim(self) -> bool:
        """Take the lock unless a process holds it alone; one that only tests whether it is taken is waited out."""
        for _ in range(CLAIMS):
            if self.try_acquire():
                return True
            if not self._could_have(fcntl.LOCK_SH):
                return False
            time.sleep(CLAIM_S)
        return False

    @property
    def descriptor(self) -> int:
        """The open file, for a process that is to inherit the lock."""
        return self._files[-1]

    def adopt(self, inherited: int) -> bool:
        """Keep a lock that came with an open file; return False where that is not the file of this lock."""
        try:
            os.set_inheritable(inherited, False)
            if not os.path.samestat(os.fstat(inherited), os.stat(self._path)):
                os.close(inherited)
                return False
            fcntl.flock(inherited, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        self._files.append(inherited)
        return True

    async def acquire(self, *, shared: bool = False) -> None:
        """Wait until the lock is ours; the wait can be cancelled."""
        while not self.try_acquire(shared=shared):
            await self._wait(shared=shared)
            if self.counts:
                return
            self.release()  # the user has removed the file while we waited: the lock is that of another one

    async def _wait(self, *, shared: bool) -> None:
        import asyncio  # noqa: PLC0415 - only a scheduler has a loop

        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()
        file = self._open()

        def wait() -> None:
            fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            try:
                loop.call_soon_threadsafe(grant)
            except RuntimeError:  # the loop is closed: no caller waits any more
                os.close(file)

        def grant() -> None:
            if granted.cancelled():
                os.close(file)
            else:
                self._files.append(file)
                granted.set_result(None)

        # A daemon: a process that ends while it waits leaves at once.
        threading.Thread(target=wait, name=os.path.basename(self._path), daemon=True).start()
        await granted

    def release(self) -> None:
        """Let the next one have it; harmless when it is not held."""
        with suppress(IndexError):
            os.close(self._files.pop())

    def is_taken(self) -> bool:
        """Whether any process, this one included, holds it alone."""
        return self.held or not self._could_have(fcntl.LOCK_SH)

    def is_shared(self) -> bool:
        """Whether any process, this one included, holds it at all."""
        return self.held or not self._could_have(fcntl.LOCK_EX)

    def _could_have(self, kind: int) -> bool:
        try:
            # Network file systems want to write what is locked alone. No file is made: to look changes nothing.
            file = os.open(self._path, (os.O_RDWR if kind == fcntl.LOCK_EX else os.O_RDONLY) | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    def _has_name(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        except OSError:
            return False

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


class Lease:
    """The right to schedule. A process in the foreground takes it back from the one in the background.

    The kernel takes the lock from a process that has ended, not from one that is stopped or stuck. So a thread of the
    holder gives the lease up when the event loop does not answer, and touches the file of the lock as a sign of life
    (``Watchdog``); where none has come for a while, the waiting process schedules without the lock. Both may be wrong:
    that the store accepts only the latest holder's writes makes it safe.
    """

    def __init__(
        self, directory: str, *, standby: bool = False, is_elsewhere: Callable[[], bool] = lambda: False
    ) -> None:
        """``is_elsewhere`` says whether another host runs the queue, whose locks can't be seen from here."""
        self._is_elsewhere = is_elsewhere
        self._directory = directory
        self._place: tuple[int, int] | None = None
        with suppress(OSError):
            self._place = _identity(directory)
        self._path = os.path.join(directory, "lease")
        self._lease = Lock(self._path)
        self._foreground_path = os.path.join(directory, "foreground")
        self._foreground = Lock(self._foreground_path)
        self._standby = standby
        self._seized = False
        self._stopped_since = -1  # the sign of life of a foreground that has been passed over
        self._ours: asyncio.Task[None] | None = None
        self._watchdog: Watchdog | None = None

    async def announce(self) -> None:
        """Let the background process know that a user is here; it notices when it wakes up next."""
        if not self._standby:
            if not self._foreground.held:
                await self._foreground.acquire(shared=True)
            os.utime(self._foreground_path)

    async def acquire(self, *, in_thread: Callable[[], None]) -> None:
        """Wait until scheduling is ours; in the background, until no process is in the foreground either.

        From then on ``held`` says whether it still is; ``in_thread`` is called when that may have changed.
        """
        import asyncio  # noqa: PLC0415 - only a scheduler has a loop

        turn = asyncio.create_task(self._wait_for_turn())
        try:
            self._seized = not await self._outlive(turn)
        finally:
            turn.cancel()
        if self._seized:
            self._stopped_since = sign_of_life(self._foreground_path)
            self._ours = asyncio.create_task(self._lease.acquire())
        self._watchdog = Watchdog(
            self._path, has_moved=self.has_moved, stuck=self._give_up, moved=self._leave, in_loop=in_thread
        )

    @property
    def held(self) -> bool:
        """Whether scheduling is ours, as far as we know."""
        return self._seized or self._lease.counts

    def say_version(self, epoch: int, version: str) -> None:
        """Write down which version of the program schedules now; a later reader knows it by the epoch."""
        line = f"{epoch} {version}\n".encode()
        if not self._lease.held:  # seized from a process that is stopped and has the file open
            return
        with suppress(OSError):  # not by opening the file: that asks for a sign of life
            os.pwrite(self._lease.descriptor, line, 0)
            os.ftruncate(self._lease.descriptor, len(line))

    def version_of(self, epoch: int) -> str:
        """Return the version of the program that schedules since this epoch; empty where it has not said it."""
        try:
            with open(self._path, "rb") as file:
                said, _, version = file.read(100).decode("utf-8", "replace").strip().partition(" ")
        except OSError:
            return ""
        return version if said == str(epoch) else ""

    @property
    def wanted(self) -> bool:
        """Whether we should hand over: this process is in the background and another one is not."""
        return (
            self._standby
            and self._foreground.is_shared()
            and not (self._seized and sign_of_life(self._foreground_path) == self._stopped_since)
        )

    def hand_over(self) -> None:
        """Stop to be the scheduler."""
        self._seized = False
        if self._watchdog is not None:
            self._watchdog.end()
        if self._ours is not None:
            self._ours.cancel()
        self._lease.release()

    def release(self) -> None:
        """Stop to be the scheduler, or to wait for it."""
        self.hand_over()
        self._foreground.release()

    def has_moved(self) -> bool:
        """Whether the directory was moved or deleted since: then each path of ours leads elsewhere, or nowhere."""
        try:
            return self._place is not None and _identity(self._directory) != self._place
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:  # a disk that can't be read for a while
            return False

    def is_held(self) -> bool:
        """Whether any process schedules now."""
        if self._is_elsewhere():
            return time.time() - sign_of_life(self._path) / 1e9 < RECENT_S
        return self._lease.is_taken()

    async def _wait_for_turn(self) -> None:
        if self._standby:
            await self._foreground.acquire()
            self._foreground.release()
        await self._lease.acquire()

    async def _outlive(self, turn: "asyncio.Task[None]") -> bool:
        """Return True when our turn has come, False when the holder has shown no sign of life for too long."""
        import asyncio  # noqa: PLC0415 - only a scheduler has a loop

        seen, since = sign_of_life(self._path), time.monotonic()
        ask(self._path)
        while not (await asyncio.wait({turn}, timeout=POLL_S))[0]:
            sign = sign_of_life(self._path)
            if sign != seen:
                seen, since = sign, time.monotonic()
            elif time.monotonic() - since >= STOPPED_S:
                return False
            ask(self._path)
        turn.result()
        return True

    def _leave(self) -> None:
        self._seized = False
        self._lease.release()

    def _give_up(self) -> None:
        """Let another process schedule, also one that leaves that to the foreground."""
        self._leave()
        self._foreground.release()


def _identity(directory: str) -> tuple[int, int]:
    found = os.stat(directory)
    return found.st_dev, found.st_ino
