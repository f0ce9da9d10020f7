"""Converts rows of the database into models and back."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import asdict

from tui_queue.core.errors import NoSuchJobError
from tui_queue.core.model.job import After, Job, JobDraft, Outcome, Pause, Run, State, decode_args, encode_args
from tui_queue.core.model.options import Leftovers, Lost, options_from_json, options_to_json
from tui_queue.core.model.overview import Holder
from tui_queue.core.model.queue import OnFailure, Queue, QueueOptions
from tui_queue.core.model.reason import CANCELLED, NO_REASON, Reason
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.timing.recurrence import Missed, Overlap
from tui_queue.core.units.printable import printable


class Codec(NamedTuple):
    """How an attribute becomes a value of its column, and back."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def job_of(row: sqlite3.Row) -> Job:
    """Return the job that a row of ``jobs`` holds."""
    places = _places(*row.keys())
    stored = tuple(row)
    values = {name: stored[place] for name, place in places}
    for name, decode in _JOB_DECODERS:
        values[name] = decode(values[name])
    return Job(**values, reason=reason_of(row))


@lru_cache(maxsize=8)
def _places(*columns: str) -> tuple[tuple[str, int], ...]:
    """Return the fields of a job, each with its place among the columns."""
    return tuple((name, columns.index(name)) for name in _JOB_FIELDS)


def values_of(draft: JobDraft) -> dict[str, object]:
    """Return what a row of ``jobs`` holds of a draft, by column."""
    values = asdict(draft)
    for name, encode in _DRAFT_ENCODERS:
        values[name] = encode(values[name])
    return values


def columns_of(value: Struct, names: Iterable[str]) -> dict[str, object]:
    """Return attributes of a job, a run or a record by column; a reason has a second column for its kind."""
    columns = {name: _encoded(name, getattr(value, name)) for name in names}
    if "reason" in columns:
        columns["reason_kind"] = value.reason.kind  # type: ignore[attr-defined]  # it has one of that name
    return columns


def draft_to_json(draft: JobDraft) -> str:
    """Return a draft as schedules keep it; what is not UTF-8 stays as surrogates."""
    values = asdict(draft)
    for name in _IN_JSON:
        values[name] = _CODECS[name].encode(values[name])
    return json.dumps(values)


def draft_from_json(stored: str) -> JobDraft:
    """Undo ``draft_to_json``."""
    values = json.loads(stored)
    for name in _IN_JSON:
        values[name] = _CODECS[name].decode(values[name])
    return JobDraft(**{**values, "args": tuple(values["args"])})


def run_of(row: sqlite3.Row) -> Run:
    """Return the run that a row of ``runs`` holds."""
    return Run(**{name: _decoded(name, row[name]) for name in _RUN_FIELDS}, reason=reason_of(row))


def queue_of(row: sqlite3.Row) -> Queue:
    """Return the queue that a row of ``queues`` holds."""
    stored = json.loads(row["options"])
    options = {name: value for name, value in stored.items() if name in QueueOptions.__struct_fields__}
    if "lost" in options:
        options["lost"] = Lost(options["lost"])
    if "on_failure" in options:
        options["on_failure"] = OnFailure(options["on_failure"])
    if "leftovers" in options:
        options["leftovers"] = Leftovers(options["leftovers"])
    return Queue(name=row["name"], slots=row["slots"], paused=bool(row["paused"]), options=QueueOptions(**options))


def schedule_of(row: sqlite3.Row) -> Schedule:
    """Return the schedule that a row of ``schedules`` holds."""
    return Schedule(
        id=row["id"],
        name=row["name"],
        rule=row["rule"],
        zone=row["zone"],
        missed=Missed(row["missed"]),
        overlap=Overlap(row["overlap"]),
        paused=bool(row["paused"]),
        draft=draft_from_json(row["draft"]),
        created_at=required_time(row["created_at"]),
        next_at=time_of(row["next_at"]),
        last_at=time_of(row["last_at"]),
        said=row["said"],
    )


def holder_of(row: sqlite3.Row) -> Holder:
    """Return what the row of ``lease`` says."""
    return Holder(
        epoch=row["epoch"],
        pid=row["pid"],
        host=row["host"],
        tty=row["tty"],
        since=required_time(row["since"]),
    )


def reason_of(row: sqlite3.Row) -> Reason:
    """Return the reason in a row."""
    return Reason.stored(row["reason"], row["reason_kind"]) if row["reason"] else NO_REASON


CANCELLED_VALUES = {"cancelled": CANCELLED, "cancelled_kind": CANCELLED.kind}  # of statements that cancel jobs


def after_to_json(after: tuple[After, ...]) -> str:
    """Return dependencies as they are stored."""
    return json.dumps([[each.job_id, each.outcome] for each in after]) if after else "[]"


def after_of(stored: str) -> tuple[After, ...]:
    """Undo ``after_to_json``."""
    if stored == "[]":
        return ()
    return tuple(After(job_id=job_id, outcome=Outcome(outcome)) for job_id, outcome in json.loads(stored))


def microseconds(time: datetime | None) -> int | None:
    """Return a time as it is stored: whole microseconds since 1970, UTC."""
    return None if time is None else round(time.timestamp() * 1_000_000)


def time_of(stored: int | None) -> datetime | None:
    """Undo ``microseconds``."""
    return None if stored is None else required_time(stored)


def required_time(stored: int) -> datetime:
    """Return a time that is there."""
    return datetime.fromtimestamp(stored / 1_000_000, UTC)


def required_row(row: sqlite3.Row | None, key: object) -> sqlite3.Row:
    """Return the row of a job. Raises NoSuchJobError when there is none."""
    if row is None:
        raise NoSuchJobError(f"{printable(str(key))}: no such job; `tui-queue list` shows all.")
    return row


def _encoded(name: str, value: Any) -> Any:
    return _CODECS[name].encode(value) if name in _CODECS else value


def _decoded(name: str, stored: Any) -> Any:
    return _CODECS[name].decode(stored) if name in _CODECS else stored


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def _text(stored: bytes | None) -> str | None:
    return None if stored is None else os.fsdecode(stored)


def _devices(stored: str) -> dict[str, tuple[int, ...]]:
    return {} if stored == "{}" else {name: tuple(numbers) for name, numbers in json.loads(stored).items()}


_BYTES = Codec(os.fsencode, os.fsdecode)
_TIME = Codec(microseconds, time_of)
# Attributes of a draft, a job or a run that their columns hold in another way; the others are the same in both.
_CODECS = {
    "name": _BYTES,
    "path": _BYTES,
    "args": Codec(encode_args, decode_args),
    "cwd": _BYTES,
    "python": Codec(_bytes, _text),
    "held": Codec(bool, bool),
    "not_before": _TIME,
    "after": Codec(after_to_json, after_of),
    "options": Codec(options_to_json, options_from_json),
    "state": Codec(str, {state.value: state for state in State}.__getitem__),
    "paused": Codec(str, {pause.value: pause for pause in Pause}.__getitem__),
    "devices": Codec(json.dumps, _devices),
    "cancel_requested": Codec(int, bool),
    "created_at": Codec(microseconds, required_time),
    "started_at": _TIME,
    "finished_at": _TIME,
}
_IN_JSON = ("not_before", "after", "options")
_JOB_FIELDS = tuple(name for name in Job.__struct_fields__ if name not in ("reason", "processes_left"))
_RUN_FIELDS = tuple(name for name in Run.__struct_fields__ if name != "reason")
_JOB_DECODERS = [(name, _CODECS[name].decode) for name in Job.__struct_fields__ if name in _CODECS]
_DRAFT_ENCODERS = [(name, _CODECS[name].encode) for name in JobDraft.__struct_fields__ if name in _CODECS]


def job_row(db: sqlite3.Connection, job_id: int) -> sqlite3.Row:
    """Return the row of the job with this number. Raises NoSuchJobError."""
    return required_row(db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone(), job_id)
