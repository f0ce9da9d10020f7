"""Write-ahead logging in spite of the WAL-reset bug of SQLite before 3.51.3.

That bug corrupts a database when one connection commits while another one is in a checkpoint. So SQLite is not left to
decide on checkpoints, and a lock keeps them apart from transactions that write: those share it, a checkpoint needs it
alone. The one checkpoint that SQLite does by itself, when the last connection is closed, has the database alone too.
https://www.sqlite.org/wal.html#walresetbug
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 60.0  # how long a writer waits for whoever has the database: hundreds may be before it on a slow disk
EVERY = 200  # transactions between two checkpoints: a log of some megabytes


class WriteGate:
    """Keeps the transactions that write to one database apart from its checkpoints; for one thread."""

    def __init__(self, path: str) -> None:
        self._file = os.open(f"{path}-gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._written = 0

    @contextmanager
    def writing(self, db: sqlite3.Connection) -> Iterator[None]:
        """Pass as one who writes; now and then make a checkpoint behind it. Raises sqlite3.OperationalError."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._try(fcntl.LOCK_SH):
            if time.monotonic() > deadline:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(0.005)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._written += 1
        if self._written >= EVERY and self._try(fcntl.LOCK_EX):
            try:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
            self._written = 0

    def close(self) -> None:
        """Let go of the lock's file."""
        os.close(self._file)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def configure(db: sqlite3.Connection) -> None:
    """Choose durable settings for one connection: a commit is on disk when it returns."""
    db.execute(f"PRAGMA busy_timeout = {PATIENCE_S * 1000:.0f}")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA temp_store = MEMORY")  # a full /tmp must not keep a change from a disk with room
    db.execute("PRAGMA journal_size_limit = 4194304")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    if _use_wal(db) == "wal":
        db.execute("PRAGMA synchronous = FULL")
    else:  # a file system without shared memory
        db.execute("PRAGMA journal_mode = TRUNCATE")
        db.execute("PRAGMA synchronous = EXTRA")


def _use_wal(db: sqlite3.Connection) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            mode: str = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError:
            # Others open a new database at the same moment; here SQLite does not wait by itself.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return mode
