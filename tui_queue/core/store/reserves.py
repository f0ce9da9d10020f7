"""Jobs whose next start is on disk before it happens: they start without waiting for the disk.

A pass of the scheduler writes down which pending jobs come next in a queue of short runs. When a slot of it becomes
free, one of them starts in a transaction that is not synced, and the next transaction that is takes it along. As long
as the machine goes on, a start that is not synced is known to every process. After a power cut it may be forgotten: so
a job that is reserved still, by a scheduler of an earlier boot, counts as one that was running.

A reserved job is pending like any other, for every verb. What was decided holds only as long as nothing else has
changed: each write of any process voids it, and the next pass decides anew.
"""

import json
import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime

from msgspec import Struct

from tui_queue.core.model.job import Job
from tui_queue.core.model.options import options_from_json
from tui_queue.core.policy.ahead import MOST, MOST_SLOTS
from tui_queue.core.store.claim import Claimed, mark_as_running, queue_state_of
from tui_queue.core.store.queues import all_queues, limit_of
from tui_queue.core.store.retry_waits import wait_ends_at
from tui_queue.core.store.rows import microseconds, time_of

_NEVER = datetime.max.replace(tzinfo=UTC)
_PASSED_OVER = 8  # jobs of a queue that wait for their time, before those that are reserved

_AT_THE_FRONT = f"""
    SELECT id, not_before, retry_wait, after, options FROM jobs
    WHERE state = 'pending' AND queue = ? AND at_once = 0 AND held = 0 ORDER BY priority DESC, place
    LIMIT {MOST + _PASSED_OVER}"""
_RESERVED = """
    SELECT job_id, queue FROM reserved JOIN jobs ON id = job_id WHERE state = 'pending' AND held = 0
    ORDER BY priority DESC, place"""
_RESERVE = "INSERT OR IGNORE INTO reserved (job_id, epoch, boot) VALUES (?, ?, ?)"
_VOID_OTHERS = "DELETE FROM reserved WHERE job_id NOT IN (SELECT value FROM json_each(?))"
_VOID_ONE = "DELETE FROM reserved WHERE job_id = ?"
_VOID = "DELETE FROM reserved"
_RUNNING = "SELECT id FROM jobs WHERE state = 'running' AND queue = ?"
_CUT_SHORT = """
    UPDATE jobs SET state = 'running', reason = '', reason_kind = '', attempt = attempt + 1, not_before = NULL,
        retry_wait = ''
    WHERE state = 'pending' AND id = ? RETURNING attempt"""
_CUT_SHORT_RUN = "INSERT INTO runs (job_id, attempt, epoch, boot, claimed_at) VALUES (?, ?, ?, ?, ?)"


class ShortQueues(Struct, frozen=True, kw_only=True):
    """The queues of which jobs may be reserved, by their ``names``; those without slots of their own have ``slots``."""

    names: Collection[str] = ()
    slots: int = 0


class Started(Struct, frozen=True, kw_only=True):
    """Reserved jobs that are to be started, in order, and how many are reserved still."""

    jobs: tuple[Job, ...]
    left: int


class _Sight(Struct, frozen=True):
    """The state of a database that a decision rests on."""

    db: sqlite3.Connection
    others: int  # changes when another connection has written
    ours: int

    @classmethod
    def of(cls, db: sqlite3.Connection) -> "_Sight":
        """Return the state in which the transaction of the caller sees it."""
        (others,) = db.execute("PRAGMA data_version").fetchone()
        return cls(db, others, db.total_changes)


class Reserves:
    """What one scheduler has reserved, and whether that holds; called on the thread of the database only."""

    def __init__(self) -> None:
        self._sight: _Sight | None = None
        self._since = self._until = _NEVER

    def hold(self, db: sqlite3.Connection) -> bool:
        """Whether nothing was written since the decision but what lets it be."""
        return self._sight is not None and self._sight.db is db and self._sight == _Sight.of(db)

    def still_hold(self, db: sqlite3.Connection) -> None:
        """Note that what this transaction has written so far lets the decision be."""
        self._sight = _Sight.of(db)

    def renew(
        self, db: sqlite3.Connection, claimed: Claimed, short: ShortQueues, *, epoch: int, boot: str, now: datetime
    ) -> int:
        """Reserve what comes next after the jobs that were ``claimed``, and nothing else; return how many jobs."""
        self._since, self._until = now, claimed.due or _NEVER
        # What may come first by the end of another run, and not by time or a slot, is left to a pass.
        simple = boot and not (claimed.awaited or claimed.leftovers or claimed.resume or limit_of(db) is not None)
        chosen: list[int] = []
        if simple and short.names:
            for queue in all_queues(db):
                state = queue_state_of(queue, 0, short.slots, now)
                is_open = not state.paused and state.opens_at is None and 0 < state.slots <= MOST_SLOTS
                if queue.name in short.names and is_open:
                    chosen += self._next_of(db, queue.name, now)
        db.execute(_VOID_OTHERS, (json.dumps(chosen),))
        db.executemany(_RESERVE, [(job_id, epoch, boot) for job_id in chosen])
        self.still_hold(db)
        return len(chosen)

    def _next_of(self, db: sqlite3.Connection, queue: str, now: datetime) -> list[int]:
        """Return the jobs at the front of a queue that wait for a slot only, up to the first that lacks more."""
        found: list[int] = []
        for job_id, stored, retry_wait, after, options in db.execute(_AT_THE_FRONT, (queue,)):
            not_before = time_of(stored)
            if retry_wait and not_before is not None:
                not_before = wait_ends_at(retry_wait, not_before, now)
            if not_before is not None and not_before > now:
                self._until = min(self._until, not_before)
                continue
            if after != "[]" or (options != "{}" and _wants_more_than_a_slot(options)):
                break
            found.append(job_id)
            if len(found) == MOST:
                break
        return found

    def start(
        self,
        db: sqlite3.Connection,
        *,
        epoch: int,
        boot: str,
        over: Collection[int],
        slots: int,
        now: datetime,
    ) -> Started | None:
        """Mark the reserved jobs that have a slot as running; None where a pass has to decide anew."""
        if not (self.hold(db) and self._since <= now < self._until):
            return None
        if db.execute("SELECT epoch FROM lease").fetchone()[0] != epoch:
            return None
        queues = {queue.name: queue for queue in all_queues(db)}
        free: dict[str, int] = {}
        jobs, left = [], 0
        for job_id, name in db.execute(_RESERVED).fetchall():
            queue = queues[name]
            if queue.paused:  # by a failure: what the user writes voids all
                return None
            if name not in free:
                running = sum(row[0] not in over for row in db.execute(_RUNNING, (name,)))
                free[name] = (slots if queue.slots is None else queue.slots) - running
            if free[name] <= 0:
                left += 1
                continue
            free[name] -= 1
            db.execute(_VOID_ONE, (job_id,))
            jobs.append(mark_as_running(db, job_id, (), queue.options.leftovers, epoch=epoch, boot=boot, now=now))
        self.still_hold(db)
        return Started(jobs=tuple(jobs), left=left)


def void(db: sqlite3.Connection, epoch: int) -> None:
    """Reserve nothing any more, unless another scheduler has taken over."""
    db.execute(f"{_VOID} WHERE epoch = ?", (epoch,))


def settle_reserves(db: sqlite3.Connection, *, boot: str, now: datetime) -> None:
    """Void what an earlier scheduler has reserved.

    Of another boot than this one, a start that was not synced may be forgotten: a job that waits still is as one whose
    run is lost. One that the user holds stays held if it is to run again. An empty ``boot`` is not known.
    """
    for job_id, epoch, of_boot in db.execute("SELECT job_id, epoch, boot FROM reserved").fetchall():
        if boot not in ("", of_boot) and (row := db.execute(_CUT_SHORT, (job_id,)).fetchone()) is not None:
            db.execute(_CUT_SHORT_RUN, (job_id, row[0], epoch, of_boot, microseconds(now)))
    db.execute(_VOID)


def _wants_more_than_a_slot(stored: str) -> bool:
    options = options_from_json(stored)
    return bool(options.resources or options.gates or options.after_pids)
