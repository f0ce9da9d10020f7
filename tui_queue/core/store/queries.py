"""Reads jobs from the database; each query sees one consistent state."""

import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from tui_queue.core.analysis.eta import Ahead, Sample
from tui_queue.core.errors import NoSuchJobError
from tui_queue.core.model.blocked import Blocked
from tui_queue.core.model.command_line import is_interpreter
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import Job, JobDraft, Run, State, encode_args
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.model.overview import AuditEntry, Mark
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.reason import NO_REASON, STARTING, Reason, ReasonKind
from tui_queue.core.model.trash import TrashedJobs
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.store import audit
from tui_queue.core.store.blocked import blocked_jobs
from tui_queue.core.store.database import Database
from tui_queue.core.store.filter_sql import condition
from tui_queue.core.store.insert import like
from tui_queue.core.store.known_jobs import KnownJobs
from tui_queue.core.store.leftovers import all_leftovers
from tui_queue.core.store.numbers import newest
from tui_queue.core.store.queues import all_queues, limit_of
from tui_queue.core.store.rows import columns_of, job_of, microseconds, required_row, required_time, run_of
from tui_queue.core.store.shortage import shortage_of
from tui_queue.core.store.trash import removals
from tui_queue.core.system.terminal_session import this_terminal
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.core.policy.admission import Candidate, Decision

LATEST = re.compile(r"(?a)(?:@|last)(~(\d{0,9}))?")
AHEAD_MOST = 200  # jobs before another one up to which its start is guessed

_ACTIVE = """
    SELECT * FROM jobs WHERE state IN ('running', 'pending') {condition}
    ORDER BY started_at IS NULL, state = 'pending', CASE state WHEN 'pending' THEN -priority END,
        CASE state WHEN 'pending' THEN place ELSE id END LIMIT :most"""

_ALL_ACTIVE = "SELECT count(*) FROM jobs WHERE state IN ('running', 'pending') {condition}"

_ENDED = """
    SELECT * FROM jobs WHERE finished_at IS NOT NULL {condition} ORDER BY finished_at DESC, id DESC LIMIT :most"""

_WORK_LEFT = """
    SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'running' OR (state = 'pending' AND held = 0 AND after = '[]'))
        OR EXISTS (SELECT 1 FROM news WHERE said IS NULL)
        OR EXISTS (SELECT 1 FROM leftovers WHERE ending)
        OR (? AND EXISTS (SELECT 1 FROM schedules WHERE paused = 0 AND next_at IS NOT NULL))"""

_ALL_WAITING = """
    SELECT id FROM jobs INDEXED BY jobs_waiting WHERE state = 'pending' AND after <> '[]' AND held = 0"""

_IN_STATE = """
    SELECT id FROM jobs WHERE state IN (SELECT value FROM json_each(?1))
        AND (?2 IS NULL OR (paused <> '') = ?2) AND (?3 IS NULL OR held = ?3) ORDER BY id"""

_CLAIMED = "SELECT count(*) FROM jobs WHERE state = 'running' AND started_at IS NULL"
_COUNTS = "SELECT state, jobs FROM counts WHERE jobs > 0"

# The epoch is that of the run: the clock may have been set back since.
_NOT_COMPLETED = """
    SELECT 1 FROM jobs
    WHERE state IN ('failed', 'cancelled') AND (
        id > :newest OR finished_at >= :at OR id IN (SELECT value FROM json_each(:running))
        OR EXISTS (SELECT 1 FROM runs WHERE job_id = jobs.id AND attempt = jobs.attempt AND epoch > :epoch)
    ) LIMIT 1"""

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
    UNION SELECT json_extract(options, '$.stdin') AS copy FROM jobs WHERE copy IS NOT NULL
    UNION SELECT json_extract(json_extract(draft, '$.options'), '$.script.copy') AS copy FROM schedules
    WHERE copy IS NOT NULL
    UNION SELECT json_extract(json_extract(draft, '$.options'), '$.stdin') AS copy FROM schedules
    WHERE copy IS NOT NULL"""

_ENVIRONMENTS = """
    SELECT json_extract(options, '$.environment') AS file FROM jobs WHERE file IS NOT NULL
    UNION SELECT json_extract(options, '$.values') AS file FROM jobs WHERE file IS NOT NULL
    UNION SELECT json_extract(json_extract(draft, '$.options'), '$.environment') AS file FROM schedules
    WHERE file IS NOT NULL
    UNION SELECT json_extract(json_extract(draft, '$.options'), '$.values') AS file FROM schedules
    WHERE file IS NOT NULL
    UNION SELECT json_extract(draft, '$.values') AS file FROM templates WHERE file IS NOT NULL"""

_LAST_GOOD = """
    SELECT * FROM jobs WHERE path = :path AND args = :args AND cwd = :cwd AND state = 'completed'
    ORDER BY finished_at DESC LIMIT 1"""

_SAMPLES = """
    SELECT finished_at - started_at, args = :args AND cwd = :cwd FROM jobs
    WHERE path = :path AND state = 'completed' AND started_at IS NOT NULL AND (:own OR args = :args OR name = :name)
    ORDER BY args = :args DESC, id DESC LIMIT 50"""

_RECENT = """
    SELECT * FROM jobs WHERE id IN
        (SELECT max(id) FROM (SELECT id, path, args, cwd FROM jobs ORDER BY id DESC LIMIT :looked_at)
        GROUP BY path, args, cwd)
    ORDER BY id DESC LIMIT :most"""


class Snapshot(Struct, frozen=True, kw_only=True):
    """One consistent look at the jobs: those to show with their reasons, the counts of all, the queues, the leftovers.

    ``unshown`` are the active jobs that were too many, ``older`` whether there are such ended ones.
    """

    jobs: tuple[Job, ...]
    unshown: int
    older: bool
    reasons: dict[int, Reason]
    counts: dict[State, int]
    claimed: int
    queues: tuple[Queue, ...]
    limit: int | None
    shortage: Reason
    leftovers: tuple[Leftover, ...] = ()


class Queries:
    """The queries of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = KnownJobs()

    async def snapshot(
        self, *, active: int, ended: int, only: Filter, capacity: Capacity, scheduled: bool, now: datetime
    ) -> Snapshot:
        """Return ``active`` jobs in the order they start, then the latest ``ended`` ones; and what is so of all."""
        return await self._database.read(_snapshot, self._known, active, ended, only, capacity, scheduled, now)

    async def reason(self, job_id: int, *, capacity: Capacity, scheduled: bool, now: datetime) -> Reason:
        """Return why a pending job waits: STARTING for one that does not, NO_REASON for one that is not pending."""
        return await self._database.read(_reason, job_id, capacity, scheduled, now)

    async def ended(self) -> list[tuple[int, datetime, bool]]:
        """Return all ended jobs: number, when they ended, whether a pending job waits for them or a process is left."""
        return await self._database.read(_ended)

    async def removals(self) -> list[TrashedJobs]:
        """Return what is in the trash, the latest removal first."""
        return await self._database.read(removals)

    async def copies(self) -> set[str]:
        """Return the paths of the copies of scripts and inputs that jobs or schedules refer to."""
        return await self._database.read(_copies)

    async def last_good(self, job: Job) -> Job | None:
        """Return the job with the same command in the same directory that completed last, if there is one."""
        return await self._database.read(_last_good, job)

    async def samples(self, job: Job) -> list[Sample]:
        """Return how long the latest runs of the same script took that completed."""
        return await self._database.read(_samples, job)

    async def ahead(self, job_id: int, *, capacity: Capacity, now: datetime) -> Ahead | None:
        """Return what takes slots before a job that waits for one; None for another, and for too many to say."""
        return await self._database.read(ahead_of, job_id, capacity, now)

    async def blocked(self) -> dict[int, Blocked]:
        """Return the pending jobs for which nothing happens until the user acts, by number."""
        return await self._database.read(blocked_jobs)

    async def work_left(self, *, schedules: bool) -> bool:
        """Return whether any job is running, or pending and not blocked, or to be told of; or will be by a schedule."""
        return await self._database.read(_work_left, schedules)

    async def job(self, key: str) -> Job:
        """Return the job with this number or UUID (or a unique beginning of 6 or more characters).

        ``@`` and ``last`` are the job that was added last from this terminal, or else at all; ``@~1`` the one before.
        """
        if (found := LATEST.fullmatch(key)) is not None:
            before = int(found[2] or 1) if found[1] else 0
            return await self._database.read(_latest, key, this_terminal(), before)
        return await self._database.read(_find, key)

    async def jobs(self, ids: Iterable[int]) -> list[Job]:
        """Return those of these jobs that there are."""
        return await self._database.read(_jobs, tuple(ids))

    async def numbers(self, first: int, last: int) -> list[int]:
        """Return the numbers from ``first`` to ``last`` that jobs have."""
        return await self._database.read(
            _numbers, "SELECT id FROM jobs WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)
        )

    async def in_state(
        self, states: Collection[State], *, paused: bool | None = None, held: bool | None = None
    ) -> list[int]:
        """Return the numbers of all jobs in these states, of the paused or held ones only, or the others."""
        return await self._database.read(_numbers, _IN_STATE, (json.dumps(list(states)), paused, held))

    async def runs(self, job_id: int) -> list[Run]:
        """Return all attempts at a job, in order."""
        return await self._database.read(_runs, job_id)

    async def batch(self, name: str) -> list[Job]:
        """Return the jobs of a batch. Raises NoSuchJobError when there are none."""
        return await self._database.read(_batch, name)

    async def like(self, draft: JobDraft) -> Job | None:
        """Return a job that is pending or running with the same command in the same directory, if there is one."""
        return await self._database.read(like, draft)

    async def recent(self, most: int) -> list[Job]:
        """Return the latest jobs, of those with the same command in the same directory only the latest."""
        return await self._database.read(_recent, most)

    async def neighbours(self, job: Job, *, steps: int, most: int) -> tuple[list[Job], list[Job], list[Job]]:
        """Return the jobs that a job waits or waited for, those that wait for it, and all up to ``steps`` away.

        From each step the way goes on from the first ``most`` jobs.
        """
        return await self._database.read(_neighbours, job, steps, most)

    async def mark(self, now: datetime) -> Mark:
        """Return what tells later which jobs have ended from now on."""
        return await self._database.read(_mark, now)

    async def all_completed(self, mark: Mark) -> bool:
        """Return whether all jobs that have ended since completed. Removed ones count as completed."""
        return await self._database.read(_all_completed, mark)

    async def audit_trail(self, job_id: int) -> tuple[AuditEntry, ...]:
        """Return who did what to a job, in order."""
        return await self._database.read(audit.of_job, job_id)


def _snapshot(
    db: sqlite3.Connection,
    known: KnownJobs,
    active: int,
    ended: int,
    only: Filter,
    capacity: Capacity,
    scheduled: bool,
    now: datetime,
) -> Snapshot:
    part, values = condition(only, db)
    jobs = [known.of(row) for row in db.execute(_ACTIVE.format(condition=part), {**values, "most": active})]
    unshown = 0
    if 0 < active == len(jobs):
        unshown = db.execute(_ALL_ACTIVE.format(condition=part), values).fetchone()[0] - active
    wanted = {job.id for job in jobs if job.waits}
    reasons: dict[int, Reason] = {}
    if wanted:
        for candidate, decision in _explain(db, capacity=capacity, scheduled=scheduled, now=now):
            if candidate.id in wanted:
                reasons[candidate.id] = decision.reason or STARTING
                if len(reasons) == len(wanted):
                    break
    # One more, to see whether there is any.
    most = ended + 1 if ended > 0 else ended
    latest = [known.of(row) for row in db.execute(_ENDED.format(condition=part), {**values, "most": most})]
    older = 0 < ended < len(latest)
    claimed = db.execute(_CLAIMED).fetchone()[0]
    return Snapshot(
        jobs=(*jobs, *(latest[:ended] if older else latest)),
        unshown=unshown,
        older=older,
        reasons=reasons,
        counts=_counts(db, claimed),
        claimed=claimed,
        queues=all_queues(db),
        limit=limit_of(db),
        shortage=shortage_of(db) if scheduled else NO_REASON,
        leftovers=tuple(all_leftovers(db)),
    )


def _counts(db: sqlite3.Connection, claimed: int) -> dict[State, int]:
    counts = {State(state): number for state, number in db.execute(_COUNTS)}
    if claimed:
        counts[State.RUNNING] -= claimed
        counts[State.PENDING] = counts.get(State.PENDING, 0) + claimed
    return {state: number for state, number in counts.items() if number}


def _reason(db: sqlite3.Connection, job_id: int, capacity: Capacity, scheduled: bool, now: datetime) -> Reason:
    for candidate, decision in _explain(db, capacity=capacity, scheduled=scheduled, now=now):
        if candidate.id == job_id:
            return decision.reason or STARTING
    return NO_REASON


def _explain(
    db: sqlite3.Connection, *, capacity: Capacity, scheduled: bool, now: datetime
) -> "Iterable[tuple[Candidate, Decision]]":
    from tui_queue.core.store.claim import explain  # noqa: PLC0415 - few commands need it

    return explain(db, capacity=capacity, scheduled=scheduled, now=now)


def ahead_of(db: sqlite3.Connection, job_id: int, capacity: Capacity, now: datetime) -> Ahead | None:
    """Return what takes slots before a job that waits for one; None for another, and for too many to say."""
    before: list[int] = []
    others = 0
    for candidate, decision in _explain(db, capacity=capacity, scheduled=True, now=now):
        for_slots = decision.reason.kind in (ReasonKind.SLOTS, ReasonKind.LIMIT)
        if candidate.id == job_id or len(before) > AHEAD_MOST:
            if candidate.id != job_id or not for_slots:
                return None
            break
        if for_slots or not decision.reason:
            before.append(candidate.id)
        else:
            others += 1
    from tui_queue.core.store.runs import running_jobs  # noqa: PLC0415 - as in _explain

    running = [job for job, _ in running_jobs(db)]
    waiting = {job.id: job for job in _jobs(db, tuple(before))}
    known: dict[tuple[str, tuple[str, ...], str, str], list[Sample]] = {}
    samples = {}
    for job in (*running, *waiting.values()):
        command = job.path, job.args, job.cwd, job.name
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
    waited_for = {row[0] for row in db.execute(_ALL_WAITED_FOR)} | {left.job_id for left in all_leftovers(db)}
    return [(job_id, required_time(at), job_id in waited_for) for job_id, at in db.execute(_ALL_ENDED)]


def _copies(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute(_COPIES)}


def environments_in(db: sqlite3.Connection) -> set[str]:
    """Return the names of the files with environments and values that jobs, schedules or templates refer to."""
    return {row[0] for row in db.execute(_ENVIRONMENTS)}


def _last_good(db: sqlite3.Connection, job: Job) -> Job | None:
    row = db.execute(_LAST_GOOD, _command_of(job)).fetchone()
    return None if row is None else job_of(row)


def _command_of(job: Job) -> dict[str, bytes]:
    return {"path": os.fsencode(job.path), "args": encode_args(job.args), "cwd": os.fsencode(job.cwd)}


def _samples(db: sqlite3.Connection, job: Job) -> list[Sample]:
    # An interpreter runs other scripts too: of its jobs only those of this name tell something.
    others = {"own": not is_interpreter(job.path), **columns_of(job, ("name",))}
    found = db.execute(_SAMPLES, _command_of(job) | others)
    return [Sample(elapsed_s=taken / 1_000_000, same_parameters=bool(same)) for taken, same in found]


def _work_left(db: sqlite3.Connection, schedules: bool) -> bool:
    if db.execute(_WORK_LEFT, (schedules,)).fetchone()[0]:
        return True
    waiting = {row[0] for row in db.execute(_ALL_WAITING)}
    return bool(waiting) and not waiting <= blocked_jobs(db).keys()


def _find(db: sqlite3.Connection, key: str) -> Job:
    if key.isascii() and key.isdigit() and len(key) < 18:
        row = db.execute("SELECT * FROM jobs WHERE id = ?", (int(key),)).fetchone()
        if row is not None or len(key) < 6:
            return job_of(required_row(row, key))
    if len(key) < 6:
        raise NoSuchJobError(f"'{printable(key)}': no such job; give its number, or 6 characters or more of its UUID.")
    rows = db.execute("SELECT * FROM jobs WHERE substr(uuid, 1, ?) = ? LIMIT 2", (len(key), key.lower())).fetchall()
    if len(rows) > 1:
        raise NoSuchJobError(f"{printable(key)}: more than one job's UUID begins so; give more of it.")
    return job_of(required_row(rows[0] if rows else None, key))


def _latest(db: sqlite3.Connection, key: str, terminal: str, before: int) -> Job:
    number = audit.added_from(db, terminal, before)
    if number is None and audit.added_from(db, terminal, 0) is None:
        found = db.execute("SELECT id FROM jobs ORDER BY id DESC LIMIT 1 OFFSET ?", (before,)).fetchone()
        number = None if found is None else found[0]
    if number is None:
        raise NoSuchJobError(f"{key}: no such job was added from this terminal; `tui-queue list` shows all.")
    return job_of(required_row(db.execute("SELECT * FROM jobs WHERE id = ?", (number,)).fetchone(), key))


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


def _mark(db: sqlite3.Connection, now: datetime) -> Mark:
    running = _numbers(db, _IN_STATE, (json.dumps([State.RUNNING]), None, None))
    epoch = db.execute("SELECT coalesce(max(epoch), 0) FROM lease").fetchone()[0]
    return Mark(running=tuple(running), newest=newest(db), epoch=epoch, at=now)


def _all_completed(db: sqlite3.Connection, mark: Mark) -> bool:
    values = {
        "running": json.dumps(mark.running),
        "newest": mark.newest,
        "epoch": mark.epoch,
        "at": microseconds(mark.at),
    }
    return db.execute(_NOT_COMPLETED, values).fetchone() is None
