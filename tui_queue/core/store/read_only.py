"""Reads a database that nothing can be written beside: in a backup, on a read-only file system, without permission.

SQLite reads a log of changes (``-wal``) only with its shared memory (``-shm``), which it would have to make. So what
has both is read as any other; what has no log is read as a file that does not change; all else from a copy.
"""

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, TypeVar

from tui_queue.core.errors import StoreError
from tui_queue.core.store import schema
from tui_queue.core.store.database_copy import DatabaseCopy
from tui_queue.core.units.printable import printable

T = TypeVar("T")
_Stamp = tuple[tuple[int, int, int] | None, ...]

LOGS = ("-wal", "-journal")
TRIES = 3  # at a copy of what is being written
_ERRNOS = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CODES = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def is_obstacle(error: BaseException | None) -> bool:
    """Whether an error says that something can't be written, and nothing about what can be read."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _CODES
    return isinstance(error, OSError) and error.errno in _ERRNOS


class Source:
    """The database at ``path``, as it is at each reading; for one thread.

    Where there is none, an empty one in memory stands for it. With ``is_copied`` a
    copy is read in any case: another host may write it.
    """

    def __init__(self, path: str, *, is_copied: bool = False) -> None:
        self._path = path
        self._copy = DatabaseCopy(path) if is_copied else None
        self._db: sqlite3.Connection | None = None
        self._live = False
        self._stamp: _Stamp = ()

    def read(self, _: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        """Call ``work`` with a connection to it. Raises sqlite3.Error and StoreError."""
        if self._copy is not None:
            return work(self._copied(self._copy))
        stamp = _stamp(self._path)
        if self._db is None or (not self._live and stamp != self._stamp):
            self.close()
            self._db, self._live = connect(self._path)
            self._stamp = stamp
        return work(self._db)

    def _copied(self, copy: DatabaseCopy) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect("", isolation_level=None)  # a file of its own, which SQLite deletes at once
            self._db.row_factory = sqlite3.Row
        copy.refresh(self._db)
        return self._db

    def refuse(self, db: sqlite3.Connection, work: Callable[[sqlite3.Connection], object], refusal: str) -> NoReturn:
        """Raise what ``work`` raises for itself, a job that does not exist say; else StoreError with ``refusal``."""

        def undone(found: sqlite3.Connection) -> None:
            found.execute("BEGIN")
            try:
                work(found)
            finally:
                if found.in_transaction:
                    found.execute("ROLLBACK")

        with suppress(sqlite3.Error):
            self.read(db, undone)
        raise StoreError(refusal)

    def close(self, _: sqlite3.Connection | None = None) -> None:
        """Let go of it."""
        if self._db is not None:
            self._db.close()
            self._db = None


def connect(path: str) -> tuple[sqlite3.Connection, bool]:
    """Return a connection that reads a database, and whether it sees what others write from now on.

    Raises sqlite3.Error and StoreError.
    """
    if not os.path.exists(path):
        db = sqlite3.connect(":memory:", isolation_level=None)
        db.row_factory = sqlite3.Row
        schema.migrate(db, path)
        return db, False
    if os.path.exists(f"{path}-wal") and os.path.exists(f"{path}-shm") and (found := _opened(path, "mode=ro")):
        return found, True
    if not _has_logs(path) and (found := _opened(path, "mode=ro&immutable=1")):
        return found, False
    return _prepared(_copied(path)), False


def _opened(path: str, options: str) -> sqlite3.Connection | None:
    """Return a connection to the database itself; None where it can't be read so, or has an earlier version."""
    db = sqlite3.connect(uri(path, options), uri=True, isolation_level=None)
    try:
        if schema.is_newest(db):
            return _prepared(db)
    except sqlite3.OperationalError:
        pass
    except BaseException:
        db.close()
        raise
    db.close()
    return None


def _copied(path: str) -> sqlite3.Connection:
    """Return a connection to a copy, brought to the newest version; its files have no names any more."""
    import shutil  # noqa: PLC0415 - seldom needed, and takes long
    import tempfile  # noqa: PLC0415 - as above

    try:
        directory = tempfile.mkdtemp(prefix="tui-queue-")
    except OSError as error:
        raise _no_copy(path, error) from error
    copy, db = os.path.join(directory, "queue.db"), None
    try:
        for _ in range(TRIES):
            before = _stamp(path)
            for ending in ("", *LOGS):
                with suppress(FileNotFoundError):
                    os.unlink(copy + ending)
                with suppress(FileNotFoundError):
                    shutil.copyfile(path + ending, copy + ending)
            if _stamp(path) == before:
                break
        db = sqlite3.connect(copy, isolation_level=None)
        schema.migrate(db, copy)
        db.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except BaseException as error:
        if db is not None:
            db.close()
        if isinstance(error, OSError):
            raise _no_copy(path, error) from error
        raise
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return db


def _no_copy(path: str, error: OSError) -> StoreError:
    return StoreError(
        f"{printable(path)}: it can be read from a copy only, and that can't be made: {error.strerror or error}. "
        "Set TMPDIR to a directory with room for one."
    )


def _prepared(db: sqlite3.Connection) -> sqlite3.Connection:
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA query_only = ON")
    return db


def _has_logs(path: str) -> bool:
    """Whether there are changes which the database itself has not."""
    return any(found is not None and found[1] for found in _stamp(path)[1:])


def _stamp(path: str) -> _Stamp:
    """Return what is another when the database, or what is logged beside it, has changed."""
    return tuple(_stamp_of(path + ending) for ending in ("", *LOGS))


def _stamp_of(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def uri(path: str, options: str) -> str:
    """Return the URI by which SQLite opens a path with these options."""
    quoted = "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in b"/-._" else f"%{byte:02X}"
        for byte in os.fsencode(path)
    )
    return f"file:{quoted}?{options}"
