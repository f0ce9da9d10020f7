"""Pauses a queue together with what runs in it, and lets both go on."""

import sqlite3

from tui_queue.core.model.job import Job
from tui_queue.core.store.queues import require_queue
from tui_queue.core.store.rows import job_of

STOPPED = "paused with its queue"  # in the audit trail: by that such a job is told from one that the user has paused
RESUMED = "resumed with its queue"

_PAUSED = "UPDATE queues SET paused = :paused, options = json_remove(options, '$.failed_job') WHERE name = :name"
_FAILED = """
    UPDATE queues SET paused = 1, options = json_set(options, '$.failed_job', :job_id)
    WHERE name = :name AND paused = 0 AND json_extract(options, '$.on_failure') = 'pause'"""
_STOP = """
    UPDATE jobs SET paused = 'user' WHERE state = 'running' AND paused = '' AND queue = :name RETURNING *"""
_GO_ON = f"""
    UPDATE jobs SET paused = '' WHERE state = 'running' AND paused = 'user' AND queue = :name AND (:everything OR (
        SELECT verb FROM deeds WHERE job_id = jobs.id AND verb IN ('paused', '{STOPPED}')
        ORDER BY deeds.id DESC LIMIT 1) = '{STOPPED}')
    RETURNING *"""


def pause(db: sqlite3.Connection, name: str, *, running: bool) -> list[Job]:
    """Have a queue start no more jobs; with ``running`` mark what runs in it as paused, and return that."""
    require_queue(db, name)
    db.execute(_PAUSED, {"name": name, "paused": 1})
    return [job_of(row) for row in db.execute(_STOP, {"name": name}).fetchall()] if running else []


def resume(db: sqlite3.Connection, name: str, *, everything: bool) -> list[Job]:
    """Have a queue start jobs again; mark what was paused with it as not paused, and return that.

    With ``everything`` also what the user has paused by itself.
    """
    require_queue(db, name)
    db.execute(_PAUSED, {"name": name, "paused": 0})
    return [job_of(row) for row in db.execute(_GO_ON, {"name": name, "everything": everything}).fetchall()]


def pause_after_failure(db: sqlite3.Connection, job: Job) -> None:
    """Pause the queue of a job that has failed for good, where the queue is to be."""
    db.execute(_FAILED, {"name": job.queue, "job_id": job.id})
