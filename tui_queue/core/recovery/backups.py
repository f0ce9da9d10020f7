"""The backups of a store: one a day, kept for a week, within a tenth of the room that is free."""

import os
import re
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from tui_queue.core.store.backup_file import UNFINISHED, jobs_in, write_backup

KEPT = timedelta(days=7)
ROOM = 10  # backups take at most this fraction (1 / ROOM) of what would be free without them
ABANDONED_S = 3600  # an unfinished one that is older than this is of a process that has ended

# 2026-11-30.db is made by the day; 2026-11-30-154500-version-6.db before a migration; …-rescued-NUMBER.db by a process
# whose database was replaced.
_NAME = re.compile(r"(\d{4})-(\d\d)-(\d\d)(-\w[\w-]*)?\.db")


class Backup(Struct, frozen=True):
    """One backup: its name, where it lies, when it was made, and its bytes."""

    name: str
    path: str
    at: datetime
    size: int

    @property
    def jobs(self) -> int | None:
        """How many jobs it holds; None where it can't be read."""
        return jobs_in(self.path)


class Backups:
    """The backups of the store at ``path``, in ``backups/`` beside it. Everything here blocks."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.directory = os.path.join(os.path.dirname(path), "backups")

    def all(self) -> list[Backup]:
        """Return all backups, the latest first."""
        found = []
        with suppress(OSError):
            for entry in os.scandir(self.directory):
                if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    state = entry.stat()
                    at = datetime.fromtimestamp(state.st_mtime, UTC)
                    found.append(Backup(entry.name, entry.path, at, state.st_size))
        return sorted(found, key=lambda backup: (backup.at, backup.name), reverse=True)

    def missing_room(self) -> int:
        """Return how many bytes more must be free for the next backup to be made; 0 where there is room."""
        try:
            size = os.stat(self._path).st_size
            return max(0, ROOM * size - self._room())
        except OSError:
            return 0

    def make_daily(self, *, now: datetime) -> Backup | None:
        """Make the backup of this day unless there is one; return it. Raises StoreError, OSError, sqlite3.Error."""
        name = f"{now.astimezone():%Y-%m-%d}.db"
        backup = os.path.join(self.directory, name)
        if os.path.exists(backup) or self.missing_room():
            return None
        self._remove_unfinished()
        with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            if db.execute("SELECT 1 FROM sqlite_sequence WHERE name = 'jobs'").fetchone() is None:
                return None  # there has been no job yet
            write_backup(db, backup)
        self._thin_out(now)
        return next((each for each in self.all() if each.name == name), None)

    def _room(self) -> int:
        return shutil.disk_usage(os.path.dirname(self._path)).free + sum(backup.size for backup in self.all())

    def _thin_out(self, now: datetime) -> None:
        """Remove what is too old, and the oldest beyond the room; never the latest."""
        room, taken = self._room() // ROOM, 0
        for number, backup in enumerate(self.all()):
            taken += backup.size
            if number and (now - backup.at > KEPT or taken > room):
                with suppress(OSError):
                    os.unlink(backup.path)

    def _remove_unfinished(self) -> None:
        with suppress(OSError):
            for entry in os.scandir(self.directory):
                if entry.name.startswith(UNFINISHED) and time.time() - entry.stat().st_mtime > ABANDONED_S:
                    os.unlink(entry.path)
