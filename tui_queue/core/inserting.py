"""New jobs: rows that refer only to what is there."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import uuid4

from tui_queue.core import order
from tui_queue.core.errors import BadInputError
from tui_queue.core.models import Job, JobDraft
from tui_queue.core.printable import printable
from tui_queue.core.queues import all_queues
from tui_queue.core.rows import job_of, microseconds, values_of

COLUMNS = [
    "name",
    "path",
    "args",
    "cwd",
    "python",
    "timeout_s",
    "queue",
    "priority",
    "held",
    "not_before",
    "after",
    "batch",
    "options",
]
_INSERT = f"""
    INSERT INTO jobs (id, place, uuid, created_at, schedule_id, {", ".join(COLUMNS)})
    VALUES (:id, :place, :uuid, :now, :schedule_id, {", ".join(f":{column}" for column in COLUMNS)}) RETURNING *"""
_ACTIVE_LIKE = """
    SELECT * FROM jobs WHERE path = :path AND args = :args AND cwd = :cwd AND state IN ('pending', 'running')
    ORDER BY id LIMIT 1"""


def add(
    db: sqlite3.Connection,
    drafts: Sequence[JobDraft],
    now: datetime,
    *,
    unique: bool = False,
    schedule_id: int | None = None,
) -> list[Job]:
    """Insert jobs in order. Raises BadInputError for what they refer to and is not there."""
    jobs = []
    known = {queue.name for queue in all_queues(db)}
    number = newest(db)
    for draft in drafts:
        check_references(db, draft, known)
        if unique and (twin := like(db, draft)) is not None:
            raise BadInputError(
                "unique", f"Job {twin.id} is the same and {twin.state}; wait for it, or leave out --unique."
            )
        number += 1
        values = {
            "id": number,
            "place": order.first_place(number),
            "uuid": str(uuid4()),
            "now": microseconds(now),
            "schedule_id": schedule_id,
        }
        jobs.append(job_of(db.execute(_INSERT, values | values_of(draft)).fetchone()))
    return jobs


def check_references(db: sqlite3.Connection, draft: JobDraft, queues: Collection[str]) -> None:
    """Raise BadInputError for a queue or a job that a draft refers to and that is not there."""
    if draft.queue not in queues:
        raise BadInputError(
            "queue", f"{printable(draft.queue)}: no such queue; there are {', '.join(map(printable, sorted(queues)))}."
        )
    for after in draft.after:
        if db.execute("SELECT 1 FROM jobs WHERE id = ?", (after.job_id,)).fetchone() is None:
            raise BadInputError("after", f"{after.job_id}: no such job to wait for; `tui-queue list` shows all.")


def newest(db: sqlite3.Connection) -> int:
    """Return the highest number that a job has ever had."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    return 0 if row is None else row[0]


def like(db: sqlite3.Connection, draft: JobDraft) -> Job | None:
    """Return a job that is pending or running with the same command in the same directory, if there is one."""
    row = db.execute(_ACTIVE_LIKE, values_of(draft)).fetchone()
    return None if row is None else job_of(row)
