"""Changes a running job, whose other attributes stay as its run was started with."""

import sqlite3

from tui_queue.core.errors import WrongStateError
from tui_queue.core.model.job import Job
from tui_queue.core.parsing.running_job import Changes, merged
from tui_queue.core.store.rows import job_of, job_row, values_of

_CHANGE = """
    UPDATE jobs SET name = :name, priority = :priority, timeout_s = :timeout_s, options = :options
    WHERE id = :id RETURNING *"""


def edit_running(db: sqlite3.Connection, job_id: int, changes: Changes) -> Job:
    """Change attributes of a job that was seen to run; one that is pending again by now is changed just so."""
    job = job_of(job_row(db, job_id))
    if job.state.ended:
        raise WrongStateError(
            f"Job {job_id} has just ended ({job.state}); nothing was changed."
            " Give the command once more to change it for a retry."
        )
    if job.cancel_requested:
        raise WrongStateError(f"Job {job_id} is being cancelled; nothing was changed.")
    return job_of(db.execute(_CHANGE, {"id": job_id, **values_of(merged(job.draft, changes))}).fetchone())
