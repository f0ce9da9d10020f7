"""Batches: jobs that were given the same name to act on all of them."""

import sqlite3

from tui_queue.core.model.batch import Batch
from tui_queue.core.model.job import State
from tui_queue.core.store.database import Database
from tui_queue.core.store.rows import required_time, time_of

_BATCHES = """
    SELECT batch, CASE WHEN state = 'running' AND started_at IS NULL THEN 'pending' ELSE state END AS shown,
        count(*) AS jobs, min(created_at) AS created_at, max(finished_at) AS finished_at
    FROM jobs WHERE batch <> '' GROUP BY batch, shown ORDER BY batch, shown"""


class Batches:
    """The batches of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[Batch, ...]:
        """Return every batch, the latest first."""
        return await self._database.read(_all)


def _all(db: sqlite3.Connection) -> tuple[Batch, ...]:
    rows: dict[str, list[sqlite3.Row]] = {}
    for row in db.execute(_BATCHES):
        rows.setdefault(row["batch"], []).append(row)
    batches = [_batch(name, of) for name, of in rows.items()]
    return tuple(sorted(batches, key=lambda batch: batch.created_at, reverse=True))


def _batch(name: str, rows: list[sqlite3.Row]) -> Batch:
    counts = {State(row["shown"]): row["jobs"] for row in rows}
    finished = [row["finished_at"] for row in rows if row["finished_at"] is not None]
    over = all(state.ended for state in counts)
    return Batch(
        name=name,
        counts=counts,
        created_at=required_time(min(row["created_at"] for row in rows)),
        finished_at=time_of(max(finished)) if over else None,
    )
