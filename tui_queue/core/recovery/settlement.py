"""Brings a store that is older than what happened since up to date, so that no job starts twice and no number returns.

What the directories of runs show is taken over: a run that the store does not know is followed as if a scheduler had
let it go. All other jobs that wait are held, since they may have run and been removed: only the user knows.
"""

import os
import sqlite3
from datetime import datetime

from msgspec import Struct

from tui_queue.core.execution.aside import Aside
from tui_queue.core.model.reason import Reason, ReasonKind
from tui_queue.core.recovery.runs_on_disk import RunsOnDisk
from tui_queue.core.store.numbers import newest
from tui_queue.core.store.rows import microseconds, required_time
from tui_queue.core.timing.recurrence import parse_rule

_RESTORED = Reason.of(ReasonKind.RESTORED)
_JOBS = "SELECT id, uuid, created_at, state, attempt FROM jobs"
_FOLLOW = """
    UPDATE jobs SET state = 'running', attempt = :attempt, reason = '', reason_kind = '', held = 0, paused = '',
        devices = '{}', exit_code = NULL, signal = NULL, started_at = NULL, finished_at = NULL
    WHERE id = :id"""
_RUN = "INSERT OR IGNORE INTO runs (job_id, attempt, epoch, claimed_at) VALUES (:id, :attempt, 0, :now)"
_NEVER_RAN = """
    UPDATE jobs SET state = 'pending', held = 1, reason = ?, reason_kind = ?, paused = '', devices = '{}',
        started_at = NULL
    WHERE id = ?"""
_HOLD = "UPDATE jobs SET held = 1, reason = ?, reason_kind = ? WHERE state = 'pending' AND held = 0 RETURNING id"
_GAP = "INSERT OR REPLACE INTO settings (name, value) VALUES ('lacks', ?)"


class Settled(Struct, frozen=True):
    """What became of an older store: jobs that are ``held``, jobs whose runs are ``followed``, directories that are
    ``unknown`` to it.
    """

    held: tuple[int, ...]
    followed: tuple[int, ...]
    unknown: tuple[str, ...]


def settle(db: sqlite3.Connection, runs: RunsOnDisk, *, limit: int, now: datetime) -> Settled:
    """Settle the store in the transaction of the caller; numbers up to ``limit`` have been given."""
    held, followed = [], []
    known: dict[int, tuple[str, datetime]] = {}
    for number, uuid, added, state, attempt in db.execute(_JOBS).fetchall():
        created_at = required_time(added)
        known[number] = uuid, created_at
        if (attempts := runs.claimed(number, uuid, created_at)) and attempts[-1] > attempt:
            followed.append(number)
            values = {"id": number, "now": microseconds(now)}
            for each in range(attempt + 1, attempts[-1] + 1):
                db.execute(_RUN, {**values, "attempt": each})
            db.execute(_FOLLOW, {**values, "attempt": attempts[-1]})
        elif state == "running" and attempt not in attempts:
            held.append(number)
            db.execute(_NEVER_RAN, (_RESTORED, _RESTORED.kind, number))
    held += [row[0] for row in db.execute(_HOLD, (_RESTORED, _RESTORED.kind)).fetchall()]
    db.execute("DELETE FROM reserved")  # the runs on disk tell which of them have started
    _skip_missed_times(db, now)
    _continue_after(db, max(limit, runs.highest), now)
    return Settled(held=tuple(sorted(held)), followed=tuple(followed), unknown=tuple(runs.unknown(known)))


def put_unknown_aside(state: str, settled: Settled) -> str:
    """Move the runs of jobs that the store does not know aside; return where to, empty for none. Raises OSError."""
    aside = Aside(state)
    moved = aside.put(settled.unknown)
    for name in moved:
        attempts = os.path.join(state, os.path.dirname(name))
        if os.path.basename(attempts) != "runs" and not os.listdir(attempts):
            os.rmdir(attempts)
    return aside.directory if moved else ""


def _skip_missed_times(db: sqlite3.Connection, now: datetime) -> None:
    """Have no schedule make up for times that it may have served after the backup was made."""
    due = db.execute("SELECT id, rule, zone, created_at FROM schedules WHERE next_at <= ?", (microseconds(now),))
    for number, rule, zone, created_at in due.fetchall():
        next_at = parse_rule(rule, zone).next_after(now, anchor=required_time(created_at))
        db.execute("UPDATE schedules SET next_at = ? WHERE id = ?", (microseconds(next_at), number))


def _continue_after(db: sqlite3.Connection, limit: int, now: datetime) -> None:
    """Have the next job get a number above this one, and remember for a while which numbers the store lacks."""
    last = newest(db)
    if limit <= last:
        return
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'jobs'")
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', ?)", (limit,))
    db.execute(_GAP, (f"{last + 1} {limit} {microseconds(now)}",))
