"""Stores notifications until they are sent, and the result of sending them."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.model.job import Job
from tui_queue.core.model.notification import BatchEnd, Event, has_own_ways
from tui_queue.core.store.batch_news import batch_end, is_alone, is_first_failure
from tui_queue.core.store.database import Database
from tui_queue.core.store.rows import job_of, microseconds

_REPORT = "INSERT OR IGNORE INTO news (job_id, attempt, event) VALUES (?, ?, ?)"
_WAITING = "SELECT count(*) FROM news WHERE said IS NULL AND until <= ?"
_FIRST = "SELECT id, job_id, event FROM news WHERE said IS NULL AND until <= ? ORDER BY id LIMIT ?"
_GIVE_UP = """
    UPDATE news SET said = ? WHERE said IS NULL AND NOT EXISTS (
        SELECT 1 FROM jobs WHERE id = job_id AND (json_extract(options, '$.mail_to') IS NOT NULL
            OR json_extract(options, '$.on_end') IS NOT NULL OR json_extract(options, '$.on_failure') IS NOT NULL))"""
_TOLD = """
    SELECT event, said FROM news WHERE job_id = ? AND said IS NOT NULL ORDER BY id"""

TOGETHER_FROM = 4  # ends of jobs that wait at the same time, more than these are told in one message
TOGETHER_MOST = 200
WITH_BATCH = "together with its batch"


class Notification(Struct, frozen=True, kw_only=True):
    """One thing to tell of a job; with ``batch_end`` that is the end of its batch instead.

    ``others`` are to be told in the same message: they have waited together with it.

    One that is not ``told`` is for the job's own commands only: its batch is told of together.
    """

    id: int
    job: Job
    event: Event
    told: bool = True
    batch_end: BatchEnd | None = None
    others: Sequence["Notification"] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it can be told in one message with others: of no batch, and in no way of its job's own."""
        return self.told and self.batch_end is None and not self.job.batch and not has_own_ways(self.job.options)


class Outbox:
    """The news of one store; each is taken by one process for a time, and taken again if that one says nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, job: Job, event: Event) -> bool:
        """Have something told of a job's present attempt; False if it has been reported before."""
        return await self._database.write(report, job, event)

    async def take(self, most: int, *, until: datetime, now: datetime) -> list[Notification]:
        """Return news that are ours to tell until then."""
        if not await self._database.read(_any, now):  # most of the time: without a transaction that writes
            return []
        return await self._database.write(_take, most, until, now)

    async def is_empty(self) -> bool:
        """Whether nothing waits to be told, nor is being told."""
        return await self._database.read(_is_empty)

    async def notified(self, ids: Iterable[int], said: str) -> None:
        """Record that these have been told; ``said`` is what went wrong with that, or empty."""
        await self._database.write(_say, tuple(ids), said)

    async def put_back(self, ids: Iterable[int]) -> None:
        """Leave what we have not told to others."""
        await self._database.write(_put_back, tuple(ids))

    async def give_up(self, why: str) -> None:
        """Record that no way is configured for what waits, except for jobs with ways of their own."""
        await self._database.write(_give_up, why)

    async def of_job(self, job_id: int) -> list[tuple[Event, str]]:
        """Return what has been told of a job, and what went wrong with that."""
        return await self._database.read(_of_job, job_id)


def report(db: sqlite3.Connection, job: Job, event: Event) -> bool:
    """Have something told of a job's present attempt; False if it has been reported before."""
    return db.execute(_REPORT, (job.id, job.attempt, event)).rowcount > 0


def _any(db: sqlite3.Connection, now: datetime) -> bool:
    return bool(db.execute(_WAITING, (microseconds(now),)).fetchone()[0])


def _take(db: sqlite3.Connection, most: int, until: datetime, now: datetime) -> list[Notification]:
    taken: list[Notification] = []
    while not taken:
        waiting = db.execute(_FIRST, (microseconds(now), TOGETHER_MOST)).fetchall()
        if not waiting:
            break
        found = [_notification(db, number, _job(db, job_id), Event(event)) for number, job_id, event in waiting]
        # Most of a large batch: nothing is to be done for these.
        _say(db, tuple(each.id for each in found if _is_of_batch_only(each)), WITH_BATCH)
        taken = _together([each for each in found if not _is_of_batch_only(each)])[:most]
    ids = [each.id for one in taken for each in (one, *one.others)]
    db.executemany("UPDATE news SET until = ? WHERE id = ?", [(microseconds(until), number) for number in ids])
    return taken


def _together(waiting: list[Notification]) -> list[Notification]:
    """Return what waits; many ends of jobs as one, but for those of batches, and of jobs with ways of their own."""
    alike = [each for each in waiting if each.event is Event.ENDED and each.is_plain]
    if len(alike) <= TOGETHER_FROM:
        return waiting
    first, *others = alike
    ids = {each.id for each in alike}
    return [replace(first, others=others), *(each for each in waiting if each.id not in ids)]


def _is_of_batch_only(notification: Notification) -> bool:
    return not notification.told and not has_own_ways(notification.job.options)


def _job(db: sqlite3.Connection, job_id: int) -> Job:
    return job_of(db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone())


def _notification(db: sqlite3.Connection, number: int, job: Job, event: Event) -> Notification:
    if event is not Event.ENDED or is_alone(db, job):
        return Notification(id=number, job=job, event=event)
    end = batch_end(db, job)
    told = end is not None or is_first_failure(db, job)
    return Notification(id=number, job=job, event=event, told=told, batch_end=end)


def _is_empty(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM news WHERE said IS NULL LIMIT 1").fetchone() is None


def _say(db: sqlite3.Connection, ids: tuple[int, ...], said: str) -> None:
    db.executemany("UPDATE news SET said = ? WHERE id = ?", [(said, number) for number in ids])


def _put_back(db: sqlite3.Connection, ids: tuple[int, ...]) -> None:
    db.executemany("UPDATE news SET until = 0 WHERE id = ? AND said IS NULL", [(each,) for each in ids])


def _give_up(db: sqlite3.Connection, why: str) -> None:
    db.execute(_GIVE_UP, (why,))


def _of_job(db: sqlite3.Connection, job_id: int) -> list[tuple[Event, str]]:
    return [(Event(event), said) for event, said in db.execute(_TOLD, (job_id,))]
