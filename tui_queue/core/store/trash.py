"""Jobs that were removed a moment ago: their rows and their runs, as long as they can be brought back."""

import json
import os
import shutil
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from tui_queue.core.errors import StoreError, WrongStateError
from tui_queue.core.model.job import Job
from tui_queue.core.model.trash import DELETED_AFTER_S, RESTORABLE_S, Rows, TrashedJobs
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import job_of, microseconds
from tui_queue.core.units.printable import printable

_ASIDE = ".removed"  # beside the directories of jobs: to move there is to rename


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


def move_away(runs: str, ids: Sequence[int], at: datetime) -> set[int]:
    """Move the runs of jobs aside; return which have had any. Raises OSError."""
    os.makedirs(os.path.join(runs, _ASIDE), mode=0o700, exist_ok=True)
    moved = set()
    for job_id in ids:
        with suppress(FileNotFoundError):
            os.rename(_place(runs, job_id), _place_aside(runs, job_id, at))
            moved.add(job_id)
    return moved


def move_back(runs: str, aside: TrashedJobs) -> None:
    """Undo ``move_away``. Raises WrongStateError for what is not kept any more, and StoreError."""
    if not all(os.path.isdir(_place_aside(runs, job_id, aside.at)) for job_id in aside.ran):
        raise WrongStateError(f"The logs are gone: a removed job can be brought back for {RESTORABLE_S // 60} minutes.")
    try:
        for job_id in aside.ran:
            os.rename(_place_aside(runs, job_id, aside.at), _place(runs, job_id))
    except OSError as error:
        raise StoreError(f"{printable(runs)}: can't be changed: {error.strerror}.") from None


def empty_trash(runs: str, *, now: datetime, ours: Collection[TrashedJobs] = ()) -> None:
    """Delete the runs of jobs that can't be brought back any more, and those of ``ours``."""
    own = {_place_aside(runs, job_id, aside.at) for aside in ours for job_id in aside.ran}
    with suppress(OSError), os.scandir(os.path.join(runs, _ASIDE)) as entries:
        for entry in entries:
            at = entry.name.rpartition("-")[2]
            # Either way: the clock may have been set.
            is_old = at.isdecimal() and abs(now.timestamp() - int(at) / 1_000_000) > DELETED_AFTER_S
            if is_old or entry.path in own:
                shutil.rmtree(entry.path, ignore_errors=True)


def make_young(job: Job) -> None:
    """Have the copy of a job's script stay for a while, though no job refers to it."""
    if job.options.script is not None and job.options.script.copy:
        with suppress(OSError):
            os.utime(os.path.dirname(job.options.script.copy))


def _place(runs: str, job_id: int) -> str:
    return os.path.join(runs, str(job_id))


def _place_aside(runs: str, job_id: int, at: datetime) -> str:
    return os.path.join(runs, _ASIDE, f"{job_id}-{microseconds(at)}")
