"""The jobs on disk: every verb is one transaction."""

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Struct

from tui_queue.core.analysis.eta import Ahead, Sample
from tui_queue.core.errors import BadInputError, NoSuchJobError, WrongStateError
from tui_queue.core.model.job import Job, JobDraft, Pause, Run, RunEnd, State, encode_args
from tui_queue.core.model.notification import Channels, Event
from tui_queue.core.model.overview import AuditEntry, Holder
from tui_queue.core.model.queue import Move, Queue
from tui_queue.core.model.trash import Rows
from tui_queue.core.parsing.filter import Filter, condition
from tui_queue.core.policy.run_result import NextAttempt
from tui_queue.core.store import audit, ordering, trash
from tui_queue.core.store import claim as claims
from tui_queue.core.store.claim import Capacity, Claimed
from tui_queue.core.store.database import Database
from tui_queue.core.store.insert import COLUMNS, add, check_references, like, newest
from tui_queue.core.store.outbox import report
from tui_queue.core.store.queues import all_queues, limit_of
from tui_queue.core.store.rows import holder_of, job_of, microseconds, required_time, run_of, values_of
from tui_queue.core.units.printable import printable

T = TypeVar("T", Job, list[Job])

AHEAD_MOST = 200  # jobs before another one up to which its start is guessed

_REPLACE = f"""
    UPDATE jobs SET {", ".join(f"{column} = :{column}" for column in COLUMNS)} WHERE id = :id RETURNING *"""
_ACTIVE = """
    SELECT * FROM jobs WHERE state IN ('running', 'pending') {condition}
    ORDER BY state = 'pending', CASE state WHEN 'pending' THEN -priority END,
        CASE state WHEN 'pending' THEN place ELSE id END LIMIT :most"""
_ALL_ACTIVE = "SELECT count(*) FROM jobs WHERE state IN ('running', 'pending') {condition}"
_ENDED = """
    SELECT * FROM jobs WHERE finished_at IS NOT NULL {condition} ORDER BY finished_at DESC, id DESC LIMIT :most"""
_WORK_LEFT = """
    SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'running' OR (state = 'pending' AND held = 0))
        OR EXISTS (SELECT 1 FROM news WHERE said IS NULL)
        OR (? AND EXISTS (SELECT 1 FROM schedules WHERE paused = 0 AND next_at IS NOT NULL))"""
_IN_STATE = """
    SELECT id FROM jobs WHERE state IN (SELECT value FROM json_each(?1))
        AND (?2 IS NULL OR (paused <> '') = ?2) AND (?3 IS NULL OR held = ?3) ORDER BY id"""
_COUNTS = "SELECT state, jobs FROM counts WHERE jobs > 0"
_NOT_COMPLETED = """
    SELECT 1 FROM jobs
    WHERE (id IN (SELECT value FROM json_each(?)) OR id > ? OR finished_at >= ?)
        AND state IN ('failed', 'cancelled') LIMIT 1"""
# What a scheduler writes is refused when another one has taken over since.
_FENCE = "EXISTS (SELECT 1 FROM lease WHERE epoch = :epoch)"
_RUNNING = """
    SELECT jobs.*, coalesce(boot, '') AS boot FROM jobs
    LEFT JOIN runs ON job_id = id AND runs.attempt = jobs.attempt WHERE state = 'running' ORDER BY id"""
_OF_RUN = f"id = :id AND attempt = :attempt AND state = 'running' AND {_FENCE}"
_STARTED = f"UPDATE jobs SET started_at = :started_at WHERE {_OF_RUN} RETURNING *"
_PUT_BACK = f"""
    UPDATE jobs SET started_at = NULL, paused = '', devices = '{{}}',
        state       = CASE cancel_requested WHEN 1 THEN 'cancelled' ELSE 'pending' END,
        reason      = CASE cancel_requested WHEN 1 THEN 'cancelled by user' ELSE '' END,
        finished_at = CASE cancel_requested WHEN 1 THEN :now END
    WHERE {_OF_RUN} RETURNING *"""
_FINISH = f"""
    UPDATE jobs SET state = :state, reason = :reason, exit_code = :exit_code, signal = :signal, paused = '',
        started_at = coalesce(:started_at, started_at), finished_at = :finished_at
    WHERE {_OF_RUN} RETURNING *"""
_AGAIN = f"""
    UPDATE jobs SET state = 'pending', reason = :reason, held = :held, not_before = :not_before,
        paused = '', devices = '{{}}', started_at = NULL
    WHERE {_OF_RUN} RETURNING *"""
_END_RUN = """
    UPDATE runs SET started_at = :started_at, finished_at = :finished_at, exit_code = :exit_code,
        signal = :signal, reason = :reason, cpu_s = :cpu_s, max_rss_kib = :max_rss_kib, oom = :oom
    WHERE job_id = :id AND attempt = :attempt"""
_CANCELLED = """
    UPDATE jobs SET
        cancel_requested = 1,
        reason      = CASE state WHEN 'pending' THEN 'cancelled by user' ELSE reason END,
        finished_at = CASE state WHEN 'pending' THEN :now ELSE finished_at END,
        state       = CASE state WHEN 'pending' THEN 'cancelled' ELSE state END"""
_CANCEL_ALL = f"{_CANCELLED} WHERE state IN ('running', 'pending') RETURNING *"
_RETRY = """
    UPDATE jobs SET state = 'pending', reason = '', exit_code = NULL, signal = NULL, devices = '{}',
        started_at = NULL, finished_at = NULL, cancel_requested = 0, held = 0, not_before = NULL,
        first_attempt = attempt + 1
    WHERE id = :id RETURNING *"""
_WAITS_FOR = """
    SELECT jobs.id FROM jobs INDEXED BY jobs_waiting, json_each(after)
    WHERE state = 'pending' AND after <> '[]' AND json_extract(value, '$[0]') = ? LIMIT 1"""
_ALL_WAIT_FOR = """
    SELECT DISTINCT jobs.id FROM jobs INDEXED BY jobs_waiting, json_each(after)
    WHERE state = 'pending' AND after <> '[]'
        AND json_extract(value, '$[0]') IN (SELECT value FROM json_each(?))"""
_ALL_WAITED_FOR = """
    SELECT DISTINCT json_extract(value, '$[0]') FROM jobs INDEXED BY jobs_waiting, json_each(after)
    WHERE state = 'pending' AND after <> '[]'"""
_ALL_ENDED = "SELECT id, finished_at FROM jobs WHERE finished_at IS NOT NULL"
_COPIES = """
    SELECT json_extract(options, '$.script.copy') AS copy FROM jobs WHERE copy IS NOT NULL
    UNION SELECT json_extract(json_extract(draft, '$.options'), '$.script.copy') AS copy FROM schedules
    WHERE copy IS NOT NULL"""
_SAMPLES = """
    SELECT finished_at - started_at, args = :args AND cwd = :cwd FROM jobs
    WHERE path = :path AND state = 'completed' AND started_at IS NOT NULL
    ORDER BY args = :args DESC, id DESC LIMIT 50"""
_RECENT = """
    SELECT * FROM jobs WHERE id IN
        (SELECT max(id) FROM (SELECT id, path, args, cwd FROM jobs ORDER BY id DESC LIMIT :looked_at)
        GROUP BY path, args, cwd)
    ORDER BY id DESC LIMIT :most"""
_LEADS_TO = """
    WITH RECURSIVE needed (id) AS (
        SELECT json_extract(value, '$[0]') FROM json_each(:after)
        UNION SELECT json_extract(value, '$[0]') FROM needed JOIN jobs USING (id), json_each(jobs.after))
    SELECT 1 FROM needed WHERE id = :id"""
_LEASE = """
    INSERT INTO lease (id, epoch, pid, host, tty, since) VALUES (1, 1, :pid, :host, :tty, :now)
    ON CONFLICT (id) DO UPDATE SET
        epoch = epoch + 1, pid = excluded.pid, host = excluded.host, tty = excluded.tty, since = excluded.since
    RETURNING *"""


class _Verb(Struct, frozen=True, kw_only=True):
    """What can be done with single jobs: to those in these states, by this statement; else it is refused so."""

    name: str
    states: Collection[State]
    statement: str
    refusal: str


_ENDED_STATES = tuple(state for state in State if state.ended)
_ALIVE = (State.PENDING, State.RUNNING)
_CANCEL = _Verb(
    name="cancel",
    states=_ALIVE,
    statement=f"{_CANCELLED} WHERE id = :id RETURNING *",
    refusal="has ended already ({state}); there is nothing to cancel",
)
_RETRY_ONE = _Verb(
    name="retry",
    states=_ENDED_STATES,
    statement=_RETRY,
    refusal="is {state}; retry applies to jobs that have ended. Cancel it first",
)
_UNCANCEL = _Verb(
    name="uncancel",
    states=(State.CANCELLED,),
    statement="""
        UPDATE jobs SET state = 'pending', reason = '', finished_at = NULL, cancel_requested = 0
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
    statement="UPDATE jobs SET held = 1, reason = '' WHERE id = :id RETURNING *",
    refusal="is {state}; only a pending job can be held",
)
_RELEASE = _Verb(
    name="release",
    states=(State.PENDING,),
    # What it was held for can't come any more: released it waits for that no longer.
    statement="""
        UPDATE jobs SET held = 0, reason = '', after = CASE WHEN reason LIKE 'after #%' THEN '[]' ELSE after END
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


class Snapshot(Struct, frozen=True, kw_only=True):
    """One consistent look at the jobs: those to show with their reasons, the counts of all, the queues.

    ``unshown`` are the active jobs that were too many, ``older`` whether there are such ended ones.
    """

    jobs: tuple[Job, ...]
    unshown: int
    older: bool
    reasons: dict[int, str]
    counts: dict[State, int]
    queues: tuple[Queue, ...]
    limit: int | None


class Store(Database):
    """One connection to the database with the verbs for jobs; an async context manager."""

    client = "command line"  # by which users come to this process

    async def add(self, drafts: Sequence[JobDraft], *, now: datetime, unique: bool = False) -> list[Job]:
        """Store all the jobs or none; when this returns they are on disk.

        With ``unique`` one that is pending or running already is refused. Raises BadInputError.
        """
        return await self._note("added", now, partial(add, drafts=drafts, now=now, unique=unique))

    async def edit(self, job_id: int, draft: JobDraft, *, now: datetime) -> Job:
        """Replace what is asked for by a job that does not run. Raises BadInputError, WrongStateError."""
        return await self._note("edited", now, partial(_edit, job_id=job_id, draft=draft))

    async def snapshot(
        self, *, active: int, ended: int, only: Filter, capacity: Capacity, scheduled: bool, now: datetime
    ) -> Snapshot:
        """Return ``active`` jobs in the order they start, then the latest ``ended`` ones; and what is so of all."""
        return await self.read(_snapshot, active, ended, only, capacity, scheduled, now)

    async def reason(self, job_id: int, *, capacity: Capacity, scheduled: bool, now: datetime) -> str:
        """Return why a pending job waits; "starting" for one that does not, empty for one that is not pending."""
        return await self.read(_reason, job_id, capacity, scheduled, now)

    async def ended(self) -> list[tuple[int, datetime, bool]]:
        """Return all ended jobs: number, when they ended, and whether a pending job waits for them."""
        return await self.read(_ended)

    async def copies(self) -> set[str]:
        """Return the paths of the copies of scripts that jobs or schedules refer to."""
        return await self.read(_copies)

    async def samples(self, job: Job) -> list[Sample]:
        """Return how long the latest runs of the same script took that completed."""
        return await self.read(_samples, job)

    async def ahead(self, job_id: int, *, capacity: Capacity, now: datetime) -> Ahead | None:
        """Return what takes slots before a job that waits for one; None for another, and for too many to say."""
        return await self.read(_ahead, job_id, capacity, now)

    async def work_left(self, *, schedules: bool) -> bool:
        """Return whether any job is running, or pending and not held, or to be told of; or will be by a schedule."""
        return await self.read(_work_left, schedules)

    async def job(self, key: str) -> Job:
        """Return the job with this number or UUID (or a unique beginning of 6 or more characters)."""
        return await self.read(_find, key)

    async def jobs(self, ids: Iterable[int]) -> list[Job]:
        """Return those of these jobs that there are."""
        return await self.read(_jobs, tuple(ids))

    async def numbers(self, first: int, last: int) -> list[int]:
        """Return the numbers from ``first`` to ``last`` that jobs have."""
        return await self.read(_numbers, "SELECT id FROM jobs WHERE id BETWEEN ? AND ? ORDER BY id", (first, last))

    async def in_state(
        self, states: Collection[State], *, paused: bool | None = None, held: bool | None = None
    ) -> list[int]:
        """Return the numbers of all jobs in these states, of the paused or held ones only, or the others."""
        return await self.read(_numbers, _IN_STATE, (json.dumps(list(states)), paused, held))

    async def runs(self, job_id: int) -> list[Run]:
        """Return all attempts at a job, in order."""
        return await self.read(_runs, job_id)

    async def batch(self, name: str) -> list[Job]:
        """Return the jobs of a batch. Raises NoSuchJobError when there are none."""
        return await self.read(_batch, name)

    async def like(self, draft: JobDraft) -> Job | None:
        """Return a job that is pending or running with the same command in the same directory, if there is one."""
        return await self.read(like, draft)

    async def recent(self, most: int) -> list[Job]:
        """Return the latest jobs, of those with the same command in the same directory only the latest."""
        return await self.read(_recent, most)

    async def cancel(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Cancel pending jobs, mark running ones to be cancelled; all or, with an error, none."""
        return await self._note("cancelled", now, partial(_each, ids=tuple(ids), verb=_CANCEL, now=now))

    async def cancel_all(self, *, now: datetime) -> list[Job]:
        """Cancel every pending job, mark every running one to be cancelled; return them."""
        return await self._note("cancelled", now, partial(_cancel_all, now=now))

    async def retry(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Make ended jobs pending again; all or, with an error, none."""
        return await self._note("retried", now, partial(_each, ids=tuple(ids), verb=_RETRY_ONE, now=now))

    async def uncancel(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Put jobs back that were cancelled while they were pending, as they were; all or, with an error, none."""
        return await self._note("put back", now, partial(_each, ids=tuple(ids), verb=_UNCANCEL, now=now))

    async def remove(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Delete ended jobs that nobody waits for; all or, with an error, none."""
        return await self.write(_remove, tuple(ids), now)

    async def move_to_trash(self, ids: Iterable[int], *, now: datetime) -> tuple[list[Job], Rows]:
        """Remove ended jobs; return them, and what ``restore`` needs. All or, with an error, none."""
        return await self.write(_move_to_trash, tuple(ids), now)

    async def restore(self, rows: Rows, *, removed_at: datetime, now: datetime) -> list[Job]:
        """Undo ``move_to_trash``. Raises WrongStateError."""
        return await self.write(_restore, rows, self.client, removed_at, now)

    async def hold(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Keep pending jobs from starting; all or, with an error, none."""
        return await self._note("held", now, partial(_each, ids=tuple(ids), verb=_HOLD, now=now))

    async def release(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Let held jobs start again; all or, with an error, none."""
        return await self._note("released", now, partial(_each, ids=tuple(ids), verb=_RELEASE, now=now))

    async def pause(self, ids: Iterable[int], *, why: Pause, now: datetime) -> list[Job]:
        """Mark running jobs as paused; all or, with an error, none."""
        return await self._note("paused", now, partial(_each, ids=tuple(ids), verb=_PAUSE, now=now, pause=why))

    async def resume(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Mark running jobs as not paused; all or, with an error, none."""
        return await self._note("resumed", now, partial(_each, ids=tuple(ids), verb=_RESUME, now=now))

    async def move(self, ids: Sequence[int], move: Move, before: int | None = None, *, now: datetime) -> list[Job]:
        """Give pending jobs another place in their queue. Raises WrongStateError, NoSuchJobError."""
        return await self._note("moved", now, lambda db: ordering.move(db, tuple(ids), move, before))

    async def _note(self, verb: str, now: datetime, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self.write(audit.audited, verb, self.client, now, work)

    async def audit_trail(self, job_id: int) -> tuple[AuditEntry, ...]:
        """Return who did what to a job, in order."""
        return await self.read(audit.of_job, job_id)

    async def neighbours(self, job: Job, *, steps: int, most: int) -> tuple[list[Job], list[Job], list[Job]]:
        """Return the jobs that a job waits or waited for, those that wait for it, and all up to ``steps`` away.

        From each step the way goes on from the first ``most`` jobs.
        """
        return await self.read(_neighbours, job, steps, most)

    async def take_lease(self, *, pid: int, host: str, tty: str, now: datetime) -> Holder:
        """Raise the epoch: from now on nothing that an earlier scheduler writes is accepted."""
        return await self.write(_take_lease, {"pid": pid, "host": host, "tty": tty, "now": microseconds(now)})

    async def holder(self) -> Holder | None:
        """Return who took the lease last."""
        return await self.read(_holder)

    async def running(self) -> list[tuple[Job, str]]:
        """Return all running jobs, each with the boot of the machine that it was claimed in (empty: not known)."""
        return await self.read(_running)

    async def newest(self) -> int:
        """Return the number of the job that was added last; 0 when there has been none."""
        return await self.read(newest)

    async def all_completed(self, ids: Iterable[int], *, after: int, since: datetime) -> bool:
        """Return whether these jobs, all with numbers above ``after``, and all ended ``since`` completed.

        Removed ones count as completed.
        """
        return await self.read(_all_completed, tuple(ids), after, since)

    async def claim(
        self, *, epoch: int, capacity: Capacity, over: Collection[int] = (), boot: str, now: datetime
    ) -> Claimed | None:
        """Mark the pending jobs that may start now as running; the slots of the jobs ``over`` are free already.

        None when another scheduler has taken over.
        """
        return await self.write(_claim, epoch, partial(claims.claim, capacity=capacity, over=over, boot=boot, now=now))

    async def confirm_start(self, job: Job, *, epoch: int, started_at: datetime) -> Job | None:
        """Record when the run of a claimed job began; None when it is no longer ours to say."""
        return await self.write(_of_run, _STARTED, job, {"epoch": epoch, "started_at": microseconds(started_at)})

    async def put_back(self, job: Job, *, epoch: int, now: datetime) -> Job | None:
        """Make a claimed job that was never started pending again, or cancelled if that was asked."""
        return await self.write(_of_run, _PUT_BACK, job, {"epoch": epoch, "now": microseconds(now)})

    async def finish(
        self,
        job: Job,
        *,
        epoch: int,
        state: State,
        reason: str,
        end: RunEnd,
        again: NextAttempt | None = None,
        notify: Channels | None = None,
    ) -> Job | None:
        """Record how the run of a claimed job ended; None when it is no longer ours to say.

        With ``again`` the job, unless somebody has cancelled it meanwhile, is pending for its next attempt. With
        ``notify`` it is noted in the same step if somebody wants to hear of it.
        """
        write = self.write_along if again is None and notify is None else self.write
        return await write(_finish, job, epoch, state, reason, end, again, notify)


def _edit(db: sqlite3.Connection, job_id: int, draft: JobDraft) -> Job:
    state = _state(db, job_id)
    if state is State.RUNNING:
        raise WrongStateError(f"Job {job_id} is running; what runs can't be changed. Clone it, or cancel it first.")
    check_references(db, draft, {queue.name for queue in all_queues(db)})
    values = values_of(draft) | {"id": job_id}
    if db.execute(_LEADS_TO, values).fetchone() is not None:
        raise BadInputError("after", f"Job {job_id} would wait for itself; choose other jobs to wait for.")
    return job_of(db.execute(_REPLACE, values).fetchone())


def _snapshot(
    db: sqlite3.Connection, active: int, ended: int, only: Filter, capacity: Capacity, scheduled: bool, now: datetime
) -> Snapshot:
    part, values = condition(only, db)
    jobs = [job_of(row) for row in db.execute(_ACTIVE.format(condition=part), {**values, "most": active})]
    unshown = 0
    if 0 < active == len(jobs):
        unshown = db.execute(_ALL_ACTIVE.format(condition=part), values).fetchone()[0] - active
    wanted = {job.id for job in jobs if job.state is State.PENDING}
    reasons: dict[int, str] = {}
    if wanted:
        for candidate, decision in claims.explain(db, capacity=capacity, scheduled=scheduled, now=now):
            if candidate.id in wanted:
                reasons[candidate.id] = decision.reason or "starting"
                if len(reasons) == len(wanted):
                    break
    # One more, to see whether there is any.
    most = ended + 1 if ended > 0 else ended
    latest = [job_of(row) for row in db.execute(_ENDED.format(condition=part), {**values, "most": most})]
    older = 0 < ended < len(latest)
    return Snapshot(
        jobs=(*jobs, *(latest[:ended] if older else latest)),
        unshown=unshown,
        older=older,
        reasons=reasons,
        counts={State(state): number for state, number in db.execute(_COUNTS)},
        queues=all_queues(db),
        limit=limit_of(db),
    )


def _reason(db: sqlite3.Connection, job_id: int, capacity: Capacity, scheduled: bool, now: datetime) -> str:
    for candidate, decision in claims.explain(db, capacity=capacity, scheduled=scheduled, now=now):
        if candidate.id == job_id:
            return decision.reason or "starting"
    return ""


def _ahead(db: sqlite3.Connection, job_id: int, capacity: Capacity, now: datetime) -> Ahead | None:
    before: list[int] = []
    others = 0
    for candidate, decision in claims.explain(db, capacity=capacity, scheduled=True, now=now):
        for_slots = decision.reason == "slots" or decision.reason.startswith("limit of")
        if candidate.id == job_id or len(before) > AHEAD_MOST:
            if candidate.id != job_id or not for_slots:
                return None
            break
        if for_slots or not decision.reason:
            before.append(candidate.id)
        else:
            others += 1
    running = [job for job, _ in _running(db)]
    waiting = {job.id: job for job in _jobs(db, tuple(before))}
    known: dict[tuple[str, tuple[str, ...], str], list[Sample]] = {}
    samples = {}
    for job in (*running, *waiting.values()):
        command = job.path, job.args, job.cwd
        if command not in known:
            known[command] = _samples(db, job)
        samples[job.id] = known[command]
    slots = capacity.slots()
    return Ahead(
        running=tuple(running),
        before=tuple(waiting[one] for one in before),
        others=others,
        samples=samples,
        slots={queue.name: slots if queue.slots is None else queue.slots for queue in all_queues(db)},
        limit=limit_of(db),
    )


def _ended(db: sqlite3.Connection) -> list[tuple[int, datetime, bool]]:
    waited_for = {row[0] for row in db.execute(_ALL_WAITED_FOR)}
    return [(job_id, required_time(at), job_id in waited_for) for job_id, at in db.execute(_ALL_ENDED)]


def _copies(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute(_COPIES)}


def _samples(db: sqlite3.Connection, job: Job) -> list[Sample]:
    values = {"path": os.fsencode(job.path), "args": encode_args(job.args), "cwd": os.fsencode(job.cwd)}
    return [
        Sample(elapsed_s=taken / 1_000_000, same_parameters=bool(same)) for taken, same in db.execute(_SAMPLES, values)
    ]


def _work_left(db: sqlite3.Connection, schedules: bool) -> bool:
    return bool(db.execute(_WORK_LEFT, (schedules,)).fetchone()[0])


def _find(db: sqlite3.Connection, key: str) -> Job:
    if key.isascii() and key.isdigit() and len(key) < 18:
        row = db.execute("SELECT * FROM jobs WHERE id = ?", (int(key),)).fetchone()
        if row is not None or len(key) < 6:
            return job_of(_required(row, key))
    if len(key) < 6:
        raise NoSuchJobError(f"'{printable(key)}': no such job; give its number, or 6 characters or more of its UUID.")
    rows = db.execute("SELECT * FROM jobs WHERE substr(uuid, 1, ?) = ? LIMIT 2", (len(key), key.lower())).fetchall()
    if len(rows) > 1:
        raise NoSuchJobError(f"{printable(key)}: more than one job's UUID begins so; give more of it.")
    return job_of(_required(rows[0] if rows else None, key))


def _jobs(db: sqlite3.Connection, ids: tuple[int, ...]) -> list[Job]:
    query = "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    return [job_of(row) for row in db.execute(query, (json.dumps(ids),))]


def _recent(db: sqlite3.Connection, most: int) -> list[Job]:
    return [job_of(row) for row in db.execute(_RECENT, {"looked_at": 50 * most, "most": most})]


def _numbers(db: sqlite3.Connection, query: str, values: tuple[object, ...]) -> list[int]:
    return [row[0] for row in db.execute(query, values)]


def _runs(db: sqlite3.Connection, job_id: int) -> list[Run]:
    return [run_of(row) for row in db.execute("SELECT * FROM runs WHERE job_id = ? ORDER BY attempt", (job_id,))]


def _batch(db: sqlite3.Connection, name: str) -> list[Job]:
    jobs = [
        job_of(row) for row in db.execute("SELECT * FROM jobs WHERE batch = ? AND batch <> '' ORDER BY id", (name,))
    ]
    if not jobs:
        raise NoSuchJobError(f"{printable(name)}: no such batch; `tui-queue list` shows the batches.")
    return jobs


def _neighbours(db: sqlite3.Connection, job: Job, steps: int, most: int) -> tuple[list[Job], list[Job], list[Job]]:
    def before(jobs: Sequence[Job]) -> list[Job]:
        return _jobs(db, tuple({after.job_id for each in jobs for after in each.after}))

    def behind(jobs: Sequence[Job]) -> list[Job]:
        ids = json.dumps([each.id for each in jobs])
        return _jobs(db, tuple(row[0] for row in db.execute(_ALL_WAIT_FOR, (ids,))))

    dependencies, dependents = before([job]), behind([job])
    around = {each.id: each for each in (*dependencies, *dependents)}
    for step, nearest in ((before, dependencies), (behind, dependents)):
        jobs = nearest
        for _ in range(steps - 1):
            jobs = step(jobs[:most])
            around |= {each.id: each for each in jobs}
    return dependencies, dependents, list(around.values())


def _each(
    db: sqlite3.Connection, ids: tuple[int, ...], verb: _Verb, *, now: datetime, pause: Pause = Pause.NO
) -> list[Job]:
    jobs = []
    for job_id in ids:
        state = _state(db, job_id)
        if state not in verb.states:
            raise WrongStateError(f"Job {job_id} {verb.refusal.format(state=state)}.")
        values = {"id": job_id, "now": microseconds(now), "pause": pause}
        row = db.execute(verb.statement, values).fetchone()
        if row is None:
            raise WrongStateError(f"Job {job_id} {verb.refusal.format(state=state)}.")
        jobs.append(job_of(row))
    return jobs


def _remove(db: sqlite3.Connection, ids: tuple[int, ...], now: datetime) -> list[Job]:
    jobs = _each(db, ids, _REMOVE, now=now)
    for job in jobs:
        if (waits := db.execute(_WAITS_FOR, (job.id,)).fetchone()) is not None:
            raise WrongStateError(f"Job {waits[0]} waits for job {job.id}; change or cancel that one first.")
    audit.forget(db, jobs)
    return jobs


def _move_to_trash(db: sqlite3.Connection, ids: tuple[int, ...], now: datetime) -> tuple[list[Job], Rows]:
    rows = trash.rows_of(db, ids)
    return _remove(db, ids, now), rows


def _restore(db: sqlite3.Connection, rows: Rows, client: str, removed_at: datetime, now: datetime) -> list[Job]:
    jobs = audit.audited(db, "removed", client, removed_at, lambda db: trash.put(db, rows))
    return audit.audited(db, "brought back", client, now, lambda _: jobs)


def _cancel_all(db: sqlite3.Connection, now: datetime) -> list[Job]:
    return [job_of(row) for row in db.execute(_CANCEL_ALL, {"now": microseconds(now)}).fetchall()]


def _take_lease(db: sqlite3.Connection, values: dict[str, object]) -> Holder:
    return holder_of(db.execute(_LEASE, values).fetchone())


def _holder(db: sqlite3.Connection) -> Holder | None:
    row = db.execute("SELECT * FROM lease").fetchone()
    return None if row is None else holder_of(row)


def _running(db: sqlite3.Connection) -> list[tuple[Job, str]]:
    return [(job_of(row), row["boot"]) for row in db.execute(_RUNNING)]


def _all_completed(db: sqlite3.Connection, ids: tuple[int, ...], after: int, since: datetime) -> bool:
    return db.execute(_NOT_COMPLETED, (json.dumps(ids), after, microseconds(since))).fetchone() is None


def _claim(db: sqlite3.Connection, epoch: int, claim: Callable[..., Claimed]) -> Claimed | None:
    if db.execute("SELECT epoch FROM lease").fetchone()[0] != epoch:
        return None
    return claim(db, epoch=epoch)


def _of_run(db: sqlite3.Connection, statement: str, job: Job, values: dict[str, object]) -> Job | None:
    row = db.execute(statement, {"id": job.id, "attempt": job.attempt, **values}).fetchone()
    return None if row is None else job_of(row)


def _finish(
    db: sqlite3.Connection,
    job: Job,
    epoch: int,
    state: State,
    reason: str,
    end: RunEnd,
    again: NextAttempt | None,
    notify: Channels | None,
) -> Job | None:
    values: dict[str, object] = {
        "epoch": epoch,
        "state": state,
        "reason": reason,
        "exit_code": end.exit_code,
        "signal": end.signal,
        "started_at": microseconds(end.started_at),
        "finished_at": microseconds(end.finished_at),
        "cpu_s": end.cpu_s,
        "max_rss_kib": end.max_rss_kib,
        "oom": end.oom,
    }
    asked = db.execute("SELECT cancel_requested FROM jobs WHERE id = ?", (job.id,)).fetchone()
    if again is None or asked is None or asked[0]:
        done = _of_run(db, _FINISH, job, values)
    else:
        more = {"held": again.held, "not_before": microseconds(again.not_before), "reason": again.reason}
        done = _of_run(db, _AGAIN, job, {"epoch": epoch, **more})
    if done is not None:
        db.execute(_END_RUN, {"id": job.id, "attempt": job.attempt, **values})
        event = Event.ENDED if done.state.ended else Event.ASKS if done.held else None
        if notify is not None and event is not None and notify.wants(done, event):
            report(db, done, event)
    return done


def _state(db: sqlite3.Connection, job_id: int) -> State:
    return State(_required(db.execute("SELECT state FROM jobs WHERE id = ?", (job_id,)).fetchone(), job_id)[0])


def _required(row: sqlite3.Row | None, key: object) -> sqlite3.Row:
    if row is None:
        raise NoSuchJobError(f"{printable(str(key))}: no such job; `tui-queue list` shows all.")
    return row
