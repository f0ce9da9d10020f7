"""The audit trail: who did what to which job, recorded by each verb in its own transaction."""

import os
import pwd
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TypeVar

from tui_queue.core.model.job import Job
from tui_queue.core.model.overview import AuditEntry
from tui_queue.core.store.rows import microseconds, required_time

T = TypeVar("T", Job, list[Job])

_RECORD = "INSERT INTO deeds (job_id, upto, at, verb, who, terminal) VALUES (?, ?, ?, ?, ?, ?)"
_ADDED = "SELECT job_id, upto FROM deeds WHERE terminal = ? AND terminal <> '' ORDER BY job_id DESC"
_EXISTING = "SELECT id FROM jobs WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?"
# Numbers are given once and in order: of those that were added together the nearest row tells.
_OF_JOB = """
    SELECT at, verb, who FROM (
        SELECT * FROM deeds WHERE job_id = :id AND verb <> 'added'
        UNION ALL SELECT * FROM (
            SELECT * FROM deeds WHERE job_id <= :id AND verb = 'added' ORDER BY job_id DESC LIMIT 1)
        WHERE upto >= :id)
    ORDER BY id"""
_FORGET = "DELETE FROM deeds WHERE job_id = :id AND upto = :id"


def record(db: sqlite3.Connection, verb: str, who: str, now: datetime, done: T, *, terminal: str = "") -> T:
    """Record that ``who`` has done ``verb`` to these jobs, from a terminal if that matters; return the jobs."""
    ids = [job.id for job in ([done] if isinstance(done, Job) else done)]
    ranges = [(ids[0], ids[-1])] if ids and verb == "added" else [(job_id, job_id) for job_id in ids]
    at = microseconds(now)
    db.executemany(_RECORD, [(first, last, at, verb, who, terminal) for first, last in ranges])
    return done


def of_job(db: sqlite3.Connection, job_id: int) -> tuple[AuditEntry, ...]:
    """Return what was done to a job, in order."""
    return tuple(
        AuditEntry(at=required_time(at), verb=verb, who=who) for at, verb, who in db.execute(_OF_JOB, {"id": job_id})
    )


def added_from(db: sqlite3.Connection, terminal: str, before: int) -> int | None:
    """Return the number of the job that was added last from a terminal, or ``before`` places earlier."""
    left = before
    for first, last in db.execute(_ADDED, (terminal,)):
        found = [row[0] for row in db.execute(_EXISTING, (first, last, left + 1))]
        if len(found) > left:
            return int(found[left])
        left -= len(found)
    return None


def forget(db: sqlite3.Connection, jobs: Sequence[Job]) -> None:
    """Forget what was done to jobs that are removed."""
    db.executemany(_FORGET, [{"id": job.id} for job in jobs])


@cache
def user() -> str:
    """Return who we are, as ``name@host``."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # as in many containers
        name = str(os.geteuid())
    return f"{name}@{os.uname().nodename}"
