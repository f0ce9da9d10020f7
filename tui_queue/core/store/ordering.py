"""The places of pending jobs in their queues."""

import sqlite3
from collections.abc import Sequence

from tui_queue.core.errors import WrongStateError
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.queue import Move
from tui_queue.core.store.rows import job_of, job_row
from tui_queue.core.units.printable import printable

ROOM = 1 << 20  # between two places, for jobs that are put there


_PENDING = "SELECT id, priority, place FROM jobs WHERE state = 'pending' AND queue = ? ORDER BY priority DESC, place"
_PUT = "UPDATE jobs SET priority = ?, place = ? WHERE id = ?"

Placed = tuple[int, int, int]  # number, priority, place


def first_place(job_id: int) -> int:
    """Return the place of a job that was not moved: after all that were added before it."""
    return job_id * ROOM


def move(db: sqlite3.Connection, ids: tuple[int, ...], where: Move, before: int | None) -> list[Job]:
    """Move pending jobs, which keep their order among themselves; each takes the priority that its new place has."""
    for job_id in reversed(ids) if where in (Move.TOP, Move.DOWN) else ids:
        _move_one(db, job_id, where, before)
    return [job_of(job_row(db, job_id)) for job_id in ids]


def check_before(db: sqlite3.Connection, before: int, drafts: Sequence[JobDraft]) -> None:
    """Raise NoSuchJobError or WrongStateError where new jobs can't be put before this one."""
    queue = _pending(db, before)["queue"]
    for draft in drafts:
        if draft.queue != queue:
            raise WrongStateError(
                f"Job {before} is in queue {printable(queue)}; add the job with --queue {printable(queue)}."
            )


def _move_one(db: sqlite3.Connection, job_id: int, where: Move, before: int | None) -> None:
    queue = _pending(db, job_id)["queue"]
    line: list[Placed] = [tuple(row) for row in db.execute(_PENDING, (queue,))]
    here = next(place for place, (number, _, _) in enumerate(line) if number == job_id)
    match where:
        case Move.UP | Move.DOWN:
            there = here + (1 if where is Move.DOWN else -1)
            if 0 <= there < len(line):
                for (number, _, _), (_, priority, place) in ((line[here], line[there]), (line[there], line[here])):
                    db.execute(_PUT, (priority, place, number))
        case Move.TOP:
            _, priority, place = line[0]
            if here:
                db.execute(_PUT, (priority, place - ROOM, job_id))
        case Move.BOTTOM:
            _, priority, place = line[-1]
            added = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()[0]
            # Before all that are yet to be added.
            db.execute(_PUT, (priority, max(place, first_place(added)) + 1, job_id))
        case Move.BEFORE:
            assert before is not None  # noqa: S101 - the callers' contract
            _put_before(db, job_id, before, queue)


def _put_before(db: sqlite3.Connection, job_id: int, before: int, queue: str) -> None:
    if before == job_id:
        return
    if _pending(db, before)["queue"] != queue:
        raise WrongStateError(f"Job {before} is in another queue than job {job_id}; edit its queue first.")
    line: list[Placed] = [tuple(row) for row in db.execute(_PENDING, (queue,)) if row["id"] != job_id]
    there = next(place for place, (number, _, _) in enumerate(line) if number == before)
    _, priority, place = line[there]
    ahead = line[there - 1] if there else None
    if ahead is None or ahead[1] != priority:
        db.execute(_PUT, (priority, place - ROOM, job_id))
    elif place - ahead[2] > 1:
        db.execute(_PUT, (priority, (place + ahead[2]) // 2, job_id))
    else:
        for number, (other, of_priority, _) in enumerate(line):
            db.execute(_PUT, (of_priority, first_place(number), other))
        _put_before(db, job_id, before, queue)


def _pending(db: sqlite3.Connection, job_id: int) -> sqlite3.Row:
    row = job_row(db, job_id)
    if row["state"] != State.PENDING:
        raise WrongStateError(f"Job {job_id} is {job_of(row).state_word}; only pending jobs have a place in the queue.")
    return row
