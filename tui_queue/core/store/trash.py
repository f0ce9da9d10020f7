"""Takes the rows of removed jobs out of the database and restores them."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from tui_queue.core.errors import WrongStateError
from tui_queue.core.model.job import Job
from tui_queue.core.model.trash import Rows
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import job_of

_OF_JOBS = {
    "jobs": "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
    "runs": "SELECT * FROM runs WHERE job_id IN (SELECT value FROM json_each(?))",
    "news": "SELECT * FROM news WHERE job_id IN (SELECT value FROM json_each(?)) ORDER BY id",
    "deeds": "SELECT * FROM deeds WHERE job_id IN (SELECT value FROM json_each(?)) AND upto = job_id ORDER BY id",
}
_NUMBERED_ANEW = ("news", "deeds")  # nobody refers to their numbers, and others may have got them meanwhile


def rows_of(db: sqlite3.Connection, ids: Sequence[int]) -> Rows:
    """Return all that the store has of jobs and that goes with them."""
    return {table: list(map(dict, db.execute(query, (json.dumps(ids),)))) for table, query in _OF_JOBS.items()}


def put(db: sqlite3.Connection, rows: Rows) -> list[Job]:
    """Store the rows again; a queue that is gone meanwhile is made anew. Raises WrongStateError."""
    queues = {queue.name for queue in all_queues(db)}
    db.executemany(
        "INSERT INTO queues (name) VALUES (?)", [(name,) for name in {row["queue"] for row in rows["jobs"]} - queues]
    )
    schedules = {row[0] for row in db.execute("SELECT id FROM schedules")}
    for table, all_of_it in rows.items():
        for row in all_of_it:
            values = {column: value for column, value in row.items() if column != "id" or table not in _NUMBERED_ANEW}
            if values.get("schedule_id") not in schedules:
                values.pop("schedule_id", None)
            _insert(db, table, values)
    ids = json.dumps([row["id"] for row in rows["jobs"]])
    return [job_of(row) for row in db.execute(_OF_JOBS["jobs"], (ids,))]


def _insert(db: sqlite3.Connection, table: str, values: Mapping[str, object]) -> None:
    columns = ", ".join(values)
    try:
        db.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(values))})", tuple(values.values()))
    except sqlite3.IntegrityError:
        number = values.get("job_id", values.get("id"))
        raise WrongStateError(f"Job {number} can't be brought back: it is there again under its UUID.") from None
