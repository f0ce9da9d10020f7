"""Tells every process that uses the same store that something changed.

Each listener owns a named pipe in one directory; a process that has committed a change writes a byte to all of them.
A lost byte does little harm: the store is the truth, and the scheduler looks at it now and then anyway. Pipes, not
sockets: a socket's path may have about 100 bytes only.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

if TYPE_CHECKING:
    import asyncio

PAUSE_S = 0.05
CALL = b"!"  # another process has changed something: the scheduler reads the store
CHANGED = b"."  # what the scheduler itself has done: it need not look


def wake_listeners(directory: str, what: bytes = CALL) -> None:
    """Wake every listener; pipes without a reader are removed."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return
    for name in names:
        if not name.startswith("."):
            _wake_one(os.path.join(directory, name), what)


def _wake_one(path: str, what: bytes) -> None:
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:
            with suppress(OSError):
                os.unlink(path)
        return
    try:
        with suppress(BlockingIOError, BrokenPipeError):  # full: the listener has news already
            os.write(pipe, what)
    finally:
        os.close(pipe)


class Waker:
    """Tells the news of a scheduler: at once, and when there are more soon after, once more at the end of a pause."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._pause: asyncio.TimerHandle | None = None
        self._again = False

    def __call__(self) -> None:
        """Tell all listeners that something has changed."""
        if self._pause is not None:
            self._again = True
            return
        import asyncio  # noqa: PLC0415 - only a scheduler has a loop

        self._again = False
        wake_listeners(self._directory, CHANGED)
        self._pause = asyncio.get_running_loop().call_later(PAUSE_S, self._over)

    def call(self) -> None:
        """Have the scheduler read the store now."""
        wake_listeners(self._directory)

    def _over(self) -> None:
        self._pause = None
        if self._again:
            self()


class Listener:
    """Calls back in the event loop whenever a process writes to the pipe; an async context manager.

    ``called`` is for a scheduler, which is left alone by what a scheduler has done.
    """

    def __init__(
        self, directory: str, callback: Callable[[], None], *, called: Callable[[], None] | None = None
    ) -> None:
        self._directory = directory
        self._callback = callback
        self._called = called
        self._path = ""
        self._pipe = -1
        self._loop: asyncio.AbstractEventLoop

    async def __aenter__(self) -> Self:
        import asyncio  # noqa: PLC0415 - few commands listen

        with suppress(FileExistsError):
            os.mkdir(self._directory, 0o700)
        name = f"{os.getpid()}-{uuid4().hex[:8]}"
        hidden = os.path.join(self._directory, f".{name}")
        os.mkfifo(hidden, 0o600)
        # Opened for both, so that the pipe never reaches its end; renamed only once it is read.
        self._pipe = os.open(hidden, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._path = os.path.join(self._directory, name)
        os.rename(hidden, self._path)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pipe, self._heard)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.remove_reader(self._pipe)
        os.close(self._pipe)
        with suppress(FileNotFoundError):
            os.unlink(self._path)

    def _heard(self) -> None:
        heard = b""
        with suppress(BlockingIOError):
            heard = os.read(self._pipe, 4096)
        if self._called is not None and CALL in heard:
            self._called()
        self._callback()
