"""What keeps all jobs from starting, as the scheduler has noted it for others to show."""

import sqlite3

from tui_queue.core.model.reason import Reason, ReasonKind

_NOTE = """
    INSERT INTO settings (name, value) VALUES ('shortage', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"""


def shortage_of(db: sqlite3.Connection) -> Reason:
    """Return why no job can start now; empty where nothing is known to stand in the way."""
    row = db.execute("SELECT value FROM settings WHERE name = 'shortage'").fetchone()
    return Reason() if row is None else Reason(row[0], ReasonKind.SHORTAGE)


def note_shortage(db: sqlite3.Connection, shortage: Reason) -> None:
    """Note why no job can start now; an empty reason takes it back."""
    if shortage:
        db.execute(_NOTE, (shortage,))
    else:
        db.execute("DELETE FROM settings WHERE name = 'shortage'")
