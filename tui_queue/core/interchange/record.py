"""Jobs with all that has become of them, as they travel between queues."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from msgspec.structs import asdict, replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import After, JobDraft, Outcome, Run, State
from tui_queue.core.model.options import JobOptions, options_to_json
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.parsing.fields import PRIORITY_LIMIT, title
from tui_queue.core.units.durations import LONGEST_S
from tui_queue.core.units.printable import printable

SCHEMA = 1
NUMBER_LIMIT = 2**40  # of jobs: their places are a million times as high, and have 63 bits
PLACE_LIMIT = 2**62
TEXTS = ("uuid", "name", "path", "cwd", "python", "queue", "batch", "state", "reason")
TIMES = ("not_before", "created_at", "started_at", "finished_at")


class Record(Struct, frozen=True, kw_only=True):
    """A job and its runs. ``number`` is the one it had, 0 for none; an empty ``uuid`` is made anew.

    ``place`` orders it among those of its priority that wait in the same queue; 0 is behind all of them.
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


def settled(record: Record, *, again: bool, now: datetime) -> Record:
    """Return a record that runs nowhere: what ran is pending ``again``, or failed as interrupted."""
    if record.state is not State.RUNNING:
        return record
    if again:
        return replace(record, state=State.PENDING, reason=NO_REASON, started_at=None)
    lost = Reason.of(ReasonKind.LOST, detail="imported while it ran")
    return replace(record, state=State.FAILED, reason=lost, finished_at=now)


def record_object(record: Record) -> dict[str, Any]:
    """Return a record as JSON has it."""
    draft = record.draft
    return {
        "schema": SCHEMA,
        "id": record.number,
        "uuid": record.uuid,
        "name": draft.name,
        "path": draft.path,
        "args": list(draft.args),
        "cwd": draft.cwd,
        "python": draft.python,
        "timeout_s": draft.timeout_s,
        "queue": draft.queue,
        "priority": draft.priority,
        "place": record.place,
        "held": draft.held,
        "not_before": _iso(draft.not_before),
        "after": [{"id": each.job_id, "outcome": each.outcome} for each in draft.after],
        "batch": draft.batch,
        "options": json.loads(options_to_json(draft.options)),
        "state": record.state,
        "reason": record.reason,
        "exit_code": record.exit_code,
        "signal": record.signal,
        "attempt": record.attempt,
        "first_attempt": record.first_attempt,
        "created_at": _iso(record.created_at),
        "started_at": _iso(record.started_at),
        "finished_at": _iso(record.finished_at),
        "runs": [
            {**asdict(run), "started_at": _iso(run.started_at), "finished_at": _iso(run.finished_at)}
            for run in record.runs
        ],
    }


def record_of(values: Mapping[str, Any]) -> Record:
    """Undo ``record_object``; what a newer program has added is left out. Raises BadInputError."""
    if not isinstance(values, dict) or values.get("schema", SCHEMA) != SCHEMA:
        raise BadInputError("import", f"not a job that this tui-queue has exported (schema {SCHEMA}).")
    try:
        number = _whole(values, "id", -NUMBER_LIMIT, NUMBER_LIMIT)
        return Record(
            draft=JobDraft(
                name=_text(values["name"]),
                path=_text(values["path"]),
                args=tuple(map(_text, _list(values, "args"))),
                cwd=_text(values["cwd"]),
                python=None if not values["python"] else _text(values["python"]),
                timeout_s=None if values["timeout_s"] is None else _whole(values, "timeout_s", 1, LONGEST_S),
                queue=title("queue", _text(values["queue"])) or DEFAULT_QUEUE,
                priority=_whole(values, "priority", -PRIORITY_LIMIT, PRIORITY_LIMIT),
                held=bool(values["held"]),
                not_before=_time(values["not_before"]),
                after=tuple(
                    After(job_id=_whole(each, "id", -NUMBER_LIMIT, NUMBER_LIMIT), outcome=Outcome(each["outcome"]))
                    for each in _list(values, "after")
                ),
                batch=title("batch", _text(values["batch"])),
                options=convert(values["options"], JobOptions),
            ),
            number=number,
            uuid=str(UUID(_text(values["uuid"]))),
            place=_whole(values, "place", -PLACE_LIMIT, PLACE_LIMIT),
            state=State(values["state"]),
            reason=Reason.parse(_text(values["reason"])),
            exit_code=None if values["exit_code"] is None else _whole(values, "exit_code", 0, 255),
            signal=None if values["signal"] is None else _whole(values, "signal", 1, 127),
            attempt=_whole(values, "attempt", 0, NUMBER_LIMIT),
            first_attempt=_whole(values, "first_attempt", 1, NUMBER_LIMIT),
            created_at=_time(values["created_at"]) or datetime.now(UTC),
            started_at=_time(values["started_at"]),
            finished_at=_time(values["finished_at"]),
            runs=tuple(_run(number, run) for run in _list(values, "runs")),
        )
    except KeyError as error:
        raise BadInputError("import", f"{error.args[0]} is missing.") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInputError("import", f"{printable(str(error))}.") from None


def _run(number: int, values: Mapping[str, Any]) -> Run:
    known = {name: values[name] for name in Run.__struct_fields__ if name != "job_id"}
    times = {name: _time(values[name]) for name in ("started_at", "finished_at")}
    _whole(values, "attempt", 1, NUMBER_LIMIT)
    reason = Reason.parse(_text(values["reason"]))
    return convert({**known, **times, "job_id": number, "reason": reason}, Run)


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
