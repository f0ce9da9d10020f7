"""Puts a backup, or an empty store, in the place of the present store, which is put aside."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime

from msgspec import Struct

from tui_queue.core.errors import BadInputError, NoSuchReferenceError, StoreError
from tui_queue.core.execution.aside import Aside
from tui_queue.core.recovery.backups import Backup
from tui_queue.core.recovery.runs_on_disk import RunsOnDisk
from tui_queue.core.recovery.settlement import Settled, put_unknown_aside, settle
from tui_queue.core.store import schema
from tui_queue.core.store.backup_file import fault_of
from tui_queue.core.store.lock_file import LockTakenError, opening_lock
from tui_queue.core.store.numbers import NumbersFile, newest
from tui_queue.core.store.open_files import read_only
from tui_queue.core.store.wal import WriteGate
from tui_queue.core.system.disk import sync
from tui_queue.core.units.printable import printable

_FILES = ("queue.db", "queue.db-wal", "queue.db-shm", "queue.db-journal")


class Restored(Struct, frozen=True):
    """What was put in place: ``backup`` is None for an empty store; ``aside`` is where the files before it lie."""

    backup: Backup | None
    aside: str
    held: tuple[int, ...]
    followed: tuple[int, ...]


def latest(backups: Sequence[Backup]) -> Backup:
    """Return the latest backup that is whole. Raises BadInputError."""
    for backup in backups:
        if not fault_of(backup.path):
            return backup
    raise BadInputError("backup", "There is no backup that is whole; a scheduler makes one a day.")


def named(backups: Sequence[Backup], name: str) -> Backup:
    """Return the backup of this name, with or without its end.

    Raises NoSuchReferenceError, and StoreError for a damaged one.
    """
    for backup in backups:
        if name in (backup.name, backup.name.removesuffix(".db")):
            if fault := fault_of(backup.path):
                raise StoreError(f"{printable(backup.path)} is damaged: {fault}. Choose another backup.")
            return backup
    raise NoSuchReferenceError("backup", f"{printable(name)}: no such backup; `tui-queue restore` lists them.")


def put_in_place(path: str, backup: Backup | None) -> Restored:
    """Put a backup, or an empty store, in the place of the store at ``path``, which no process has open.

    Raises StoreError, OSError, sqlite3.Error; then the store is as it was.
    """
    state = os.path.dirname(path)
    new = f"{path}.restoring"
    with suppress(FileNotFoundError):
        os.unlink(new)
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if backup is not None:
            shutil.copyfile(backup.path, new)
        settled = _bring_up_to_date(new, path)
        sync(new, os.O_RDWR)
        aside = _exchange(new, path)
    finally:
        with suppress(OSError):
            os.unlink(new)
    put_unknown_aside(state, settled)
    return Restored(backup, aside, settled.held, settled.followed)


def _bring_up_to_date(new: str, path: str) -> Settled:
    numbers = NumbersFile(path)
    runs = RunsOnDisk(os.path.join(os.path.dirname(path), "runs"))
    limit = max(numbers.limit(), numbers.highest(), _newest_of(path))
    with closing(sqlite3.connect(new, isolation_level=None)) as db:
        schema.migrate(db, None)
        db.execute("BEGIN IMMEDIATE")
        settled = settle(db, runs, limit=limit, now=datetime.now(UTC))
        db.execute("COMMIT")
    return settled


def _exchange(new: str, path: str) -> str:
    """Put the present files aside and the new one in their place; return where they are."""
    state = os.path.dirname(path)
    aside = Aside(state)
    try:
        with closing(opening_lock(path)) as opening, opening.held(), closing(WriteGate(path)) as gate, gate.alone():
            moved = aside.put(_FILES)
            os.rename(new, path)
            sync(state)
        if not moved:
            return ""
        sync(aside.directory)
    except LockTakenError:
        raise StoreError(f"{printable(path)}: another process has the queue open. Close it, and try again.") from None
    return aside.directory


def _newest_of(path: str) -> int:
    """Return the highest number that the present store has given, as far as it can be read."""
    with suppress(sqlite3.Error, OSError):
        if os.path.getsize(path):
            with closing(sqlite3.connect(read_only(path), uri=True)) as db:
                return newest(db)
    return 0
