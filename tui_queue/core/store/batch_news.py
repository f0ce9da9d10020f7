"""What of a batch is told: the first failure at once, and its end, instead of the end of each of its jobs."""

import sqlite3

from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import BatchEnd
from tui_queue.core.store.rows import job_of

_OTHERS = "SELECT 1 FROM jobs WHERE batch = ? AND batch <> '' AND id <> ? LIMIT 1"
# From the last one on: most of those that have not ended are there.
_ALIVE = """
    SELECT 1 FROM jobs INDEXED BY jobs_batch WHERE batch = ? AND batch <> ''
        AND (state = 'running' OR (state = 'pending' AND held = 0))
    ORDER BY id DESC LIMIT 1"""
_LATER = """
    SELECT 1 FROM jobs WHERE batch = :batch AND batch <> '' AND started_at IS NOT NULL
        AND (finished_at, id) > (SELECT finished_at, id FROM jobs WHERE id = :id) LIMIT 1"""
_COUNTS = "SELECT state, count(*) FROM jobs WHERE batch = ? AND batch <> '' GROUP BY state"
_FIRST_FAILED = """
    SELECT * FROM jobs WHERE batch = ? AND batch <> '' AND state = 'failed' ORDER BY finished_at, id LIMIT 1"""


def is_alone(db: sqlite3.Connection, job: Job) -> bool:
    """Whether a job is in no batch together with others, so that it is told of by itself."""
    return not job.batch or db.execute(_OTHERS, (job.batch, job.id)).fetchone() is None


def batch_end(db: sqlite3.Connection, job: Job) -> BatchEnd | None:
    """Return the end of a batch if it came with the end of this job; what the user holds is not waited for."""
    if db.execute(_ALIVE, (job.batch,)).fetchone() or db.execute(_LATER, {"batch": job.batch, "id": job.id}).fetchone():
        return None
    counts = {State(state): number for state, number in db.execute(_COUNTS, (job.batch,))}
    return BatchEnd(name=job.batch, counts=counts, first_failed=_first_failed(db, job.batch))


def is_first_failure(db: sqlite3.Connection, job: Job) -> bool:
    """Whether a job is the first one of its batch that has failed."""
    if job.state is not State.FAILED:
        return False
    first = _first_failed(db, job.batch)
    return first is not None and first.id == job.id


def _first_failed(db: sqlite3.Connection, batch: str) -> Job | None:
    row = db.execute(_FIRST_FAILED, (batch,)).fetchone()
    return None if row is None else job_of(row)
