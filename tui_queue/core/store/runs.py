"""The runs of jobs as a scheduler writes them: claimed, started, ended; and the lease that lets it write."""

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from tui_queue.core.model.job import Job, RunEnd, State
from tui_queue.core.model.notification import Channels, Event, mail_wish
from tui_queue.core.model.options import JobOptions, Notify, options_from_json
from tui_queue.core.model.overview import Holder
from tui_queue.core.model.reason import NO_REASON, Reason
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.policy.run_result import NextAttempt
from tui_queue.core.store.batch_news import batch_end, is_alone
from tui_queue.core.store.claim import Claimed, claim_jobs
from tui_queue.core.store.database import Database
from tui_queue.core.store.leftovers import add_leftovers
from tui_queue.core.store.outbox import report
from tui_queue.core.store.queue_pause import pause_after_failure
from tui_queue.core.store.reserves import Reserves, ShortQueues, Started, settle_reserves, void
from tui_queue.core.store.retry_waits import renew_waits, stored_wait
from tui_queue.core.store.rows import CANCELLED_VALUES, holder_of, job_of, microseconds
from tui_queue.core.store.shortage import note_shortage

if TYPE_CHECKING:
    from tui_queue.core.policy.start_failures import PutBack, Trials

T = TypeVar("T")

NextWith = Callable[[JobOptions], NextAttempt | None]  # what a job with these options does after its end

# What a scheduler writes is refused when another one has taken over since.
_FENCE = "EXISTS (SELECT 1 FROM lease WHERE epoch = :epoch)"

_RUNNING = """
    SELECT jobs.*, coalesce(boot, '') AS boot FROM jobs
    LEFT JOIN runs ON job_id = id AND runs.attempt = jobs.attempt WHERE state = 'running' ORDER BY id"""

_OF_RUN = f"id = :id AND attempt = :attempt AND state = 'running' AND {_FENCE}"

_STARTED = f"UPDATE jobs SET started_at = :started_at WHERE {_OF_RUN} RETURNING *"

_SCRIPT = f"UPDATE runs SET script = :script WHERE job_id = :id AND attempt = :attempt AND {_FENCE}"
_PUT_BACK = f"""
    UPDATE jobs SET started_at = NULL, paused = '', devices = '{{}}', not_before = :not_before,
        attempt = attempt - :freed, first_attempt = first_attempt + 1 - :freed,
        held        = CASE cancel_requested WHEN 1 THEN held ELSE :held END,
        state       = CASE cancel_requested WHEN 1 THEN 'cancelled' ELSE 'pending' END,
        reason      = CASE cancel_requested WHEN 1 THEN :cancelled ELSE :reason END,
        reason_kind = CASE cancel_requested WHEN 1 THEN :cancelled_kind ELSE :reason_kind END,
        finished_at = CASE cancel_requested WHEN 1 THEN :now END
    WHERE {_OF_RUN} RETURNING *"""

_FINISH = f"""
    UPDATE jobs SET state = :state, reason = :reason, reason_kind = :reason_kind, exit_code = :exit_code,
        signal = :signal, paused = '', held = 0,
        started_at = coalesce(:started_at, started_at), finished_at = :finished_at
    WHERE {_OF_RUN} RETURNING *"""

_AGAIN = f"""
    UPDATE jobs SET state = 'pending', reason = :reason, reason_kind = :reason_kind, held = max(held, :held),
        not_before = :not_before, retry_wait = :retry_wait, paused = '', devices = '{{}}', started_at = NULL,
        at_once = 0
    WHERE {_OF_RUN} RETURNING *"""

_END_RUN = """
    UPDATE runs SET started_at = :started_at, finished_at = :finished_at, exit_code = :exit_code,
        signal = :signal, reason = :reason, reason_kind = :reason_kind, cpu_s = :cpu_s,
        max_rss_kib = :max_rss_kib, oom = :oom,
        script = CASE :script WHEN '' THEN script ELSE :script END
    WHERE job_id = :id AND attempt = :attempt"""

_LEASE = """
    INSERT INTO lease (id, epoch, pid, host, tty, since) VALUES (1, 1, :pid, :host, :tty, :now)
    ON CONFLICT (id) DO UPDATE SET
        epoch = epoch + 1, pid = excluded.pid, host = excluded.host, tty = excluded.tty, since = excluded.since
    RETURNING *"""


class Runs:
    """The runs of one store; what an earlier scheduler writes after another took the lease is refused."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reserves = Reserves()

    async def take_lease(self, *, pid: int, host: str, tty: str, boot: str, now: datetime) -> Holder:
        """Raise the epoch: from now on nothing that an earlier scheduler writes is accepted.

        What it has reserved is void; where the machine has another ``boot`` since, those jobs are as if they ran.
        """
        values = {"pid": pid, "host": host, "tty": tty, "now": microseconds(now)}
        return await self._database.write(_take_lease, values, boot, now)

    async def holder(self) -> Holder | None:
        """Return who took the lease last."""
        return await self._database.read(_holder)

    async def running(self) -> list[tuple[Job, str]]:
        """Return all running jobs, each with the boot of the machine that it was claimed in (empty: not known)."""
        return await self._database.read(running_jobs)

    async def claim(
        self,
        *,
        epoch: int,
        capacity: Capacity,
        over: Collection[int] = (),
        trials: "Trials | None" = None,
        short: Collection[str] = (),
        boot: str,
        now: datetime,
    ) -> Claimed | None:
        """Mark the pending jobs that may start now as running; the slots of the jobs ``over`` are free already.

        ``trials`` says how many may be tried where something stands in the way of starts. Of the queues whose runs are
        ``short``, reserve the jobs that come next. None when another scheduler has taken over.
        """

        def work(db: sqlite3.Connection, measured: Capacity) -> Claimed | None:
            claim = partial(claim_jobs, capacity=measured, over=over, trials=trials, boot=boot, now=now)
            claimed = _claim(db, epoch, claim)
            if claimed is None:
                return None
            names = short if trials is None and self._database.has_log else ()
            queues = ShortQueues(names=names, slots=measured.slots())
            reserved = self._reserves.renew(db, claimed, queues, epoch=epoch, boot=boot, now=now)
            return replace(claimed, reserved=reserved)

        # These settings stand in a file, which no transaction may wait for.
        return await self._database.write_with(capacity.with_settings, work)

    async def start_reserved(
        self, *, epoch: int, capacity: Capacity, over: Collection[int], boot: str, now: datetime
    ) -> Started | None:
        """Mark the reserved jobs that have a slot now as running, without waiting for the disk.

        None where anything has been changed since they were reserved: then ``claim`` decides.
        """
        return await self._database.write_unsynced(
            capacity.with_settings,
            lambda db, measured: self._reserves.start(
                db, epoch=epoch, boot=boot, over=over, slots=measured.slots(), now=now
            ),
        )

    async def void_reserves(self, *, epoch: int) -> None:
        """Reserve nothing any more."""
        await self._database.write(void, epoch)

    async def confirm_start(self, job: Job, *, epoch: int, started_at: datetime, script: str = "") -> Job | None:
        """Record when the run of a claimed job began, and the hash of its script where it is known.

        Returns None when this scheduler may not write that any more.
        """
        values: dict[str, object] = {"epoch": epoch, "started_at": microseconds(started_at), "script": script}
        return await self._database.write(self._beside_reserves, _confirm_start, job, values)

    async def record_script(self, job: Job, *, epoch: int, script: str) -> None:
        """Record the hash of what a run has run, unless another scheduler has taken over since."""
        values: dict[str, object] = {"epoch": epoch, "script": script}
        await self._database.write(self._beside_reserves, _record_script, job, values)

    async def put_back(self, job: Job, *, epoch: int, back: "PutBack", number_free: bool, now: datetime) -> Job | None:
        """Make a claimed job that was never started pending again, or cancelled if that was asked.

        That was no attempt: it takes none of its retries, and with ``number_free`` the next one has its number.
        """
        values: dict[str, object] = {
            "epoch": epoch,
            "now": microseconds(now),
            "freed": number_free,
            "held": back.held,
            "not_before": microseconds(back.not_before),
            "reason": back.reason,
            "reason_kind": back.reason.kind,
            **CANCELLED_VALUES,
        }
        return await self._database.write(_back, job, values, back.shortage)

    async def end_shortage(self, *, epoch: int) -> None:
        """Take back that something keeps all jobs from starting, unless another scheduler has taken over."""
        await self._database.write(_end_shortage, epoch)

    async def finish(
        self,
        job: Job,
        *,
        epoch: int,
        state: State,
        reason: Reason,
        end: RunEnd,
        script: str = "",
        again: NextWith | None = None,
        notify: Channels | None = None,
    ) -> Job | None:
        """Record how the run of a claimed job ended; None when it is no longer ours to say.

        Where ``again`` returns a next attempt for the options that the job has by then, it is pending for that, unless
        the user has cancelled it since. With ``notify`` it is noted in the same step if the user wants to hear of
        it.
        """
        waits = notify is None and (again is None or again(job.options) is None)
        write = self._database.write_along if waits else self._database.write
        finish = partial(_finish, job=job, epoch=epoch, state=state, reason=reason, end=end, script=script)
        return await write(self._beside_reserves, partial(finish, next_with=again, notify=notify))

    def _beside_reserves(self, db: sqlite3.Connection, verb: Callable[..., T], *args: object) -> T:
        """Do what is known to change nothing for jobs that are reserved."""
        held = self._reserves.hold(db)
        done = verb(db, *args)
        # A job that waits for its next attempt may come before them; what a run has left may stand in their way.
        if held and not (isinstance(done, Job) and done.state is State.PENDING):
            self._reserves.still_hold(db)
        return done


def _take_lease(db: sqlite3.Connection, values: dict[str, object], boot: str, now: datetime) -> Holder:
    renew_waits(db, now)
    settle_reserves(db, boot=boot, now=now)
    note_shortage(db, NO_REASON)  # of the scheduler before; this one finds out by itself
    return holder_of(db.execute(_LEASE, values).fetchone())


def _holder(db: sqlite3.Connection) -> Holder | None:
    row = db.execute("SELECT * FROM lease").fetchone()
    return None if row is None else holder_of(row)


def running_jobs(db: sqlite3.Connection) -> list[tuple[Job, str]]:
    """Return all running jobs, each with the boot of the machine that it was claimed in (empty: not known)."""
    return [(job_of(row), row["boot"]) for row in db.execute(_RUNNING)]


def _claim(db: sqlite3.Connection, epoch: int, claim: Callable[..., Claimed]) -> Claimed | None:
    if db.execute("SELECT epoch FROM lease").fetchone()[0] != epoch:
        return None
    return claim(db, epoch=epoch)


def _of_run(db: sqlite3.Connection, statement: str, job: Job, values: dict[str, object]) -> Job | None:
    row = db.execute(statement, {"id": job.id, "attempt": job.attempt, **values}).fetchone()
    return None if row is None else job_of(row)


def _back(db: sqlite3.Connection, job: Job, values: dict[str, object], shortage: Reason) -> Job | None:
    back = _of_run(db, _PUT_BACK, job, values)
    if back is not None:
        db.execute("DELETE FROM runs WHERE job_id = ? AND attempt = ?", (job.id, job.attempt))
        if shortage:
            note_shortage(db, shortage)
    return back


def _end_shortage(db: sqlite3.Connection, epoch: int) -> None:
    if db.execute("SELECT epoch FROM lease").fetchone()[0] == epoch:
        note_shortage(db, NO_REASON)


def _confirm_start(db: sqlite3.Connection, job: Job, values: dict[str, object]) -> Job | None:
    started = _of_run(db, _STARTED, job, values)
    if started is not None and values["script"]:
        _record_script(db, job, values)
    return started


def _record_script(db: sqlite3.Connection, job: Job, values: dict[str, object]) -> None:
    db.execute(_SCRIPT, {"id": job.id, "attempt": job.attempt, **values})


def _finish(
    db: sqlite3.Connection,
    job: Job,
    epoch: int,
    state: State,
    reason: Reason,
    end: RunEnd,
    script: str,
    next_with: NextWith | None,
    notify: Channels | None,
) -> Job | None:
    values: dict[str, object] = {
        "epoch": epoch,
        "state": state,
        "reason": reason,
        "reason_kind": reason.kind,
        "exit_code": end.exit_code,
        "signal": end.signal,
        "started_at": microseconds(end.started_at),
        "finished_at": microseconds(end.finished_at),
        "cpu_s": end.cpu_s,
        "max_rss_kib": end.max_rss_kib,
        "oom": end.oom,
        "script": script,
    }
    # The user may have changed both while it ran.
    asked = db.execute("SELECT cancel_requested, options FROM jobs WHERE id = ?", (job.id,)).fetchone()
    again = None if next_with is None or asked is None or asked[0] else next_with(options_from_json(asked[1]))
    if again is None:
        done = _of_run(db, _FINISH, job, values)
    else:
        more: dict[str, object] = {
            "held": again.held,
            "not_before": microseconds(again.not_before),
            "retry_wait": stored_wait(again.delay_s),
            "reason": again.reason,
            "reason_kind": again.reason.kind,
        }
        done = _of_run(db, _AGAIN, job, {"epoch": epoch, **more})
    if done is not None:
        db.execute(_END_RUN, {"id": job.id, "attempt": job.attempt, **values})
        if end.left:
            # A run may end by itself just when it is cancelled: what it leaves is ended all the same.
            add_leftovers(db, job, end, ending=not done.state.ended or done.cancel_requested)
        if done.state is State.FAILED:
            pause_after_failure(db, done)
        event = Event.ENDED if done.state.ended else Event.ASKS if done.held else None
        if notify is not None and event is not None and (notify.sends(done, event) or _ends_batch(db, done, notify)):
            report(db, done, event)
    return done


def _ends_batch(db: sqlite3.Connection, job: Job, notify: Channels) -> bool:
    """Whether the end of a batch is to be told that came with this job, of which nothing itself is."""
    wishes = [mail_wish(job.options), *([job.options.notify or notify.on] if notify.exist else [])]
    if not job.batch or all(wish is Notify.NEVER for wish in wishes) or not job.state.ended or is_alone(db, job):
        return False
    end = batch_end(db, job)
    return end is not None and any(map(end.is_wanted, wishes))
