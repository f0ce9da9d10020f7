"""Keeps a database that is missing, empty or still in use without its log from being taken for a new one."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress

from tui_queue.core.errors import StoreError
from tui_queue.core.store.numbers import NumbersFile
from tui_queue.core.store.open_files import holder_without_log, read_only
from tui_queue.core.system import event_loop
from tui_queue.core.units.printable import printable

PATIENCE_S = 5.0  # for processes that have the database open to write down what its removed log held
RESTORE = "`tui-queue restore` lists the backups; `tui-queue doctor --repair` helps where there is none"


async def ensure_present(path: str, *, wake: Callable[[], None]) -> None:
    """Raise StoreError where the database can't be opened without losing what it held.

    Where its log was removed while other processes have it open, ``wake`` makes them save what they know of it.
    """
    ensure_not_lost(path)
    if not _size(path) or not holder_without_log(path):
        return
    deadline = time.monotonic() + PATIENCE_S
    wake()
    while pid := holder_without_log(path):  # also where a process is opening or closing it at this moment
        if time.monotonic() > deadline:
            raise StoreError(
                f"{printable(path)}-wal or -shm was removed while process {pid} had the queue open, and that process"
                " does not answer. End it, and try again."
            )
        await event_loop.sleep(0.01)


def ensure_not_lost(path: str) -> None:
    """Raise StoreError where there is no database, or an empty one, though there was a queue."""
    if _size(path):
        return
    # In this order: a queue that another process makes at this moment gets its database first.
    trace = trace_of_queue(path)
    if trace and not _size(path):
        what = "is empty" if os.path.exists(path) else "is missing"
        raise StoreError(f"{printable(path)} {what}, but {printable(trace)}. Nothing was changed. {RESTORE}.")


def ensure_not_emptied(path: str, db: sqlite3.Connection) -> None:
    """Raise StoreError for a database without any table where there was a queue."""
    trace = trace_of_queue(path) if db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None else ""
    if trace and not trace.startswith("queue.db-wal"):
        raise StoreError(f"{printable(path)} holds nothing, but {printable(trace)}. Nothing was changed. {RESTORE}.")


def damage_of(path: str) -> str:
    """Return why the database can't be used and another one has to take its place; empty where it can.

    Raises StoreError where it can't be read for another reason, such as an error of the disk.
    """
    try:
        ensure_not_lost(path)
        if not _size(path):
            return ""
        with closing(sqlite3.connect(read_only(path), uri=True, timeout=PATIENCE_S)) as db:
            ensure_not_emptied(path, db)
            (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except StoreError as error:
        return str(error).partition(" Nothing was changed.")[0]
    except sqlite3.Error as error:
        if not is_damage(error):
            raise StoreError(f"{printable(path)} can't be read: {error}. Nothing was changed.") from error
        said = str(error)
    return "" if said == "ok" else f"{printable(path)} is damaged: {said}."


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the database itself is damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def trace_of_queue(path: str) -> str:
    """Return what beside a database shows that it has held jobs; empty where nothing does."""
    directory = os.path.dirname(path)
    if _size(f"{path}-wal"):
        return "queue.db-wal beside it holds changes"
    if highest := NumbersFile(path).highest():
        return f"jobs up to number {highest} were added to this queue"
    with suppress(OSError):
        if any(name.endswith(".db") for name in os.listdir(os.path.join(directory, "backups"))):
            return "backups/ beside it holds backups"
    return ""


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
