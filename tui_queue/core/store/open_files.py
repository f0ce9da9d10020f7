"""Tells when files of an open database are removed or replaced, by their inodes.

SQLite goes on with files that have no name any more: what it writes there is lost once the last process has closed
them, and processes that open the database after that neither see nor respect it.
"""

import fcntl
import os
import struct
import sys
from contextlib import suppress

from tui_queue.core.errors import StoreError
from tui_queue.core.execution.watcher.descriptors import inode_number
from tui_queue.core.units.printable import printable

_BESIDE = ("-wal", "-shm")
_SHARED = ["1073741826", "1073742335"]  # the bytes that an open connection has locked, see os.h of SQLite
_FLOCK = "hhqqi4x"  # kind, whence, start, length and process of a lock, as Linux has them on machines of 64 bits
_ASKS = sys.platform == "linux" and sys.maxsize > 2**32

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
        self._before = {f"{path}{end}": _inode(f"{path}{end}") for end in _BESIDE}
        self._beside: dict[str, Inode | None] = {}

    def remember_others(self, *, wal: bool) -> None:
        """Remember the files beside it, which exist once a connection has used the database; raises as ``check``."""
        if wal:
            self._beside = {path: _inode(path) for path in self._before}
        self.check()

    def is_beside_others(self) -> bool:
        """Whether opening the database has made a log though other processes have it open with one that was removed."""
        before = [self._before[path] for path in self._beside]
        return before != list(self._beside.values()) and any(map(_has_removed_log, holders(self._path)))

    def check(self) -> None:
        """Raise FilesReplacedError for one that is another one now, FilesRemovedError where it can be made anew."""
        found = _inode(self._path)
        if found is None:
            raise FilesReplacedError(
                f"{printable(self._path)} was removed while the queue was open; nothing was stored."
                " Put it back, or end all tui-queue processes and see `tui-queue restore`."
            )
        if found != self._database:
            raise replaced(self._path)
        removed = ""
        for path, inode in self._beside.items():
            found = _inode(path)
            if found is None:
                removed = path
            elif found != inode:
                raise replaced(path)
        if removed:
            raise FilesRemovedError(f"{printable(removed)} was removed while the queue was open; nothing was stored.")

    @property
    def lost_inode(self) -> int:
        """The number of the inode of the database, if its name is another one's or gone, or of a replaced file."""
        found = {self._path: self._database, **self._beside}
        return next((inode[1] for path, inode in found.items() if inode and _inode(path) != inode), 0)

    def remove_new_log(self) -> None:
        """Remove the log that opening the database has made in the place of another one, unless it is in use.

        Others may have that one open still, and know what is in it. The caller has closed the database, and keeps all
        from opening it and from writing.
        """
        made = [path for path, inode in self._before.items() if self._beside[path] != inode]
        wal = f"{self._path}{_BESIDE[0]}"
        if wal in made and os.path.exists(wal) and os.path.getsize(wal):
            return
        for path in made:
            if _inode(path) == self._beside[path]:
                os.unlink(path)

    @property
    def is_another(self) -> bool:
        """Whether the database itself is another file now, or none."""
        return _inode(self._path) != self._database

    def can_be_closed(self) -> bool:
        """Whether SQLite may tidy up behind the connection.

        It would remove a log that others have made, and write outdated pages into the database.
        """
        return _inode(self._path) != self._database or all(
            _inode(path) in (None, inode) for path, inode in self._beside.items()
        )


def is_surely_unused(path: str) -> bool:
    """Whether no process has the database open, though it has no log; False also where that can't be told.

    This asks the file system, which takes microseconds; to read the kernel's list of locks, as ``holders`` does, takes
    up to 15 ms. The caller keeps other threads of this process from opening the database meanwhile: to close the
    descriptor gives back what this process itself has locked.
    """
    inode = _inode(path)
    if inode is None or not _ASKS or all(os.path.exists(f"{path}{end}") for end in _BESIDE):
        return False
    with suppress(OSError):
        if _has_open(os.getpid(), path, inode):
            return False
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            found = fcntl.fcntl(file, fcntl.F_GETLK, _would_lock())
        finally:
            os.close(file)
        kind: int = struct.unpack(_FLOCK, found)[0]
        return kind == fcntl.F_UNLCK
    return False


def _would_lock() -> bytes:
    """Return what asks for a lock on the bytes that an open connection has locked."""
    first, last = map(int, _SHARED)
    return struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, first, last - first + 1, 0)


def holder_without_log(path: str) -> int:
    """Return the number of another process that has the database open with a log that was removed; 0 for none."""
    if all(os.path.exists(f"{path}{end}") for end in _BESIDE):
        return 0
    return next(filter(_has_removed_log, holders(path)), 0)


def holders(path: str) -> list[int]:
    """Return the numbers of other processes that have the database open, as far as the kernel tells.

    It is not asked through a descriptor: to close that would give back what this process itself has locked.
    """
    inode = _inode(path)
    if inode is None:
        return []
    found = []
    with suppress(OSError), open("/proc/locks", encoding="ascii") as locks:
        for line in locks:
            words = line.split()
            if words[1:2] == ["POSIX"] and words[-2:] == _SHARED and words[-3].endswith(f":{inode[1]}"):
                found.append(int(words[-4]))
    # Another file system may have an inode of that number, and some tell the kernel another device than stat does.
    return [pid for pid in found if pid != os.getpid() and _has_open(pid, path, inode)]


def read_only(path: str) -> str:
    """Return the address by which SQLite opens a database and does not change it."""
    from urllib.parse import quote  # noqa: PLC0415 - few commands need it

    return f"file:{quote(os.fsencode(path))}?mode=ro"


def _has_open(process: int, path: str, inode: Inode) -> bool:
    """Whether a process has a file open; also where that can't be told.

    To ask for an inode waits for the disk that it is on. So what the kernel tells of itself is read first: the names,
    and the numbers of the inodes.
    """
    links = _descriptors(process)
    if links is None:
        return True
    name = os.path.basename(path)
    links.sort(key=lambda link: os.path.basename(_target(link)) != name)
    candidates = (link for link in links if inode_number(process, os.path.basename(link)) in (inode[1], None))
    return any(_inode(link) == inode for link in candidates)


def _has_removed_log(process: int) -> bool:
    """Whether a process that has the database open has a removed log open; also where that can't be told."""
    removed = tuple(f"{end} (deleted)" for end in _BESIDE)
    links = _descriptors(process)
    return links is None or any(_target(link).endswith(removed) for link in links)


def _descriptors(process: int) -> list[str] | None:
    """Return the links to what a process has open; None where the kernel does not show them to this user."""
    try:
        return [entry.path for entry in os.scandir(f"/proc/{process}/fd")]
    except PermissionError:
        return None
    except OSError:  # the process has ended
        return []


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:  # the process has closed it
        return ""


def replaced(path: str) -> FilesReplacedError:
    """Return what to say of a file that is another one now."""
    return FilesReplacedError(
        f"{printable(path)} was replaced by another file while the queue was open; nothing was stored."
        " Leave this program and start it again."
    )


def _inode(path: str) -> Inode | None:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
