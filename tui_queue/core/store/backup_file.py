"""Writes one verified copy of a database."""

import os
import sqlite3
import tempfile
from contextlib import closing, suppress

from tui_queue.core.errors import StoreError
from tui_queue.core.store.open_files import read_only
from tui_queue.core.system.disk import sync
from tui_queue.core.units.printable import printable

UNFINISHED = ".unfinished-"  # how the name of a copy begins that is being written


def write_backup(source: sqlite3.Connection, backup: str) -> None:
    """Write what a connection sees to the file ``backup``, checked and on disk when this returns.

    Raises StoreError where the copy is damaged, OSError, sqlite3.Error. There is the whole copy, or none.
    """
    directory = os.path.dirname(backup)
    with suppress(FileExistsError):
        os.mkdir(directory, 0o700)  # and none above it: the queue may have been moved
    file, temporary = tempfile.mkstemp(prefix=UNFINISHED, dir=directory)
    try:
        os.close(file)
        source.execute("VACUUM INTO ?", (temporary,))
        version = source.execute("PRAGMA user_version").fetchone()[0]
        if fault := fault_of(temporary, version):
            raise StoreError(f"{printable(backup)}: the backup is damaged: {fault}. Nothing was changed.")
        sync(temporary, os.O_RDWR)
        os.rename(temporary, backup)
        sync(directory)
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def fault_of(path: str, version: int | None = None) -> str:
    """Return what is wrong with a database, by its pages, its version and its counts of jobs; empty if nothing is."""
    try:
        with closing(sqlite3.connect(read_only(path), uri=True)) as db:
            (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                return str(found)
            (has,) = db.execute("PRAGMA user_version").fetchone()
            if not has or (version is not None and has != version):
                return f"its version is {has}"
            if _has_counts(db):
                counted = dict(db.execute("SELECT state, count(*) FROM jobs GROUP BY state"))
                if {state: jobs for state, jobs in db.execute("SELECT state, jobs FROM counts") if jobs} != counted:
                    return "it does not hold as many jobs as it counts"
    except sqlite3.Error as error:
        return str(error)
    return ""


def jobs_in(path: str) -> int | None:
    """Return how many jobs a copy holds; None where it can't be read."""
    try:
        with closing(sqlite3.connect(f"{read_only(path)}&immutable=1", uri=True)) as db:
            query = "SELECT sum(jobs) FROM counts" if _has_counts(db) else "SELECT count(*) FROM jobs"
            return int(db.execute(query).fetchone()[0])
    except sqlite3.Error:
        return None


def _has_counts(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'counts'").fetchone() is not None
