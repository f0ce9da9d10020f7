"""Tells that files were changed or opened by any process that this machine's kernel serves (inotify, Linux).

What another machine does to a network file system is not told: ``inspection.file_systems`` says where that may be.
"""

import asyncio
import os
import sys
from contextlib import suppress

# Kinds of events, as inotify(7) numbers them.
MODIFY, ATTRIB, OPEN, MOVED_TO, DELETE_SELF, MOVE_SELF = 0x2, 0x4, 0x20, 0x80, 0x400, 0x800


class FileEvents:
    """What happens to the files that are watched; made once for each place that waits for it."""

    def __init__(self) -> None:
        """Raise OSError where the kernel tells nothing, or to no more processes of this user."""
        if sys.platform != "linux":
            raise OSError("this system has no inotify")
        import ctypes  # noqa: PLC0415 - commands that end at once do without

        self._libc = ctypes.CDLL(None, use_errno=True)
        self._errno = ctypes.get_errno
        self._file = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def _checked(self, result: int) -> int:
        if result < 0:
            raise OSError(self._errno(), os.strerror(self._errno()))
        return result

    def watch(self, path: str, events: int) -> None:
        """Tell of these events from now on; again for a path that leads to another file now. Raises OSError."""
        self._checked(self._libc.inotify_add_watch(self._file, os.fsencode(path), events))

    def fileno(self) -> int:
        """Return the descriptor that can be read once something has happened."""
        return self._file

    def forget(self) -> None:
        """Take what has happened for known."""
        with suppress(BlockingIOError):
            while os.read(self._file, 65536):
                pass

    async def next(self) -> None:
        """Wait until something happens."""
        loop = asyncio.get_running_loop()
        happened = asyncio.Event()
        loop.add_reader(self._file, happened.set)
        try:
            await happened.wait()
        finally:
            loop.remove_reader(self._file)
        self.forget()

    def close(self) -> None:
        """Watch no more."""
        os.close(self._file)
