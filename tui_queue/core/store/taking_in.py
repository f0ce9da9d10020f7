"""Takes jobs into the database that other hosts have left, each exactly once."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec.structs import replace

from tui_queue.core.analysis.eta import Ahead
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.model.queue import Place
from tui_queue.core.model.reason import STARTING
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.store import audit, ordering
from tui_queue.core.store.claim import explain
from tui_queue.core.store.database import Database
from tui_queue.core.store.incoming import Request
from tui_queue.core.store.insert import add, like
from tui_queue.core.store.queries import ahead_of
from tui_queue.core.store.queues import all_queues

_NUMBER = "SELECT id FROM jobs WHERE uuid = ?"
_TAKEN = "taken in: "  # in the table of settings, before the name of a request whose files may still be there


class TakingIn:
    """The way from requests into the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, request: Request, *, now: datetime) -> tuple[int, ...]:
        """Return the numbers of a request's jobs; they are added unless they were before. Raises TuiQueueError.

        What was promised is never refused: it does without what it refers to and what is gone since.
        """
        return await self._database.write(_take, request, now)

    async def forget(self) -> None:
        """Forget which requests have been taken in; their files must be gone for good."""
        await self._database.write(_forget)

    async def try_out(self, request: Request) -> list[Job]:
        """Return the jobs that a request would add, as far as another host can see. Raises TuiQueueError.

        Only for a host that reads a copy: the jobs are put into that, and taken out again.
        """
        return await self._database.read(_try_out, request)

    async def try_out_here(self, request: Request, *, capacity: Capacity) -> tuple[list[Job], Ahead | None]:
        """Return the jobs that a request would add now, each with why it would wait. Raises TuiQueueError.

        Of a single one that waits for a slot what takes slots before it is returned too. They are put into the
        database, and taken out again before anything else sees them.
        """
        if self._database.is_elsewhere:
            return await self._database.read(_try_out_here, request, capacity)
        return await self._database.write(_try_out_here, request, capacity)


def _take(db: sqlite3.Connection, request: Request, now: datetime) -> tuple[int, ...]:
    name = f"{_TAKEN}{request.name}"  # of the whole request: a part of it may be left out below
    found = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    if found is not None:
        return tuple(json.loads(found[0]))
    if known := [row[0] for uuid in request.uuids for row in db.execute(_NUMBER, (uuid,))]:
        return tuple(known)
    if request.promised:
        request = _possible(db, request)
    jobs = _added(db, request, now)
    numbers = tuple(job.id for job in jobs)
    db.execute("INSERT INTO settings (name, value) VALUES (?, ?)", (name, json.dumps(numbers)))
    return numbers


def _added(db: sqlite3.Connection, request: Request, now: datetime) -> list[Job]:
    if not request.drafts:
        return []
    place = request.place
    if place is not None and place.before is not None:
        ordering.check_before(db, place.before, request.drafts)
    jobs = add(db, request.drafts, now, unique=request.unique, uuids=request.uuids)
    audit.record(db, "added", request.who, now, jobs)
    if place is not None:
        moved = ordering.move(db, tuple(job.id for job in jobs), place.move, place.before)
        audit.record(db, "moved", request.who, now, moved)
    return jobs


def _possible(db: sqlite3.Connection, request: Request) -> Request:
    """Return a request without what stands in its way now."""
    wanted = list(zip(request.uuids, request.drafts, strict=True))
    if request.unique:  # the user has been told that a job is left out that is pending or running already
        commands: set[tuple[object, ...]] = set()
        kept = []
        for uuid, draft in wanted:
            command = draft.path, draft.args, draft.cwd
            if command not in commands and like(db, draft) is None:
                kept.append((uuid, draft))
            commands.add(command)
        wanted = kept
    for queue in {draft.queue for _, draft in wanted} - {queue.name for queue in all_queues(db)}:
        db.execute("INSERT INTO queues (name) VALUES (?)", (queue,))
    drafts = tuple(_without_lost_dependencies(db, draft) for _, draft in wanted)
    uuids = tuple(uuid for uuid, _ in wanted)
    return replace(request, uuids=uuids, drafts=drafts, place=_possible_place(db, request.place, drafts))


def _without_lost_dependencies(db: sqlite3.Connection, draft: JobDraft) -> JobDraft:
    """Return a draft that is held where a job is gone that it waits for: the user decides whether it runs."""
    there = [each for each in draft.after if db.execute("SELECT 1 FROM jobs WHERE id = ?", (each.job_id,)).fetchone()]
    if len(there) == len(draft.after):
        return draft
    return replace(draft, after=tuple(there), held=True)


def _possible_place(db: sqlite3.Connection, place: Place | None, drafts: tuple[JobDraft, ...]) -> Place | None:
    if place is not None and place.before is not None:
        try:
            ordering.check_before(db, place.before, drafts)
        except TuiQueueError:
            return None
    return place


def _forget(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM settings WHERE substr(name, 1, ?) = ?", (len(_TAKEN), _TAKEN))


def _try_out(db: sqlite3.Connection, request: Request) -> list[Job]:
    with _tried(db):
        return _added(db, request, request.at)


def _try_out_here(db: sqlite3.Connection, request: Request, capacity: Capacity) -> tuple[list[Job], Ahead | None]:
    with _tried(db):
        jobs = _with_reasons(db, _added(db, request, request.at), capacity, request.at)
        return jobs, ahead_of(db, jobs[0].id, capacity, request.at) if len(jobs) == 1 else None


@contextmanager
def _tried(db: sqlite3.Connection) -> Iterator[None]:
    """Undo all that was done within it."""
    db.execute("SAVEPOINT tried")
    try:
        yield
    finally:
        db.execute("ROLLBACK TO tried")
        db.execute("RELEASE tried")


def _with_reasons(db: sqlite3.Connection, jobs: list[Job], capacity: Capacity, now: datetime) -> list[Job]:
    found = {job.id: job for job in jobs}
    for candidate, decision in explain(db, capacity=capacity, scheduled=True, now=now):
        if candidate.id in found:
            found[candidate.id] = replace(found[candidate.id], reason=decision.reason or STARTING)
    return list(found.values())
