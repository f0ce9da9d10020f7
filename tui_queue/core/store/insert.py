"""Inserts new jobs."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import uuid4

from tui_queue.core.errors import BadInputError, NoSuchReferenceError
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.store import ordering
from tui_queue.core.store.numbers import newest
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import job_of, microseconds, values_of
from tui_queue.core.units.printable import printable

COLUMNS = JobDraft.__struct_fields__  # of a job, that the user sets
_INSERT = f"""
    INSERT INTO jobs (id, place, uuid, created_at, schedule_id, {", ".join(COLUMNS)})
    VALUES (:id, :place, :uuid, :now, :schedule_id, {", ".join(f":{column}" for column in COLUMNS)})"""
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
    uuids: Sequence[str] = (),
) -> list[Job]:
    """Insert jobs in order, with these UUIDs or new ones. Raises BadInputError for what they refer to in vain."""
    known = {queue.name for queue in all_queues(db)}
    before = number = newest(db)
    rows = []
    commands = set()
    for uuid, draft in zip(uuids or (str(uuid4()) for _ in drafts), drafts, strict=True):
        check_references(db, draft, known, added=range(before + 1, number + 1))
        if unique:
            command = draft.path, draft.args, draft.cwd
            if (twin := like(db, draft)) is not None:
                raise BadInputError(
                    "unique", f"Job {twin.id} is the same and {twin.state}; wait for it, or leave out --unique."
                )
            if command in commands:
                raise BadInputError("unique", f"{printable(draft.path)}: the same job twice; leave out --unique.")
            commands.add(command)
        number += 1
        values = {
            "id": number,
            "place": ordering.first_place(number),
            "uuid": uuid,
            "now": microseconds(now),
            "schedule_id": schedule_id,
        }
        rows.append(values | values_of(draft))
    db.executemany(_INSERT, rows)
    return [job_of(row) for row in db.execute("SELECT * FROM jobs WHERE id > ? ORDER BY id", (before,))]


def check_references(
    db: sqlite3.Connection, draft: JobDraft, queues: Collection[str], *, added: Collection[int] = ()
) -> None:
    """Raise NoSuchReferenceError for a queue or a job that a draft names and that is neither there nor ``added``."""
    if draft.queue not in queues:
        raise NoSuchReferenceError(
            "queue", f"{printable(draft.queue)}: no such queue; there are {', '.join(map(printable, sorted(queues)))}."
        )
    for after in draft.after:
        known = after.job_id in added or db.execute("SELECT 1 FROM jobs WHERE id = ?", (after.job_id,)).fetchone()
        if not known:
            raise NoSuchReferenceError("after", f"{after.job_id}: no such job to wait for; `tui-queue list` shows all.")


def like(db: sqlite3.Connection, draft: JobDraft) -> Job | None:
    """Return a job that is pending or running with the same command in the same directory, if there is one."""
    row = db.execute(_ACTIVE_LIKE, values_of(draft)).fetchone()
    return None if row is None else job_of(row).shown
