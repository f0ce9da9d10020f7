"""The verbs for jobs: each is one transaction."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Struct

from tui_queue.core.errors import BadInputError, WrongStateError
from tui_queue.core.model.job import Job, JobDraft, Pause, State
from tui_queue.core.model.leftover import processes_text
from tui_queue.core.model.options import JobOptions, options_to_json
from tui_queue.core.model.queue import Move, Place
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.model.trash import Rows
from tui_queue.core.store import audit, ordering, queue_pause, trash
from tui_queue.core.store.database import Database
from tui_queue.core.store.insert import COLUMNS, add, check_references
from tui_queue.core.store.leftovers import end_leftovers, first_leftover
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import CANCELLED_VALUES, job_of, job_row, microseconds, values_of

T = TypeVar("T", Job, list[Job])


_REPLACE = f"""
    UPDATE jobs SET {", ".join(f"{column} = :{column}" for column in COLUMNS)},
        retry_wait = CASE WHEN not_before IS :not_before THEN retry_wait ELSE '' END
    WHERE id = :id RETURNING *"""


_CANCELLED = """
    UPDATE jobs SET
        cancel_requested = 1,
        reason      = CASE state WHEN 'pending' THEN :cancelled ELSE reason END,
        reason_kind = CASE state WHEN 'pending' THEN :cancelled_kind ELSE reason_kind END,
        finished_at = CASE state WHEN 'pending' THEN :now ELSE finished_at END,
        state       = CASE state WHEN 'pending' THEN 'cancelled' ELSE state END"""


_CANCEL_ALL = f"{_CANCELLED} WHERE state IN ('running', 'pending') RETURNING *"


_RETRY = """
    UPDATE jobs SET state = 'pending', reason = '', reason_kind = '', exit_code = NULL, signal = NULL, devices = '{}',
        started_at = NULL, finished_at = NULL, cancel_requested = 0, held = 0, not_before = NULL, retry_wait = '',
        first_attempt = attempt + 1
    WHERE id = :id RETURNING *"""


_WAITS_FOR = """
    SELECT jobs.id FROM jobs INDEXED BY jobs_waiting, json_each(after)
    WHERE state = 'pending' AND after <> '[]' AND json_extract(value, '$[0]') = ? LIMIT 1"""


_LEADS_TO = """
    WITH RECURSIVE needed (id) AS (
        SELECT json_extract(value, '$[0]') FROM json_each(:after)
        UNION SELECT json_extract(value, '$[0]') FROM needed JOIN jobs USING (id), json_each(jobs.after))
    SELECT 1 FROM needed WHERE id = :id"""


class _Verb(Struct, frozen=True, kw_only=True):
    """What can be done with single jobs: to those in these states, by this statement; else it is refused so."""

    name: str
    states: Collection[State]
    statement: str
    refusal: str
    ends_leftovers: bool = False  # processes that runs of the job have left are ended too


_ENDED_STATES = tuple(state for state in State if state.ended)


_ALIVE = (State.PENDING, State.RUNNING)


_CANCEL = _Verb(
    name="cancel",
    states=_ALIVE,
    statement=f"{_CANCELLED} WHERE id = :id RETURNING *",
    refusal="has ended already ({state}); there is nothing to cancel",
    ends_leftovers=True,
)


_RETRY_ONE = _Verb(
    name="retry",
    states=_ENDED_STATES,
    statement=_RETRY,
    refusal="is {state}; retry applies to jobs that have ended or wait for their next attempt. Cancel it first",
    ends_leftovers=True,
)


_RETRY_NOW = _Verb(
    name="retry",
    states=(State.PENDING,),
    statement="UPDATE jobs SET not_before = NULL WHERE id = :id RETURNING *",
    refusal=_RETRY_ONE.refusal,
)


_UNCANCEL = _Verb(
    name="uncancel",
    states=(State.CANCELLED,),
    statement="""
        UPDATE jobs SET state = 'pending', reason = '', reason_kind = '', finished_at = NULL, cancel_requested = 0
        WHERE id = :id AND started_at IS NULL RETURNING *""",
    refusal="is {state}, or had begun; only a job that was cancelled while it was pending is put back as it was",
)


_REMOVE = _Verb(
    name="remove",
    states=_ENDED_STATES,
    statement="DELETE FROM jobs WHERE id = :id RETURNING *",
    refusal="is {state}; remove applies to jobs that have ended. Cancel it first",
)


_HOLD = _Verb(
    name="hold",
    states=(State.PENDING,),
    statement="UPDATE jobs SET held = 1, reason = '', reason_kind = '' WHERE id = :id RETURNING *",
    refusal="is {state}; only a pending job can be held",
)


_RELEASE = _Verb(
    name="release",
    states=(State.PENDING,),
    # What it was held for can't come any more: released it waits for that no longer. Nor for the next try of its start.
    statement="""
        UPDATE jobs SET held = 0, reason = '', reason_kind = '',
            not_before = CASE reason_kind WHEN 'shortage' THEN NULL ELSE not_before END,
            after = CASE WHEN :unmet THEN '[]' ELSE after END
        WHERE id = :id RETURNING *""",
    refusal="is {state}; only a pending job can be released",
)


_PAUSE = _Verb(
    name="pause",
    states=(State.RUNNING,),
    statement="UPDATE jobs SET paused = :pause WHERE id = :id RETURNING *",
    refusal="is {state}; only a running job can be paused. Hold a pending one",
)


_RESUME = _Verb(
    name="resume",
    states=(State.RUNNING,),
    statement="UPDATE jobs SET paused = '' WHERE id = :id RETURNING *",
    refusal="is {state}; only a running job can be resumed. Release a pending one",
)


class Jobs:
    """The verbs for jobs; ``client`` is what the user acts through, for the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.client = "command line"

    async def add(
        self, drafts: Sequence[JobDraft], *, now: datetime, unique: bool = False, place: Place | None = None
    ) -> list[Job]:
        """Store all the jobs or none, at this place in their queues; when this returns they are on disk.

        With ``unique`` a job that is pending or running already is refused. Raises BadInputError; for the place
        NoSuchJobError and WrongStateError.
        """
        return await self._database.write(
            partial(_add, drafts=drafts, now=now, unique=unique, place=place, who=self._who())
        )

    async def edit(self, job_id: int, draft: JobDraft, *, now: datetime) -> Job:
        """Replace what is asked for by a job that does not run. Raises BadInputError, WrongStateError."""
        return await self._write("edited", now, partial(_edit, job_id=job_id, draft=draft))

    async def cancel(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Cancel pending jobs, mark running ones to be cancelled; all or, with an error, none."""
        return await self._write("cancelled", now, partial(_each, ids=tuple(ids), verb=_CANCEL, now=now))

    async def cancel_all(self, *, now: datetime) -> list[Job]:
        """Cancel every pending job, mark every running one to be cancelled; return them."""
        return await self._write("cancelled", now, partial(_cancel_all, now=now))

    async def retry(
        self, ids: Iterable[int], *, options: Mapping[int, JobOptions] | None = None, now: datetime
    ) -> list[Job]:
        """Make ended jobs pending again, and let those that wait for their next attempt have it now.

        They get other ``options`` if given, by number. All or, with an error, none.
        """
        return await self._write("retried", now, partial(_retry, ids=tuple(ids), options=options or {}, now=now))

    async def uncancel(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Put jobs back that were cancelled while they were pending, as they were; all or, with an error, none."""
        return await self._write("put back", now, partial(_each, ids=tuple(ids), verb=_UNCANCEL, now=now))

    async def remove(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Delete ended jobs that nobody waits for; all or, with an error, none."""
        return await self._database.write(_remove, tuple(ids), now)

    async def move_to_trash(self, ids: Iterable[int], *, now: datetime) -> tuple[list[Job], Rows]:
        """Remove ended jobs; return them, and what ``restore`` needs. All or, with an error, none."""
        return await self._database.write(_move_to_trash, tuple(ids), now)

    async def restore(self, rows: Rows, *, removed_at: datetime, now: datetime) -> list[Job]:
        """Undo ``move_to_trash``. Raises WrongStateError."""
        return await self._database.write(_restore, rows, self._who(), removed_at, now)

    async def hold(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Keep pending jobs from starting; all or, with an error, none."""
        return await self._write("held", now, partial(_each, ids=tuple(ids), verb=_HOLD, now=now))

    async def release(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Let held jobs start again; all or, with an error, none."""
        return await self._write("released", now, partial(_each, ids=tuple(ids), verb=_RELEASE, now=now))

    async def pause(self, ids: Iterable[int], *, why: Pause, now: datetime) -> list[Job]:
        """Mark running jobs as paused; all or, with an error, none."""
        return await self._write("paused", now, partial(_each, ids=tuple(ids), verb=_PAUSE, now=now, pause=why))

    async def resume(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Mark running jobs as not paused; all or, with an error, none."""
        return await self._write("resumed", now, partial(_each, ids=tuple(ids), verb=_RESUME, now=now))

    async def pause_queue(self, name: str, *, running: bool, now: datetime) -> list[Job]:
        """Pause a queue, with ``running`` what runs in it too; return what is to be stopped."""
        return await self._write(queue_pause.STOPPED, now, partial(queue_pause.pause, name=name, running=running))

    async def resume_queue(self, name: str, *, everything: bool, now: datetime) -> list[Job]:
        """Let a queue go on with what was paused with it, or ``everything``; return what is to go on."""
        return await self._write(
            queue_pause.RESUMED, now, partial(queue_pause.resume, name=name, everything=everything)
        )

    async def move(self, ids: Sequence[int], move: Move, before: int | None = None, *, now: datetime) -> list[Job]:
        """Give pending jobs another place in their queue. Raises WrongStateError, NoSuchJobError."""
        return await self._write("moved", now, lambda db: ordering.move(db, tuple(ids), move, before))

    async def _write(self, verb: str, now: datetime, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` in a transaction that records in the audit trail who did it to which jobs."""
        who = self._who()
        return await self._database.write(lambda db: audit.record(db, verb, who, now, work(db)))

    def _who(self) -> str:
        """Return the user and the client, for the audit trail; the user's name is not looked up in a transaction."""
        return f"{audit.user()}, {self.client}"


def _add(
    db: sqlite3.Connection, *, drafts: Sequence[JobDraft], now: datetime, unique: bool, place: Place | None, who: str
) -> list[Job]:
    if place is not None and place.before is not None:
        ordering.check_before(db, place.before, drafts)
    jobs = audit.record(db, "added", who, now, add(db, drafts, now, unique=unique))
    if place is None:
        return jobs
    return audit.record(
        db, "moved", who, now, ordering.move(db, tuple(job.id for job in jobs), place.move, place.before)
    )


def _edit(db: sqlite3.Connection, job_id: int, draft: JobDraft) -> Job:
    job = job_of(job_row(db, job_id))
    if job.state is State.RUNNING:
        raise WrongStateError(
            f"Job {job_id} is {job.state_word}; what runs can't be changed. Clone it, or cancel it first."
        )
    check_references(db, draft, {queue.name for queue in all_queues(db)})
    values = values_of(draft) | {"id": job_id}
    if db.execute(_LEADS_TO, values).fetchone() is not None:
        raise BadInputError("after", f"Job {job_id} would wait for itself; choose other jobs to wait for.")
    return job_of(db.execute(_REPLACE, values).fetchone())


def _each(
    db: sqlite3.Connection, ids: tuple[int, ...], verb: _Verb, *, now: datetime, pause: Pause = Pause.NO
) -> list[Job]:
    jobs = []
    for job_id in ids:
        job = job_of(job_row(db, job_id))
        unmet = job.reason.kind is ReasonKind.UNMET
        values = {"id": job_id, "now": microseconds(now), "pause": pause, "unmet": unmet, **CANCELLED_VALUES}
        row = db.execute(verb.statement, values).fetchone() if job.state in verb.states else None
        if verb.ends_leftovers and end_leftovers(db, job_id) and row is None and job.state.ended:
            row = job_row(db, job_id)
        if row is None:
            raise WrongStateError(f"Job {job_id} {verb.refusal.format(state=job.state_word)}.")
        jobs.append(job_of(row))
    return jobs


def _retry(db: sqlite3.Connection, ids: tuple[int, ...], options: Mapping[int, JobOptions], now: datetime) -> list[Job]:
    values = [(options_to_json(each), job_id) for job_id, each in options.items()]
    db.executemany("UPDATE jobs SET options = ? WHERE id = ?", values)
    jobs = []
    for job_id in ids:
        verb = _RETRY_NOW if job_of(job_row(db, job_id)).waits_again else _RETRY_ONE
        jobs += _each(db, (job_id,), verb, now=now)
    return jobs


def _remove(db: sqlite3.Connection, ids: tuple[int, ...], now: datetime) -> list[Job]:
    if (left := first_leftover(db, ids)) is not None:
        count = processes_text(len(left.processes))
        raise WrongStateError(f"Job {left.job_id} has left {count} running; cancel it to end that, then remove it.")
    jobs = _each(db, ids, _REMOVE, now=now)
    for job in jobs:
        if (waits := db.execute(_WAITS_FOR, (job.id,)).fetchone()) is not None:
            raise WrongStateError(f"Job {waits[0]} waits for job {job.id}; change or cancel that one first.")
    audit.forget(db, jobs)
    return jobs


def _move_to_trash(db: sqlite3.Connection, ids: tuple[int, ...], now: datetime) -> tuple[list[Job], Rows]:
    rows = trash.rows_of(db, ids)
    return _remove(db, ids, now), rows


def _restore(db: sqlite3.Connection, rows: Rows, who: str, removed_at: datetime, now: datetime) -> list[Job]:
    jobs = audit.record(db, "removed", who, removed_at, trash.put(db, rows))
    return audit.record(db, "brought back", who, now, jobs)


def _cancel_all(db: sqlite3.Connection, now: datetime) -> list[Job]:
    return [job_of(row) for row in db.execute(_CANCEL_ALL, {"now": microseconds(now), **CANCELLED_VALUES}).fetchall()]
