"""The highest job number that was ever given, kept in a file apart from the database.

A copy of the database, or a part of it that is lost, does not take the file along: it tells that numbers are missing,
and no number is given a second time. The file is one line, a JSON record and its CRC-32: ``highest`` is the number
itself, written after each commit and not synced, ``boot`` the start of the machine in which that was written, and
``reserved`` a number above it that is on disk before it is reached.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property

from msgspec import Struct

from tui_queue.core.execution.watcher.records import sealed, unsealed
from tui_queue.core.system.disk import sync
from tui_queue.core.system.machine import boot_id

BLOCK = 1_000  # numbers for each sync
PATIENCE_S = 1.0  # for another process that writes the file
ROOM = 256  # bytes, more than the line takes


class _Record(Struct, frozen=True):
    highest: int = 0
    reserved: int = 0
    boot: str = ""


class NumbersFile:
    """The file beside the database at ``path``."""

    def __init__(self, path: str) -> None:
        self._path = os.path.join(os.path.dirname(path), "numbers")
        self._noted = 0

    def highest(self) -> int:
        """Return the highest number that is known to have been given; without the file, the highest that has run."""
        return self._read().highest or highest_run(os.path.join(os.path.dirname(self._path), "runs"))

    def limit(self) -> int:
        """Return a number that no number that was given is above, even after the machine has lost power."""
        record = self._read()
        return record.highest if record.boot and record.boot == self._boot else record.reserved

    def note(self, number: int) -> None:
        """Remember that all numbers up to this one have been given, once the store has them on disk. Raises OSError."""
        if number <= self._noted:
            return
        is_new = not os.path.exists(self._path)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with _locked(file):
                before = _record(os.pread(file, ROOM, 0))
                if number > before.highest:
                    reserved = before.reserved
                    if number > reserved:
                        reserved = (number // BLOCK + 1) * BLOCK
                    record = {"highest": number, "reserved": reserved, "boot": self._boot}
                    os.pwrite(file, sealed(record).ljust(ROOM), 0)
                    if reserved != before.reserved:
                        os.fsync(file)
        finally:
            os.close(file)
        if is_new:
            sync(os.path.dirname(self._path))
        self._noted = number

    @cached_property
    def _boot(self) -> str:
        return boot_id()

    def _read(self) -> _Record:
        with suppress(FileNotFoundError, NotADirectoryError), open(self._path, "rb") as file:
            return _record(file.read(ROOM))
        return _Record()


def newest(db: sqlite3.Connection) -> int:
    """Return the highest number that a job of this database has ever had."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    return 0 if row is None else row[0]


def highest_run(runs: str) -> int:
    """Return the highest number of a job that has a directory in the directory of all runs."""
    with suppress(OSError):
        return max((int(name) for name in os.listdir(runs) if name.isdecimal()), default=0)
    return 0


def _record(text: bytes) -> _Record:
    found = unsealed(text.partition(b"\n")[0])
    return _Record() if found is None else _Record(**found)


@contextmanager
def _locked(file: int) -> Iterator[None]:
    """Hold the lock of the file; closing it gives the lock back. Raises BlockingIOError."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            break
    yield
