"""Imports the output of `pueue status --json`."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.foreign_job import draft_of, with_history
from tui_queue.core.interchange.importers.importer import SHELL, Importer, Origin, first_line, first_word
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.job import After, State
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.parsing.fields import title
from tui_queue.core.units.printable import printable


def _recognises(text: str) -> bool:
    if not first_line(text).startswith("{"):
        return False
    try:
        return "tasks" in json.loads(text)
    except (ValueError, RecursionError):
        return False


def _read(text: str, origin: Origin) -> Iterator[Record]:
    try:
        tasks = json.loads(text)["tasks"].values()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInputError("import", "This is not what `pueue status --json` prints.") from None
    for task in tasks:
        try:
            yield _record(task, origin)
        except (KeyError, TypeError, AttributeError, ValueError, StopIteration) as error:
            shown = printable(repr(task.get("id", task) if isinstance(task, dict) else task))
            raise BadInputError("import", f"Task {shown}: {printable(repr(error))} is not what pueue writes.") from None


def _record(task: Mapping[str, Any], origin: Origin) -> Record:
    status = task["status"]
    # A word, or an object with one key. The times stand in this object since pueue 4, beside it before.
    word, more = (status, None) if isinstance(status, str) else next(iter(status.items()))
    times = {**task, **(more if isinstance(more, dict) else {})}
    ended = word == "Done"
    result = times.get("result", more) if ended else None
    state = _state(word, result)
    failed = result.get("Failed") if isinstance(result, dict) else None
    command = task.get("original_command") or task["command"]
    started_at = _time(times.get("start")) if state is not State.PENDING else None
    draft = draft_of(
        origin,
        state,
        SHELL,
        ("-c", command),
        cwd=str(task["path"]),
        name=task.get("label") or first_word(command),
    )
    record = Record(
        draft=replace(
            draft,
            queue=title("queue", str(task.get("group") or "")) or DEFAULT_QUEUE,
            priority=int(task.get("priority") or 0),
            held=word in ("Stashed", "Locked"),
            after=tuple(After(job_id=_number(other)) for other in task.get("dependencies") or ()),
        ),
        number=_number(task["id"]),
        state=state,
        reason=_reason(result) if ended and failed is None and state is State.FAILED else NO_REASON,
        exit_code=0 if result == "Success" else failed,
        created_at=_time(task.get("created_at")) or started_at or origin.now,
        started_at=started_at,
        finished_at=_time(times.get("end")) if ended else None,
        variables=_variables(task.get("envs")),
    )
    return with_history(record, origin.now)


def _variables(found: object) -> dict[str, str] | None:
    """Return the environment that a task has; an old pueue writes none."""
    if not isinstance(found, dict) or not found:
        return None
    return {str(name): str(value) for name, value in found.items() if "\0" not in f"{name}{value}"}


def _state(word: str, result: Any) -> State:
    return {
        "Queued": State.PENDING,
        "Stashed": State.PENDING,
        "Locked": State.PENDING,
        "Running": State.RUNNING,
        "Paused": State.RUNNING,
        "Done": State.COMPLETED if result == "Success" else State.CANCELLED if result == "Killed" else State.FAILED,
    }[word]


def _number(identifier: Any) -> int:
    return int(identifier) + 1  # pueue counts from 0


def _reason(result: Any) -> Reason:
    if isinstance(result, dict):
        ((word, why),) = result.items()
        return Reason.of(ReasonKind.UNKNOWN, text=f"{word}: {why}")
    return Reason.of(ReasonKind.UNKNOWN, text=result)


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    # Python reads microseconds, pueue writes nanoseconds.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)


PUEUE = Importer(name="pueue", recognises=_recognises, read=_read)
