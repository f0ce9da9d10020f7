"""Copies a database that another machine may be writing, so that this one reads it without any lock of SQLite's.

The log is read, then the database, then the log again. Where the second log only goes on where the first one ends, no
new log was begun in between: what a checkpoint has changed in the database during the copy stands in the log too, and
a reader takes it from there. So the copy is one state of the database, the latest that was committed. Nothing
of the other machine's is opened for writing, and its index of the log (``-shm``) is not opened at all.
"""

import os
import sqlite3
import subprocess
import time
from contextlib import closing, suppress

from tui_queue.core.errors import StoreError
from tui_queue.core.store import schema
from tui_queue.core.units.printable import printable

PATIENCE_S = 30.0  # how long a copy is tried, while the other machine changes the database all the time
SETTLED_S = 1.0  # in which a file server may give two changes the same time
SHARE = 10  # times the duration of a copy: the pause before the next, so that a large one takes a tenth of the time
HEADER = 32  # bytes of the log that say which log it is

_Signature = tuple[tuple[int, int, int] | None, ...]


class DatabaseCopy:
    """The copy of the database at ``path`` that one process reads."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._signature: _Signature | None = None
        self._first_seen = 0.0  # when the database was seen to be as it is in the copy
        self._copied_at = 0.0
        self._took_s = 0.0

    def refresh(self, db: sqlite3.Connection) -> None:
        """Fill ``db``, a database of its own, with what the other one holds now; blocks. Raises StoreError."""
        now = time.monotonic()
        if self._signature is not None and now < self._copied_at + self._took_s * SHARE:
            return
        signature = self._look()
        if signature != self._signature:
            self._first_seen = now
        elif self._copied_at >= self._first_seen + SETTLED_S or now < self._first_seen + SETTLED_S:
            return
        try:
            self._copy(db)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{printable(self._path)}: can't be copied to read it: {error}.") from error
        self._signature, self._copied_at = signature, time.monotonic()
        self._took_s = self._copied_at - now

    def _look(self) -> _Signature:
        return _status(self._path), *(_identity(f"{self._path}{end}") for end in ("-wal", "-journal"))

    def _copy(self, db: sqlite3.Connection) -> None:
        import tempfile  # noqa: PLC0415 - seldom needed, and takes long

        with tempfile.TemporaryDirectory(prefix="tui-queue-", ignore_cleanup_errors=True) as directory:
            copy = os.path.join(directory, "queue.db")
            if self._copy_files(copy):
                with closing(sqlite3.connect(copy)) as source:
                    source.execute("PRAGMA journal_mode = DELETE")  # takes the log into the database
                    source.backup(db)
        schema.migrate(db, None)

    def _copy_files(self, copy: str) -> bool:
        """Copy the database and its log; return False where there is no database yet."""
        deadline, pause = time.monotonic() + PATIENCE_S, 0.01
        while True:
            before, log = self._look(), _content(f"{self._path}-wal")
            if not _copied(self._path, copy):
                return False
            later = _content(f"{self._path}-wal")
            same = before == self._look()
            if (later.startswith(log) if len(log) >= HEADER else same) and not _content(f"{self._path}-journal"):
                with open(f"{copy}-wal", "wb") as file:
                    file.write(later)
                return True
            if time.monotonic() > deadline:
                raise sqlite3.OperationalError("the other host writes to it all the time; try again later")
            time.sleep(pause)
            pause = min(2 * pause, 1.0)


def _copied(path: str, copy: str) -> bool:
    """Copy a database; return False where there is none.

    Another program does it. This process may have the database open since the time when this host had the queue, and to
    close any descriptor of it would give back what SQLite has locked.
    """
    done = subprocess.run(["cp", "--", path, copy], check=False, capture_output=True)
    if done.returncode and os.path.exists(path):
        raise OSError(done.stderr.decode(errors="replace").strip())
    return not done.returncode


def _status(path: str) -> tuple[int, int, int] | None:
    with suppress(FileNotFoundError):
        found = os.stat(path)
        return found.st_ino, found.st_size, found.st_mtime_ns
    return None


def _identity(path: str) -> tuple[int, int, int] | None:
    """Return what changes with each change of a file. It is opened, since only then a file server is asked again."""
    with suppress(FileNotFoundError):
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            found = os.fstat(file)
        finally:
            os.close(file)
        return found.st_ino, found.st_size, found.st_mtime_ns
    return None


def _content(path: str) -> bytes:
    with suppress(FileNotFoundError), open(path, "rb") as file:
        return file.read()
    return b""
