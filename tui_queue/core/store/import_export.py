"""Exports jobs from the database and imports them."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import uuid4

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.import_result import ImportResult
from tui_queue.core.model.job import Job, JobDraft, Run, State
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.reason import NO_REASON, ReasonKind
from tui_queue.core.store import ordering
from tui_queue.core.store.database import Database
from tui_queue.core.store.filter_sql import condition
from tui_queue.core.store.insert import COLUMNS
from tui_queue.core.store.numbers import newest
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import columns_of, job_of, microseconds, run_of, values_of

PAGE = 1_000  # jobs that are read at once

_OF_JOB = tuple(name for name in Record.__struct_fields__ if name in Job.__struct_fields__)  # besides its draft
_JOBS = "SELECT * FROM jobs WHERE id > :after {condition} ORDER BY id LIMIT :most"
_COLUMNS = ("id", "place", *_OF_JOB, "reason_kind", *COLUMNS)
_INSERT = f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{column}' for column in _COLUMNS)})"
_RUN_COLUMNS = (*Run.__struct_fields__, "reason_kind", "claimed_at")
_INSERT_RUN = f"""
    INSERT INTO runs (epoch, {", ".join(_RUN_COLUMNS)})
    VALUES (0, {", ".join(f":{column}" for column in _RUN_COLUMNS)})"""


_KEPT = (
    ReasonKind.UNMET,
    ReasonKind.ASKS,
    ReasonKind.RESTORED,
)  # reasons that a pending job is held for; all others are found anew


class ImportExport:
    """The way out of one store and into it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def records(self, only: Filter) -> AsyncIterator[Record]:
        """Yield the jobs that pass, by number; they are read in pages, each of one state of the database."""
        after = 0
        while page := await self._database.read(_page, after, only):
            for record in page:
                yield record
            after = page[-1].number

    async def add(self, records: Sequence[Record], *, queues: Sequence[Queue] = (), now: datetime) -> ImportResult:
        """Store all jobs that are not there yet, by their UUIDs, or none. Raises BadInputError.

        A job keeps its number where that is above all that were ever given; queues that are missing are made.
        Queues get the slots of those in ``queues``, unless they have slots of their own.
        """
        return await self._database.write(_add, records, queues, now)


def _page(db: sqlite3.Connection, after: int, only: Filter) -> list[Record]:
    part, values = condition(only, db)
    rows = db.execute(_JOBS.format(condition=part), {**values, "after": after, "most": PAGE}).fetchall()
    return [_record(db, row) for row in rows]


def _record(db: sqlite3.Connection, row: sqlite3.Row) -> Record:
    job = job_of(row).shown
    runs = db.execute("SELECT * FROM runs WHERE job_id = ? AND attempt <= ? ORDER BY attempt", (job.id, job.attempt))
    return Record(
        draft=job.draft,
        number=job.id,
        place=row["place"],
        runs=tuple(map(run_of, runs)),
        **{name: getattr(job, name) for name in _OF_JOB},
    )


def _add(db: sqlite3.Connection, records: Sequence[Record], limits: Sequence[Queue], now: datetime) -> ImportResult:
    known = [_known(db, record.uuid) for record in records]
    new = [record for record, number in zip(records, known, strict=True) if not number]
    last = newest(db)
    keeps_places = last == 0
    # The old one: the new one, or that of the job that is here already.
    numbers = {record.number: number for record, number in zip(records, known, strict=True) if number}
    given = []
    for record in new:
        last = max(record.number, last + 1)
        given.append(last)
        numbers[record.number] = last
    queues = {queue.name for queue in all_queues(db)}
    for limit in limits:
        if limit.name not in queues:
            db.execute("INSERT INTO queues (name, paused) VALUES (?, ?)", (limit.name, limit.paused))
            queues.add(limit.name)
        db.execute("UPDATE queues SET slots = ? WHERE name = ? AND slots IS NULL", (limit.slots, limit.name))
    for record, number in zip(new, given, strict=True):
        if record.draft.queue not in queues:
            db.execute("INSERT INTO queues (name) VALUES (?)", (record.draft.queue,))
            queues.add(record.draft.queue)
        place = record.place if keeps_places and record.place else ordering.first_place(number)
        _insert(db, replace(record, place=place, draft=_renumbered(record, numbers)), number, now)
    held = tuple(
        number for record, number in zip(new, given, strict=True) if record.state is State.PENDING and record.draft.held
    )
    return ImportResult(numbers=tuple(given), known=len(records) - len(new), held=held)


def _known(db: sqlite3.Connection, uuid: str) -> int:
    """Return the number of the job that is here with this UUID; 0 without one."""
    row = db.execute("SELECT id FROM jobs WHERE uuid = ?", (uuid,)).fetchone() if uuid else None
    return 0 if row is None else int(row[0])


def _renumbered(record: Record, numbers: dict[int, int]) -> JobDraft:
    after = []
    for each in record.draft.after:
        if each.job_id in numbers:
            after.append(replace(each, job_id=numbers[each.job_id]))
        elif record.state is State.PENDING:
            raise BadInputError("import", f"Job {record.number} waits for job {each.job_id}, which is not imported.")
    return replace(record.draft, after=tuple(after))


def _insert(db: sqlite3.Connection, record: Record, number: int, now: datetime) -> None:
    if record.state is State.PENDING and record.reason.kind not in _KEPT:
        record = replace(record, reason=NO_REASON)
    values = values_of(record.draft) | columns_of(record, _OF_JOB)
    values |= {"id": number, "uuid": record.uuid or str(uuid4()), "place": record.place}
    try:
        db.execute(_INSERT, values)
        for run in record.runs:
            db.execute(_INSERT_RUN, _run_values(run, number, now))
    except sqlite3.IntegrityError as error:
        shown = record.number or f"{record.draft.path} {' '.join(record.draft.args)}"
        raise BadInputError("import", f"Job {shown} contradicts itself: {error}.") from None


def _run_values(run: Run, number: int, now: datetime) -> dict[str, object]:
    given = {"job_id": number, "claimed_at": microseconds(run.started_at or now)}
    return columns_of(run, Run.__struct_fields__) | given
