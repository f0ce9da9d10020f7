"""Saves what an open connection knows when files of its database are removed or replaced under it."""

import os
import sqlite3
import time
from contextlib import suppress

from tui_queue.core.errors import StoreError
from tui_queue.core.store.open_files import FilesRemovedError, FilesReplacedError, OpenFiles
from tui_queue.core.store.wal import WriteGate
from tui_queue.core.units.printable import printable

PATIENCE_S = 5.0  # for readers that keep a part of the log from being written into the database


def save_removed_log(db: sqlite3.Connection, gate: WriteGate, files: OpenFiles, path: str) -> None:
    """Write what a removed log holds into the database.

    Raises StoreError where that can't be done any more, after a backup of what this connection knows.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with gate.alone():
                files.check()
                return
        except FilesRemovedError:
            if _has_written_log(db, gate, files):
                return
            if time.monotonic() > deadline:
                raise StoreError(
                    f"{printable(path)}-wal was removed while the queue was open, and another process keeps what it"
                    " held from being saved. End all other tui-queue processes, and try again."
                ) from None
        except FilesReplacedError:
            # A process that opens the database at this moment takes back what it has made.
            if files.is_another or time.monotonic() > deadline:
                _rescue(db, path, files.lost_inode)
                raise
        time.sleep(0.01)


def _has_written_log(db: sqlite3.Connection, gate: WriteGate, files: OpenFiles) -> bool:
    with gate.alone():
        try:
            files.check()
        except FilesRemovedError:
            busy, pages, written = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return not busy and bool(pages == written)
        except FilesReplacedError:
            return False
        return True


def _rescue(db: sqlite3.Connection, path: str, number: int) -> None:
    """Make a backup of a database whose file was removed or replaced, unless another process has; errors are let be.

    ``number`` is that of the inode of the file, so that all who had it open make one backup.
    """
    from tui_queue.core.store.backup_file import write_backup  # noqa: PLC0415 - hardly ever needed

    directory = os.path.join(os.path.dirname(path), "backups")
    mark = f"-rescued-{number}.db"
    with suppress(OSError, sqlite3.Error, StoreError):
        if not os.path.isdir(directory) or not any(name.endswith(mark) for name in os.listdir(directory)):
            write_backup(db, os.path.join(directory, f"{time.strftime('%Y-%m-%d-%H%M%S')}{mark}"))
