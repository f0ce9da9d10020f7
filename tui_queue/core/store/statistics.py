"""Computes statistics of ended jobs."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from tui_queue.core.model.job import State
from tui_queue.core.model.statistics import Figures, Group
from tui_queue.core.store.database import Database
from tui_queue.core.store.rows import microseconds

_ENDED = """
    SELECT name, queue, batch, state, created_at, started_at, finished_at,
        date(finished_at / 1000000, 'unixepoch', 'localtime') AS day,
        (SELECT sum(cpu_s) FROM runs WHERE job_id = id) AS cpu_s
    FROM jobs WHERE finished_at >= ?"""

_LATELY = """
    SELECT :minute - finished_at / 60000000 AS ago, count(*) FROM jobs
    WHERE finished_at >= (:minute - :minutes + 1) * 60000000 GROUP BY ago"""
MINUTES = 12  # that a look at what has ended lately goes back


class Statistics:
    """The history of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def figures(self, since: datetime, group: Group) -> tuple[Figures, tuple[Figures, ...]]:
        """Return the figures of all jobs that have ended since, and those of each group, the one of most jobs first."""
        return await self._database.read(_figures, since, group)

    async def ended_lately(self, now: datetime) -> tuple[int, ...]:
        """Return how many jobs have ended in each of the last minutes, the present one last."""
        return await self._database.read(_ended_lately, int(now.timestamp()) // 60)


def _ended_lately(db: sqlite3.Connection, minute: int) -> tuple[int, ...]:
    found = dict(map(tuple, db.execute(_LATELY, {"minute": minute, "minutes": MINUTES})))
    return tuple(found.get(ago, 0) for ago in reversed(range(MINUTES)))


def _figures(db: sqlite3.Connection, since: datetime, group: Group) -> tuple[Figures, tuple[Figures, ...]]:
    groups: dict[str, list[sqlite3.Row]] = {}
    for row in db.execute(_ENDED, (microseconds(since),)):
        key = row[group.value]
        groups.setdefault(os.fsdecode(key) if isinstance(key, bytes) else key, []).append(row)
    every = _of("", [row for rows in groups.values() for row in rows])
    each = sorted((_of(name, rows) for name, rows in groups.items()), key=lambda one: (-one.jobs, one.name))
    return every, tuple(each)


def _of(name: str, rows: Sequence[sqlite3.Row]) -> Figures:
    took = sorted(max(0, row["finished_at"] - row["started_at"]) / 1e6 for row in rows if row["started_at"] is not None)
    waited = sorted(
        max(0, row["started_at"] - row["created_at"]) / 1e6 for row in rows if row["started_at"] is not None
    )
    return Figures(
        name=name,
        jobs=len(rows),
        completed=_count(rows, State.COMPLETED),
        failed=_count(rows, State.FAILED),
        cancelled=_count(rows, State.CANCELLED),
        took_median_s=_quantile(took, 0.5),
        took_p90_s=_quantile(took, 0.9),
        took_longest_s=took[-1] if took else None,
        waited_median_s=_quantile(waited, 0.5),
        cpu_s=sum(row["cpu_s"] or 0.0 for row in rows),
    )


def _count(rows: Iterable[sqlite3.Row], state: State) -> int:
    return sum(row["state"] == state for row in rows)


def _quantile(values: Sequence[float], part: float) -> float | None:
    """Return the value that this part of the sorted values does not exceed."""
    return values[min(len(values) - 1, int(part * len(values)))] if values else None
