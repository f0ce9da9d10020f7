"""Removes environments that no job, schedule or backup refers to any more."""

import sqlite3
from contextlib import closing

from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.recovery.backups import Backups
from tui_queue.core.store.queries import environments_in
from tui_queue.core.store.read_only import uri


def remove_unused_environments(store: str, files: EnvironmentFiles) -> int:
    """Remove them; return how many. Reads the whole store with connections of its own, and blocks."""
    if not files.has_old():
        return 0
    used = _used_in(uri(store, "mode=ro"))
    for backup in Backups(store).all():
        used |= _used_in(uri(backup.path, "mode=ro&immutable=1"))
    return files.remove_unused(used)


def _used_in(database: str) -> set[str]:
    """Return the names that a database refers to. Raises sqlite3.Error."""
    with closing(sqlite3.connect(database, uri=True, timeout=60)) as db:
        return environments_in(db)
