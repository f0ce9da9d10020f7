"""A job with all its runs, as it travels between queues: as a JSON object, or as a row of a CSV table."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from msgspec.structs import asdict, replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import After, JobDraft, Outcome, Run, State
from tui_queue.core.model.options import JobOptions, options_to_json, without_values
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.parsing.fields import PRIORITY_LIMIT, title
from tui_queue.core.units.durations import LONGEST_S
from tui_queue.core.units.printable import printable

SCHEMA = 1
NUMBER_LIMIT = 2**40  # of jobs: their places are a million times as high, and have 63 bits
PLACE_LIMIT = 2**62


class Record(Struct, frozen=True, kw_only=True):
    """A job and its runs. ``number`` is the one it had, 0 for none; a job without ``uuid`` gets a new one.

    ``place`` orders the pending jobs of one queue and priority; 0 is behind all of them. ``variables`` are those that
    the job had in another queue; None where the file does not have them.
    """

    draft: JobDraft
    number: int = 0
    uuid: str = ""
    place: int = 0
    state: State
    reason: Reason = NO_REASON
    exit_code: int | None = None
    signal: int | None = None
    attempt: int = 0
    first_attempt: int = 1
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    runs: tuple[Run, ...] = ()
    variables: Mapping[str, str] | None = None


def settled(record: Record, *, again: bool, now: datetime) -> Record:
    """Return a record that is not running: a running one becomes pending ``again``, or failed as interrupted."""
    if record.state is not State.RUNNING:
        return record
    if again:
        return replace(record, state=State.PENDING, reason=NO_REASON, started_at=None)
    lost = Reason.of(ReasonKind.LOST, detail="imported while it ran")
    return replace(record, state=State.FAILED, reason=lost, finished_at=now)


def record_object(record: Record, *, values: bool) -> dict[str, Any]:
    """Return a record as JSON has it; only with ``values`` the values of the variables that its job was given."""
    options = record.draft.options
    options = replace(options, environment="") if values else without_values(options)
    record = replace(record, draft=replace(record.draft, options=options))
    known = {**asdict(record.draft), **asdict(record), "id": record.number}
    written = {name: field.write(known[name]) if field.write else known[name] for name, field in _FIELDS.items()}
    return {"schema": SCHEMA, **written}


def record_of(values: Mapping[str, Any]) -> Record:
    """Undo ``record_object``; fields of a newer program are left out. Raises BadInputError."""
    if not isinstance(values, dict) or values.get("schema", SCHEMA) != SCHEMA:
        raise BadInputError("import", f"not a job that this tui-queue has exported (schema {SCHEMA}).")
    try:
        number = _FIELDS["id"].read(values, "id")
        draft = {name: _FIELDS[name].read(values, name) for name in _DRAFT}
        return Record(
            draft=JobDraft(**draft),
            number=number,
            **{name: _FIELDS[name].read(values, name) for name in _HISTORY},
        )
    except KeyError as error:
        raise BadInputError("import", f"{error.args[0]} is missing.") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInputError("import", f"{printable(str(error))}.") from None


def to_cell(name: str, value: object) -> str:
    """Return a value of a record object as a cell of a CSV table: a text or a time as it is, all else as JSON."""
    if value is None:
        return ""
    return str(value) if _is_plain(name) else json.dumps(value)


def from_cell(name: str, cell: str | None) -> Any:
    """Undo ``to_cell``. Raises ValueError."""
    if _is_plain(name):
        return cell or ""
    return json.loads(cell) if cell else None


def _is_plain(name: str) -> bool:
    return name in _FIELDS and _FIELDS[name].plain


class _Field(Struct, frozen=True):
    """A field of a record object.

    ``read``: takes all values of the object and the name of the field. Raises ValueError, TypeError or KeyError.
    ``write``: returns the value as JSON has it; None where it is the same.
    ``plain``: whether a cell of a CSV table holds the text as it is, not as JSON.
    """

    read: Callable[[Mapping[str, Any], str], Any]
    write: Callable[[Any], Any] | None = None
    plain: bool = False


def _text(value: object) -> str:
    """Return a text that a file system, a program and the store can take."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{value!r}: a text is needed, without NUL")
    os.fsencode(value)  # raises for half a character
    return value


def _whole(values: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = values[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} {value!r}: a whole number from {low:,} to {high:,} is needed")
    return value


def _list(values: Mapping[str, Any], name: str) -> list[Any]:
    value = values[name]
    if not isinstance(value, list):
        raise ValueError(f"{name} {value!r}: an array is needed")  # noqa: TRY004 - caught with the others
    return value


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone().isoformat()


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text}: a time without an offset")
    return time.astimezone(UTC)


def _number(values: Mapping[str, Any], name: str) -> int:
    return _whole(values, name, -NUMBER_LIMIT, NUMBER_LIMIT)


def _after(values: Mapping[str, Any], name: str) -> tuple[After, ...]:
    return tuple(After(job_id=_number(each, "id"), outcome=Outcome(each["outcome"])) for each in _list(values, name))


def _runs(values: Mapping[str, Any], name: str) -> tuple[Run, ...]:
    return tuple(_run(values["id"], run) for run in _list(values, name))


def _run(number: int, values: Mapping[str, Any]) -> Run:
    known = {name: values[name] for name in Run.__struct_fields__ if name != "job_id"}
    times = {name: _time(values[name]) for name in ("started_at", "finished_at")}
    _whole(values, "attempt", 1, NUMBER_LIMIT)
    reason = Reason.parse(_text(values["reason"]))
    return convert({**known, **times, "job_id": number, "reason": reason}, Run)


def _run_object(run: Run) -> dict[str, Any]:
    return {**asdict(run), "started_at": _iso(run.started_at), "finished_at": _iso(run.finished_at)}


def _between(low: int, high: int) -> _Field:
    return _Field(lambda values, name: _whole(values, name, low, high))


def _between_or_none(low: int, high: int) -> _Field:
    return _Field(lambda values, name: None if values[name] is None else _whole(values, name, low, high))


_NUMBER = _Field(_number)
_TEXT = _Field(lambda values, name: _text(values[name]), plain=True)
_TIME = _Field(lambda values, name: _time(values[name]), write=_iso, plain=True)

# Every field of a record object, in the order in which it is written.
_FIELDS: dict[str, _Field] = {
    "id": _NUMBER,
    "uuid": _Field(lambda values, name: str(UUID(_text(values[name]))), plain=True),
    "name": _TEXT,
    "path": _TEXT,
    "args": _Field(lambda values, name: tuple(map(_text, _list(values, name))), write=list),
    "cwd": _TEXT,
    "python": _Field(lambda values, name: _text(values[name]) if values[name] else None, plain=True),
    "timeout_s": _between_or_none(1, LONGEST_S),
    "queue": _Field(lambda values, name: title(name, _text(values[name])) or DEFAULT_QUEUE, plain=True),
    "priority": _between(-PRIORITY_LIMIT, PRIORITY_LIMIT),
    "place": _between(-PLACE_LIMIT, PLACE_LIMIT),
    "held": _Field(lambda values, name: bool(values[name])),
    "not_before": _TIME,
    "after": _Field(_after, write=lambda after: [{"id": each.job_id, "outcome": each.outcome} for each in after]),
    "batch": _Field(lambda values, name: title(name, _text(values[name])), plain=True),
    "options": _Field(
        lambda values, name: replace(convert(values[name], JobOptions), values=""),
        write=lambda options: json.loads(options_to_json(options)),
    ),
    "state": _Field(lambda values, name: State(values[name]), plain=True),
    "reason": _Field(lambda values, name: Reason.parse(_text(values[name])), plain=True),
    "exit_code": _between_or_none(0, 255),
    "signal": _between_or_none(1, 127),
    "attempt": _between(0, NUMBER_LIMIT),
    "first_attempt": _between(1, NUMBER_LIMIT),
    "created_at": _Field(lambda values, name: _time(values[name]) or datetime.now(UTC), write=_iso, plain=True),
    "started_at": _TIME,
    "finished_at": _TIME,
    "runs": _Field(_runs, write=lambda runs: list(map(_run_object, runs))),
}
_DRAFT = [name for name in _FIELDS if name in JobDraft.__struct_fields__]
_HISTORY = [name for name in _FIELDS if name in Record.__struct_fields__]
