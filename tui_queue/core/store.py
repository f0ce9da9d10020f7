"""The queue on disk; the only module that speaks SQL besides the schema.

Every verb is one function that runs on the database's thread, so that no other coroutine can come between its
statements, and a cancelled caller leaves nothing half done. Verbs that write share a transaction with all that are
called while the one before is on its way to the disk: a commit costs the same for one as for twenty.
"""

import asyncio
import functools
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Self, TypeVar
from uuid import uuid4

import aiosqlite

from tui_queue.core import schema, wal
from tui_queue.core.errors import NoSuchJobError, StoreError, TuiQueueError, WrongStateError
from tui_queue.core.models import Holder, Job, JobDraft, RunEnd, State, encode_args
from tui_queue.core.printable import printable
from tui_queue.core.rows import holder_of, job_of, microseconds
from tui_queue.core.wal import WriteGate

P = ParamSpec("P")
T = TypeVar("T")

_INSERT = """
    INSERT INTO jobs (uuid, name, path, args, cwd, python, timeout_s, created_at)
    VALUES (:uuid, :name, :path, :args, :cwd, :python, :timeout_s, :now) RETURNING *"""
_ACTIVE = """
    SELECT * FROM jobs WHERE state IN ('running', 'pending')
    ORDER BY state = 'pending', CASE state WHEN 'pending' THEN -priority END, id LIMIT ?"""
_ENDED = "SELECT * FROM jobs WHERE finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC LIMIT ?"
_WORK_LEFT = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state IN ('pending', 'running'))"
_COUNTS = "SELECT state, count(*) FROM jobs GROUP BY state"
_NOT_COMPLETED = """
    SELECT 1 FROM jobs
    WHERE (id IN (SELECT value FROM json_each(?)) OR id > ? OR finished_at >= ?) AND state <> 'completed' LIMIT 1"""
# What a scheduler writes is refused when another one has taken over since.
_FENCE = "EXISTS (SELECT 1 FROM lease WHERE epoch = :epoch)"
_CLAIM = """
    UPDATE jobs SET state = 'running', reason = '', attempt = attempt + 1, started_at = NULL
    WHERE id IN (
        SELECT id FROM jobs WHERE state = 'pending' ORDER BY priority DESC, id
        LIMIT max(0, :slots - (SELECT count(*) FROM jobs WHERE state = 'running')))
    RETURNING *"""
_CLAIM_RUN = "INSERT INTO runs (job_id, attempt, epoch, boot, claimed_at) VALUES (?, ?, ?, ?, ?)"
_RUNNING = """
    SELECT jobs.*, coalesce(boot, '') AS boot FROM jobs
    LEFT JOIN runs ON job_id = id AND runs.attempt = jobs.attempt WHERE state = 'running' ORDER BY id"""
_OF_RUN = f"id = :id AND attempt = :attempt AND state = 'running' AND {_FENCE}"
_STARTED = f"UPDATE jobs SET started_at = :started_at WHERE {_OF_RUN} RETURNING *"
_PUT_BACK = f"""
    UPDATE jobs SET started_at = NULL,
        state       = CASE cancel_requested WHEN 1 THEN 'cancelled' ELSE 'pending' END,
        reason      = CASE cancel_requested WHEN 1 THEN 'cancelled by user' ELSE '' END,
        finished_at = CASE cancel_requested WHEN 1 THEN :now END
    WHERE {_OF_RUN} RETURNING *"""
_FINISH = f"""
    UPDATE jobs SET state = :state, reason = :reason, exit_code = :exit_code, signal = :signal,
        started_at = coalesce(:started_at, started_at), finished_at = :finished_at
    WHERE {_OF_RUN} RETURNING *"""
_END_RUN = """
    UPDATE runs SET started_at = :started_at, finished_at = :finished_at, exit_code = :exit_code,
        signal = :signal, reason = :reason, cpu_s = :cpu_s, max_rss_kib = :max_rss_kib
    WHERE job_id = :id AND attempt = :attempt"""
_CANCELLED = """
    UPDATE jobs SET
        cancel_requested = 1,
        reason      = CASE state WHEN 'pending' THEN 'cancelled by user' ELSE reason END,
        finished_at = CASE state WHEN 'pending' THEN :now ELSE finished_at END,
        state       = CASE state WHEN 'pending' THEN 'cancelled' ELSE state END"""
_CANCEL = f"{_CANCELLED} WHERE id = :id RETURNING *"
_CANCEL_ALL = f"{_CANCELLED} WHERE state IN ('running', 'pending') RETURNING *"
_RETRY = """
    UPDATE jobs SET state = 'pending', reason = '', exit_code = NULL, signal = NULL,
        started_at = NULL, finished_at = NULL, cancel_requested = 0
    WHERE id = :id RETURNING *"""
_LEASE = """
    INSERT INTO lease (id, epoch, pid, host, tty, since) VALUES (1, 1, :pid, :host, :tty, :now)
    ON CONFLICT (id) DO UPDATE SET
        epoch = epoch + 1, pid = excluded.pid, host = excluded.host, tty = excluded.tty, since = excluded.since
    RETURNING *"""


@dataclass(frozen=True, slots=True)
class _Write:
    work: Callable[[sqlite3.Connection], Any]
    done: asyncio.Future[Any]


class Store:
    """One connection to the database; open it with ``async with Store.open(path)``."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._db: aiosqlite.Connection
        self._gate: WriteGate
        self._waiting: list[_Write] = []
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        shown = printable(self._path)
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            # Created here, since SQLite would follow the umask; the journal takes over the mode.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._gate = WriteGate(self._path)
        except OSError as error:
            raise StoreError(
                f"{shown}: can't be opened: {error.strerror}. Set TUI_QUEUE_HOME to another place."
            ) from None
        self._db = await aiosqlite.connect(self._path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            await self._on_thread(wal.configure)
            await self._on_thread(self._migrate)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._writer is not None:
            await self._writer
        await self._close()

    async def _close(self) -> None:
        await self._db.close()
        self._gate.close()

    def _migrate(self, db: sqlite3.Connection) -> None:
        with self._gate.writing(db):
            schema.migrate(db)

    async def add(self, drafts: Sequence[JobDraft], *, now: datetime) -> list[Job]:
        """Store all the jobs or none; when this returns they are on disk."""
        return await self._write(_add, drafts, now)

    async def jobs(self, *, active: int, ended: int) -> tuple[list[Job], dict[State, int]]:
        """Return ``active`` jobs in the order they start, then the latest ``ended`` ones; and all counts by state."""
        return await self._read(_jobs, active, ended)

    async def work_left(self) -> bool:
        """Return whether any job is pending or running."""
        return await self._read(_work_left)

    async def job(self, key: str) -> Job:
        """Return the job with this number or UUID (or a unique beginning of 6 or more characters)."""
        return await self._read(_find, key)

    async def cancel(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Cancel pending jobs, mark running ones to be cancelled; all or, with an error, none."""
        return await self._write(_each, tuple(ids), "cancel", _CANCEL, now)

    async def cancel_all(self, *, now: datetime) -> list[Job]:
        """Cancel every pending job, mark every running one to be cancelled; return them."""
        return await self._write(_cancel_all, now)

    async def retry(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Make ended jobs pending again; all or, with an error, none."""
        return await self._write(_each, tuple(ids), "retry", _RETRY, now)

    async def remove(self, ids: Iterable[int], *, now: datetime) -> list[Job]:
        """Delete ended jobs; all or, with an error, none."""
        return await self._write(_each, tuple(ids), "remove", "DELETE FROM jobs WHERE id = :id RETURNING *", now)

    async def take_lease(self, *, pid: int, host: str, tty: str, now: datetime) -> Holder:
        """Raise the epoch: from now on nothing that an earlier scheduler writes is accepted."""
        return await self._write(_take_lease, {"pid": pid, "host": host, "tty": tty, "now": microseconds(now)})

    async def holder(self) -> Holder | None:
        """Return who took the lease last."""
        return await self._read(_holder)

    async def running(self) -> list[tuple[Job, str]]:
        """Return all running jobs, each with the boot of the machine that it was claimed in (empty: not known)."""
        return await self._read(_running)

    async def newest(self) -> int:
        """Return the number of the job that was added last; 0 when there has been none."""
        return await self._read(_newest)

    async def all_completed(self, ids: Iterable[int], *, after: int, since: datetime) -> bool:
        """Return whether these jobs, all with numbers above ``after``, and all ended ``since`` completed.

        Removed ones count as completed.
        """
        return await self._read(_all_completed, tuple(ids), after, since)

    async def claim(self, *, epoch: int, slots: int, boot: str, now: datetime) -> list[Job] | None:
        """Mark as many of the next pending jobs as running as there are free slots, and return them.

        None when another scheduler has taken over.
        """
        return await self._write(_claim, epoch, slots, boot, now)

    async def confirm_start(self, job: Job, *, epoch: int, started_at: datetime) -> Job | None:
        """Record when the run of a claimed job began; None when it is no longer ours to say."""
        return await self._write(_of_run, _STARTED, job, {"epoch": epoch, "started_at": microseconds(started_at)})

    async def put_back(self, job: Job, *, epoch: int, now: datetime) -> Job | None:
        """Make a claimed job that was never started pending again, or cancelled if that was asked."""
        return await self._write(_of_run, _PUT_BACK, job, {"epoch": epoch, "now": microseconds(now)})

    async def finish(self, job: Job, *, epoch: int, state: State, reason: str, end: RunEnd) -> Job | None:
        """Record how the run of a claimed job ended; None when it is no longer ours to say."""
        return await self._write(_finish, job, epoch, state, reason, end)

    async def _write(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(functools.partial(_call, verb, args, kwargs), done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        return await done

    async def _write_all(self) -> None:
        """Write down what waits, and what comes meanwhile, until nothing waits."""
        while self._waiting:
            writes, self._waiting = self._waiting, []
            try:
                outcomes = await self._on_thread(self._write_together, writes)
            except Exception as error:  # noqa: BLE001 - each caller gets it
                outcomes = [error] * len(writes)
            for write, outcome in zip(writes, outcomes, strict=True):
                if write.done.cancelled():
                    continue
                if isinstance(outcome, Exception):
                    write.done.set_exception(outcome)
                else:
                    write.done.set_result(outcome)
        self._writer = None

    def _write_together(self, db: sqlite3.Connection, writes: Sequence[_Write]) -> list[Any]:
        """Do each or, with its error, nothing of it; return the results."""
        with self._gate.writing(db):
            try:
                return _transaction(db, "BEGIN IMMEDIATE", lambda db: [write.work(db) for write in writes])
            except TuiQueueError as refused:
                if len(writes) == 1:
                    return [refused]
        return [outcome for write in writes for outcome in self._write_together(db, [write])]

    async def _read(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._on_thread(_transaction, "BEGIN", functools.partial(_call, verb, args, kwargs))

    async def _on_thread(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        # aiosqlite offers single statements only; its own way to run a function on its thread is private.
        call = self._db._execute(work, self._db._conn, *args, **kw)  # type: ignore[no-untyped-call]
        try:
            result: T = await call
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise StoreError(f"{printable(self._path)}: {error}.") from error
        return result


def _call(verb: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object], db: sqlite3.Connection) -> T:
    return verb(db, *args, **kwargs)


def _transaction(db: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    db.execute(begin)
    try:
        result = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def _add(db: sqlite3.Connection, drafts: Sequence[JobDraft], now: datetime) -> list[Job]:
    return [
        job_of(
            db.execute(
                _INSERT,
                {
                    "uuid": str(uuid4()),
                    "name": os.fsencode(draft.name),
                    "path": os.fsencode(draft.path),
                    "args": encode_args(draft.args),
                    "cwd": os.fsencode(draft.cwd),
                    "python": None if draft.python is None else os.fsencode(draft.python),
                    "timeout_s": draft.timeout_s,
                    "now": microseconds(now),
                },
            ).fetchone()
        )
        for draft in drafts
    ]


def _jobs(db: sqlite3.Connection, active: int, ended: int) -> tuple[list[Job], dict[State, int]]:
    rows = [*db.execute(_ACTIVE, (active,)), *db.execute(_ENDED, (ended,))]
    return [job_of(row) for row in rows], _counts(db)


def _counts(db: sqlite3.Connection) -> dict[State, int]:
    return {State(state): number for state, number in db.execute(_COUNTS)}


def _work_left(db: sqlite3.Connection) -> bool:
    return bool(db.execute(_WORK_LEFT).fetchone()[0])


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


def _each(db: sqlite3.Connection, ids: tuple[int, ...], verb: str, statement: str, now: datetime) -> list[Job]:
    jobs = []
    for job_id in ids:
        state = State(_required(db.execute("SELECT state FROM jobs WHERE id = ?", (job_id,)).fetchone(), job_id)[0])
        if state.ended and verb == "cancel":
            raise WrongStateError(f"Job {job_id} has ended already ({state}); there is nothing to cancel.")
        if not state.ended and verb != "cancel":
            raise WrongStateError(f"Job {job_id} is {state}; {verb} applies to jobs that have ended. Cancel it first.")
        jobs.append(job_of(db.execute(statement, {"id": job_id, "now": microseconds(now)}).fetchone()))
    return jobs


def _cancel_all(db: sqlite3.Connection, now: datetime) -> list[Job]:
    return [job_of(row) for row in db.execute(_CANCEL_ALL, {"now": microseconds(now)}).fetchall()]


def _take_lease(db: sqlite3.Connection, values: dict[str, object]) -> Holder:
    return holder_of(db.execute(_LEASE, values).fetchone())


def _holder(db: sqlite3.Connection) -> Holder | None:
    row = db.execute("SELECT * FROM lease").fetchone()
    return None if row is None else holder_of(row)


def _running(db: sqlite3.Connection) -> list[tuple[Job, str]]:
    return [(job_of(row), row["boot"]) for row in db.execute(_RUNNING)]


def _newest(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    return 0 if row is None else row[0]


def _all_completed(db: sqlite3.Connection, ids: tuple[int, ...], after: int, since: datetime) -> bool:
    return db.execute(_NOT_COMPLETED, (json.dumps(ids), after, microseconds(since))).fetchone() is None


def _claim(db: sqlite3.Connection, epoch: int, slots: int, boot: str, now: datetime) -> list[Job] | None:
    if db.execute("SELECT epoch FROM lease").fetchone()[0] != epoch:
        return None
    jobs = [job_of(row) for row in db.execute(_CLAIM, {"slots": slots}).fetchall()]
    db.executemany(_CLAIM_RUN, [(job.id, job.attempt, epoch, boot, microseconds(now)) for job in jobs])
    # RETURNING promises no order.
    return sorted(jobs, key=lambda job: (-job.priority, job.id))


def _of_run(db: sqlite3.Connection, statement: str, job: Job, values: dict[str, object]) -> Job | None:
    row = db.execute(statement, {"id": job.id, "attempt": job.attempt, **values}).fetchone()
    return None if row is None else job_of(row)


def _finish(db: sqlite3.Connection, job: Job, epoch: int, state: State, reason: str, end: RunEnd) -> Job | None:
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
    }
    done = _of_run(db, _FINISH, job, values)
    if done is not None:
        db.execute(_END_RUN, {"id": job.id, "attempt": job.attempt, **values})
    return done


def _required(row: sqlite3.Row | None, key: object) -> sqlite3.Row:
    if row is None:
        raise NoSuchJobError(f"{printable(str(key))}: no such job; `tui-queue list` shows all.")
    return row
