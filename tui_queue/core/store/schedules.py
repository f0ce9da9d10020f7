"""The schedules on disk, and the jobs that they make when their time has come."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.errors import BadInputError, NoSuchQueueError
from tui_queue.core.model.job import After, Job, Outcome, State
from tui_queue.core.model.reason import Reason, ReasonKind
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.store.database import Database
from tui_queue.core.store.insert import add, check_references
from tui_queue.core.store.leftovers import end_leftovers_of_schedule, first_leftover
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import draft_to_json, job_of, microseconds, schedule_of, time_of
from tui_queue.core.timing.recurrence import Overlap, due_times, parse_rule
from tui_queue.core.units.printable import printable

_COLUMNS = ["name", "rule", "zone", "missed", "overlap", "paused", "draft", "created_at", "next_at", "last_at", "said"]
_INSERT = f"""
    INSERT INTO schedules ({", ".join(_COLUMNS)})
    VALUES ({", ".join(f":{column}" for column in _COLUMNS)}) RETURNING *"""
_UPDATE = f"UPDATE schedules SET {', '.join(f'{column} = :{column}' for column in _COLUMNS)} WHERE id = :id RETURNING *"
_DUE = "SELECT * FROM schedules WHERE paused = 0 AND next_at <= ? ORDER BY next_at, id"
_NEXT = "SELECT min(next_at) FROM schedules WHERE paused = 0"
# A job whose run has left processes counts as running.
_ACTIVE = """
    SELECT * FROM jobs WHERE schedule_id = ?
        AND (state IN ('pending', 'running') OR id IN (SELECT job_id FROM leftovers)) ORDER BY id"""
_REPLACE = """
    UPDATE jobs SET cancel_requested = 1,
        reason      = CASE state WHEN 'pending' THEN :reason ELSE reason END,
        reason_kind = CASE state WHEN 'pending' THEN :reason_kind ELSE reason_kind END,
        finished_at = CASE state WHEN 'pending' THEN :now END,
        state       = CASE state WHEN 'pending' THEN 'cancelled' ELSE state END
    WHERE schedule_id = :id AND state IN ('pending', 'running') RETURNING *"""


_REPLACED = Reason.of(ReasonKind.REPLACED)


class Fired(Struct, frozen=True, kw_only=True):
    """What came of the schedules whose time had come: running jobs that gave way to new ones, the next such time."""

    replaced: tuple[Job, ...] = ()
    added: bool = False
    due: datetime | None = None


class Schedules:
    """The schedules of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[Schedule, ...]:
        """Return every schedule by name."""
        return await self._database.read(_all)

    async def get(self, name: str) -> Schedule:
        """Return one schedule. Raises NoSuchQueueError."""
        return await self._database.read(_get, name)

    async def add(self, schedule: Schedule) -> Schedule:
        """Store a new schedule. Raises BadInputError when there is one of that name."""
        return await self._database.write(_add, schedule)

    async def add_all(self, schedules: Sequence[Schedule]) -> None:
        """Store new schedules, all or none. Raises BadInputError when there is one of such a name."""
        await self._database.write(_add_all, schedules)

    async def put(self, schedule: Schedule) -> Schedule:
        """Change a schedule as a whole."""
        return await self._database.write(_put, schedule)

    async def run(self, name: str, *, now: datetime) -> Job:
        """Make a job now, also before its time and of a paused schedule."""
        return await self._database.write(_run, name, now)

    async def remove(self, name: str) -> None:
        """Remove a schedule; the jobs that it has made stay."""
        await self._database.write(_remove, name)


def fire(db: sqlite3.Connection, now: datetime, *, waiting: int) -> Fired:
    """Make the jobs whose time has come, and set when their schedules are due next, in the same transaction.

    At most ``waiting`` jobs of a schedule wait behind one that has not ended; times that were missed together all count
    as one.
    """
    replaced: list[Job] = []
    found = db.execute(_DUE, (microseconds(now),)).fetchall()
    for row in found:
        replaced += _fire_one(db, schedule_of(row), now, waiting)
    (due,) = db.execute(_NEXT).fetchone()
    return Fired(replaced=tuple(replaced), added=bool(found), due=time_of(due))


def _fire_one(db: sqlite3.Connection, schedule: Schedule, now: datetime, waiting: int) -> Sequence[Job]:
    assert schedule.next_at is not None  # noqa: S101 - the query has asked for it
    rule = parse_rule(schedule.rule, schedule.zone)
    times, next_at = due_times(
        rule, next_at=schedule.next_at, now=now, missed=schedule.missed, anchor=schedule.created_at
    )
    replaced: list[Job] = []
    said = "" if times else "missed while nothing scheduled"
    if schedule.overlap is Overlap.QUEUE and (full := _is_full(db, schedule, waiting)):
        times, said = (), full
    for _ in times:
        active = [job_of(found) for found in db.execute(_ACTIVE, (schedule.id,))]
        if active and schedule.overlap is Overlap.SKIP:
            said = f"skipped: {_still(db, active[0])}"
            continue
        if active and schedule.overlap is Overlap.REPLACE:
            values = {"id": schedule.id, "now": microseconds(now), "reason": _REPLACED, "reason_kind": _REPLACED.kind}
            changed = [job_of(found) for found in db.execute(_REPLACE, values).fetchall()]
            replaced += [job for job in changed if not job.state.ended]
            end_leftovers_of_schedule(db, schedule.id)
        draft = schedule.draft
        if behind := _predecessors(active, schedule.overlap):
            after = (After(job_id=job.id, outcome=Outcome.ENDED) for job in behind)
            draft = replace(draft, after=(*draft.after, *after))
        try:
            add(db, [draft], now, schedule_id=schedule.id)
        except BadInputError as error:
            said = f"paused: {error}"
            break
    paused = said.startswith("paused")
    last_at = times[-1] if times else schedule.last_at
    _store(db, replace(schedule, next_at=next_at, last_at=last_at, said=said, paused=paused))
    return replaced


def _predecessors(active: Sequence[Job], overlap: Overlap) -> list[Job]:
    """Return the jobs behind whose end, and that of all that their runs leave, a new one waits."""
    left = [job for job in active if job.state.ended]
    match overlap:
        case Overlap.QUEUE:
            return left if active[-1:] == left[-1:] else [*left, active[-1]]
        case Overlap.REPLACE:  # those that were pending are cancelled
            return [job for job in active if job.state is not State.PENDING]
    return []


def _still(db: sqlite3.Connection, job: Job) -> str:
    """Say that a job is not over yet."""
    left = first_leftover(db, [job.id]) if job.state.ended else None
    if left is None:
        return f"job {job.id} is still {job.shown.state}"
    return f"{left.text} are left" if len(left.processes) > 1 else f"{left.text} is left"


def _is_full(db: sqlite3.Connection, schedule: Schedule, waiting: int) -> str:
    """Return why no further job of a schedule may wait; empty where one may."""
    active = [job_of(found) for found in db.execute(_ACTIVE, (schedule.id,))]
    unended = [job.id for job in active if not job.state.ended]
    behind = unended if len(unended) < len(active) else unended[1:]
    if len(behind) < waiting:
        return ""
    return (
        f"skipped: job {behind[0]} waits already" if len(behind) == 1 else f"skipped: {len(behind)} jobs wait already"
    )


def _all(db: sqlite3.Connection) -> tuple[Schedule, ...]:
    return tuple(map(schedule_of, db.execute("SELECT * FROM schedules ORDER BY name")))


def _get(db: sqlite3.Connection, name: str) -> Schedule:
    row = db.execute("SELECT * FROM schedules WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NoSuchQueueError(f"{printable(name)}: no such schedule; `tui-queue schedule list` shows all.")
    return schedule_of(row)


def _add(db: sqlite3.Connection, schedule: Schedule) -> Schedule:
    check_references(db, schedule.draft, {queue.name for queue in all_queues(db)})
    if db.execute("SELECT 1 FROM schedules WHERE name = ?", (schedule.name,)).fetchone() is not None:
        raise BadInputError("name", f"{printable(schedule.name)}: there is a schedule of that name; choose another.")
    return schedule_of(db.execute(_INSERT, _values(schedule)).fetchone())


def _add_all(db: sqlite3.Connection, schedules: Sequence[Schedule]) -> None:
    for schedule in schedules:
        _add(db, schedule)


def _put(db: sqlite3.Connection, schedule: Schedule) -> Schedule:
    check_references(db, schedule.draft, {queue.name for queue in all_queues(db)})
    same = db.execute("SELECT 1 FROM schedules WHERE name = ? AND id <> ?", (schedule.name, schedule.id)).fetchone()
    if same is not None:
        raise BadInputError("name", f"{printable(schedule.name)}: there is a schedule of that name; choose another.")
    return _store(db, schedule)


def _store(db: sqlite3.Connection, schedule: Schedule) -> Schedule:
    row = db.execute(_UPDATE, {**_values(schedule), "id": schedule.id}).fetchone()
    if row is None:
        raise NoSuchQueueError(f"{printable(schedule.name)}: this schedule has just been removed.")
    return schedule_of(row)


def _run(db: sqlite3.Connection, name: str, now: datetime) -> Job:
    schedule = _get(db, name)
    (job,) = add(db, [schedule.draft], now, schedule_id=schedule.id)
    return job


def _remove(db: sqlite3.Connection, name: str) -> None:
    db.execute("DELETE FROM schedules WHERE id = ?", (_get(db, name).id,))


def _values(schedule: Schedule) -> dict[str, object]:
    return {
        "name": schedule.name,
        "rule": schedule.rule,
        "zone": schedule.zone,
        "missed": schedule.missed,
        "overlap": schedule.overlap,
        "paused": schedule.paused,
        "draft": draft_to_json(schedule.draft),
        "created_at": microseconds(schedule.created_at),
        "next_at": microseconds(schedule.next_at),
        "last_at": microseconds(schedule.last_at),
        "said": schedule.said,
    }
