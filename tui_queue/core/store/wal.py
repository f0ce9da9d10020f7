"""Write-ahead logging in spite of the WAL-reset bug of SQLite before 3.51.3.

That bug corrupts a database when one connection commits while another one is in a checkpoint. So SQLite is not left to
decide on checkpoints, and a lock keeps them apart from transactions that write: those share it, a checkpoint needs it
alone. The one checkpoint that SQLite does by itself, when the last connection is closed, has the database alone too.
https://www.sqlite.org/wal.html#walresetbug
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tui_queue.core.store.lock_file import PATIENCE_S, LockFile, LockTakenError

EVERY = 200  # transactions between two checkpoints: a log of some megabytes


class WriteGate:
    """Keeps the transactions that write to one database apart from its checkpoints; for one thread."""

    def __init__(self, path: str) -> None:
        self._lock = LockFile(f"{path}-gate")
        self._written = 0

    @contextmanager
    def writing(self, db: sqlite3.Connection) -> Iterator[None]:
        """Pass as one who writes; now and then make a checkpoint behind it. Raises sqlite3.OperationalError."""
        with self._passed(shared=True):
            yield
        self._written += 1
        if self._written >= EVERY and self._lock.try_acquire():
            try:
                # Where that fails, on a full disk say, the log grows; what was written is safe.
                with suppress(sqlite3.OperationalError):
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                self._lock.release()
            self._written = 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Pass when no process writes, and keep all from it. Raises sqlite3.OperationalError."""
        with self._passed(shared=False):
            yield

    def close(self) -> None:
        """Let go of the lock's file."""
        self._lock.close()

    @contextmanager
    def _passed(self, *, shared: bool) -> Iterator[None]:
        try:
            with self._lock.held(shared=shared):
                yield
        except LockTakenError:
            raise sqlite3.OperationalError("database is locked") from None


def configure(db: sqlite3.Connection) -> bool:
    """Choose durable settings for one connection: a commit is on disk when it returns; return whether it has a WAL."""
    db.execute(f"PRAGMA busy_timeout = {PATIENCE_S * 1000:.0f}")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA temp_store = MEMORY")  # a full /tmp must not keep a change from a disk with room
    db.execute("PRAGMA journal_size_limit = 4194304")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    if _use_wal(db) == "wal":
        db.execute("PRAGMA synchronous = FULL")
        return True
    # A file system without shared memory.
    db.execute("PRAGMA journal_mode = TRUNCATE")
    db.execute("PRAGMA synchronous = EXTRA")
    return False


@contextmanager
def unsynced(db: sqlite3.Connection) -> Iterator[None]:
    """Have commits not wait for the disk: after a power cut the log ends with the last one that did."""
    db.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        db.execute("PRAGMA synchronous = FULL")


def _use_wal(db: sqlite3.Connection) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            mode: str = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            # Others open a new database at the same moment; here SQLite does not wait by itself.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return mode
