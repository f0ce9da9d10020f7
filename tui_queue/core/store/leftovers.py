"""The processes that ended runs have left, as long as they live: known to every scheduler that comes."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from tui_queue.core.model.job import Job, RunEnd
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.store.database import Database

_ALL = "SELECT leftovers.*, schedule_id FROM leftovers JOIN jobs ON id = job_id ORDER BY job_id, leftovers.attempt"
_ADD = """
    INSERT OR REPLACE INTO leftovers (job_id, attempt, boot, processes, ending, devices, resources)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
_NOTE = "UPDATE leftovers SET processes = ? WHERE job_id = ? AND attempt = ?"
_FORGET = "DELETE FROM leftovers WHERE job_id = ? AND attempt = ?"
_END = "UPDATE leftovers SET ending = 1 WHERE job_id = ?"
_END_OF_SCHEDULE = "UPDATE leftovers SET ending = 1 WHERE job_id IN (SELECT id FROM jobs WHERE schedule_id = ?)"


class Leftovers:
    """What ended runs of one store have left."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, ids: Iterable[int]) -> list[Leftover]:
        """Return what the runs of these jobs have left."""
        wanted = set(ids)
        return [left for left in await self._database.read(all_leftovers) if left.job_id in wanted]

    async def any_ending(self) -> bool:
        """Return whether any are to be ended."""
        return any(left.ending for left in await self._database.read(all_leftovers))

    async def note(self, left: Leftover) -> None:
        """Record which processes are left now."""
        await self._database.write(_note, left)

    async def forget(self, left: Leftover) -> None:
        """Record that none is left any more."""
        await self._database.write(_forget, left)


def all_leftovers(db: sqlite3.Connection) -> list[Leftover]:
    """Return what all ended runs have left: hardly ever anything."""
    return [
        Leftover(
            job_id=row["job_id"],
            attempt=row["attempt"],
            boot=row["boot"],
            processes=tuple((pid, begun) for pid, begun in json.loads(row["processes"])),
            ending=bool(row["ending"]),
            devices={name: tuple(numbers) for name, numbers in json.loads(row["devices"]).items()},
            resources=tuple((name, wanted) for name, wanted in json.loads(row["resources"])),
            schedule_id=row["schedule_id"],
        )
        for row in db.execute(_ALL)
    ]


def add_leftovers(db: sqlite3.Connection, job: Job, end: RunEnd, *, ending: bool) -> None:
    """Record what the run of a job has left, in the transaction that ends it; ``job`` is as it was when it ran."""
    values = json.dumps(end.left), ending, json.dumps(job.devices), json.dumps(job.options.resources)
    db.execute(_ADD, (job.id, job.attempt, end.boot, *values))


def end_leftovers(db: sqlite3.Connection, job_id: int) -> bool:
    """Have what the runs of a job have left ended; return whether they have left any."""
    return db.execute(_END, (job_id,)).rowcount > 0


def end_leftovers_of_schedule(db: sqlite3.Connection, schedule_id: int) -> None:
    """Have what the jobs of a schedule have left ended."""
    db.execute(_END_OF_SCHEDULE, (schedule_id,))


def first_leftover(db: sqlite3.Connection, ids: Sequence[int]) -> Leftover | None:
    """Return what the first of these jobs has left that has left anything."""
    wanted = set(ids)
    return next((left for left in all_leftovers(db) if left.job_id in wanted), None)


def _note(db: sqlite3.Connection, left: Leftover) -> None:
    db.execute(_NOTE, (json.dumps(left.processes), left.job_id, left.attempt))


def _forget(db: sqlite3.Connection, left: Leftover) -> None:
    db.execute(_FORGET, (left.job_id, left.attempt))
