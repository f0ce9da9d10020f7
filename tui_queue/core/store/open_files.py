"""Tells when files of an open database are removed or replaced, by their inodes.

SQLite goes on with files that have no name any more: what it writes there is lost once the last process has closed
them, and processes that open the database meanwhile neither see nor respect it.
"""

import fcntl
import os
import struct
import sys

from tui_queue.core.errors import StoreError
from tui_queue.core.units.printable import printable

_BESIDE = ("-wal", "-shm")
_WAL_FORMAT = slice(18, 20)  # bytes of the header that say how the database is written: 2 for a write-ahead log
# The bytes that an open connection in WAL mode has locked, see os.h of SQLite; struct flock of 64-bit Linux.
_SHARED = (0x40000002, 510)
_FLOCK = "hhqqi4x"

Inode = tuple[int, int]


class FilesRemovedError(StoreError):
    """Files beside the database were removed while it was open; closing it and opening it again makes them anew."""


class FilesReplacedError(StoreError):
    """The database, or a file beside it, is another one than was opened."""


class OpenFiles:
    """The files of one open database, as they were when it was opened."""

    def __init__(self, path: str) -> None:
        """Remember the database, before it is opened."""
        self._path = path
        self._database = _inode(path)
        self._beside: dict[str, Inode | None] = {}

    def remember_others(self, *, wal: bool) -> None:
        """Remember the files beside it, which exist once a connection has used the database; raises as ``check``."""
        if wal:
            self._beside = {f"{self._path}{end}": _inode(f"{self._path}{end}") for end in _BESIDE}
        self.check()

    def check(self) -> None:
        """Raise FilesReplacedError for one that is another one now, FilesRemovedError where it can be made anew."""
        found = _inode(self._path)
        if found is None:
            raise FilesReplacedError(
                f"{printable(self._path)} was removed while the queue was open; nothing was stored."
                " Put it back, or end all tui-queue processes and see `tui-queue restore`."
            )
        if found != self._database:
            raise _replaced(self._path)
        removed = ""
        for path, inode in self._beside.items():
            found = _inode(path)
            if found is None:
                removed = path
            elif found != inode:
                raise _replaced(path)
        if removed:
            raise FilesRemovedError(f"{printable(removed)} was removed while the queue was open; nothing was stored.")

    @property
    def moved(self) -> int:
        """The number of the database's inode where that has no name any more or another one; else 0."""
        return self._database[1] if self._database is not None and _inode(self._path) != self._database else 0

    def can_be_closed(self) -> bool:
        """Whether SQLite may tidy up behind the connection.

        It would remove a log that others have made, and write outdated pages into the database.
        """
        return _inode(self._path) != self._database or all(
            _inode(path) in (None, inode) for path, inode in self._beside.items()
        )


def holder_without_log(path: str) -> int:
    """Return the number of another process that has the database open though its log was removed; 0 for none."""
    return holder(path) if lacks_log(path) else 0


def lacks_log(path: str) -> bool:
    """Whether a file is missing that lies beside the database as long as a process has it open."""
    if all(os.path.exists(f"{path}{end}") for end in _BESIDE):
        return False
    with open(path, "rb") as file:
        return b"\2" in file.read(20)[_WAL_FORMAT]


def holder(path: str) -> int:
    """Return the number of another process that has the database open; 0 where there is none, or it can't be told."""
    if sys.platform != "linux":
        return 0
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, *_SHARED, 0)
    with open(path, "rb") as file:
        kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    return 0 if kind == fcntl.F_UNLCK else pid or -1


def read_only(path: str) -> str:
    """Return the address by which SQLite opens a database and does not change it."""
    from urllib.parse import quote  # noqa: PLC0415 - few commands need it

    return f"file:{quote(os.fsencode(path))}?mode=ro"


def _replaced(path: str) -> FilesReplacedError:
    return FilesReplacedError(
        f"{printable(path)} was replaced by another file while the queue was open; nothing was stored."
        " Leave this program and start it again."
    )


def _inode(path: str) -> Inode | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
