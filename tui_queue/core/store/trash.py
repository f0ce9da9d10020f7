"""Keeps the rows of removed jobs in the database for a while, and restores them."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from tui_queue.core.errors import WrongStateError
from tui_queue.core.model.job import Job
from tui_queue.core.model.trash import TOO_LATE, TrashedJobs
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import job_of, microseconds, required_time

_OF_JOBS = {
    "jobs": "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
    "runs": "SELECT * FROM runs WHERE job_id IN (SELECT value FROM json_each(?))",
    "news": "SELECT * FROM news WHERE job_id IN (SELECT value FROM json_each(?)) ORDER BY id",
    "deeds": "SELECT * FROM deeds WHERE job_id IN (SELECT value FROM json_each(?)) AND upto = job_id ORDER BY id",
}
_FORGOTTEN = "?1 IS NULL OR at < ?1 OR job_id IN (SELECT value FROM json_each(?2))"
_REMOVALS = "SELECT job_id, at, json_extract(stored, '$.runs') IS NOT NULL FROM trash ORDER BY at DESC, job_id"
_KEPT = """
    SELECT job_id, at, who, stored FROM trash WHERE job_id IN (SELECT value FROM json_each(?)) ORDER BY job_id"""
_REMOVED = "INSERT INTO deeds (job_id, upto, at, verb, who) VALUES (?, ?, ?, 'removed', ?)"
_NUMBERED_ANEW = ("news", "deeds")  # nothing refers to their numbers, and other rows may have got them


def keep(db: sqlite3.Connection, ids: Sequence[int], who: str, now: datetime) -> None:
    """Keep all that the store has of jobs that are about to be removed."""
    kept: dict[int, dict[str, list[dict[str, object]]]] = {job_id: {} for job_id in ids}
    for table, query in _OF_JOBS.items():
        for row in map(dict, db.execute(query, (json.dumps(ids),))):
            kept[row["job_id" if "job_id" in row else "id"]].setdefault(table, []).append(row)
    at = microseconds(now)
    db.executemany(
        "INSERT OR REPLACE INTO trash (job_id, at, who, stored) VALUES (?, ?, ?, ?)",
        [(job_id, at, who, json.dumps(rows, default=_encoded)) for job_id, rows in kept.items()],
    )


def removals(db: sqlite3.Connection) -> list[TrashedJobs]:
    """Return what can be brought back, the latest removal first."""
    found: dict[int, list[tuple[int, bool]]] = {}
    for job_id, at, ran in db.execute(_REMOVALS):
        found.setdefault(at, []).append((job_id, bool(ran)))
    return [
        TrashedJobs(
            at=required_time(at),
            ids=tuple(job_id for job_id, _ in jobs),
            ran=frozenset(job_id for job_id, ran in jobs if ran),
        )
        for at, jobs in found.items()
    ]


def put_back(db: sqlite3.Connection, ids: Sequence[int]) -> list[Job]:
    """Store removed jobs again; a queue that was removed is made anew. Raises WrongStateError."""
    wanted = json.dumps(ids)
    kept = db.execute(_KEPT, (wanted,)).fetchall()
    if len(kept) < len(ids):
        raise WrongStateError(TOO_LATE)
    queues = {queue.name for queue in all_queues(db)}
    schedules = {row[0] for row in db.execute("SELECT id FROM schedules")}
    for job_id, at, who, stored in kept:
        rows = json.loads(stored, object_hook=_decoded)
        if (queue := rows["jobs"][0]["queue"]) not in queues:
            db.execute("INSERT INTO queues (name) VALUES (?)", (queue,))
            queues.add(queue)
        for table, all_of_it in rows.items():
            for row in all_of_it:
                values = {name: value for name, value in row.items() if name != "id" or table not in _NUMBERED_ANEW}
                if values.get("schedule_id") not in schedules:
                    values.pop("schedule_id", None)
                _insert(db, table, values)
        db.execute(_REMOVED, (job_id, job_id, at, who))
    db.execute("DELETE FROM trash WHERE job_id IN (SELECT value FROM json_each(?))", (wanted,))
    return [job_of(row) for row in db.execute(_OF_JOBS["jobs"], (wanted,))]


def holds(db: sqlite3.Connection, before: datetime | None, ids: Collection[int]) -> bool:
    """Whether anything is kept that ``forget`` would forget."""
    return bool(db.execute(f"SELECT EXISTS (SELECT 1 FROM trash WHERE {_FORGOTTEN})", _of(before, ids)).fetchone()[0])


def forget(db: sqlite3.Connection, before: datetime | None, ids: Collection[int] = ()) -> None:
    """Forget what was removed before a time (None: everything), and these jobs."""
    db.execute(f"DELETE FROM trash WHERE {_FORGOTTEN}", _of(before, ids))


def _of(before: datetime | None, ids: Collection[int]) -> tuple[object, ...]:
    return (None if before is None else microseconds(before), json.dumps(list(ids)))


def _encoded(value: object) -> object:
    """Return the bytes of a column as JSON can hold them."""
    assert isinstance(value, bytes), value  # noqa: S101 - columns hold nothing else that JSON can't
    return {"hex": value.hex()}


def _decoded(value: dict[str, Any]) -> object:
    return bytes.fromhex(value["hex"]) if value.keys() == {"hex"} else value


def _insert(db: sqlite3.Connection, table: str, values: Mapping[str, object]) -> None:
    columns = ", ".join(values)
    try:
        db.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(values))})", tuple(values.values()))
    except sqlite3.IntegrityError:
        number = values.get("job_id", values.get("id"))
        raise WrongStateError(f"Job {number} can't be restored: the queue has a job with its UUID.") from None
