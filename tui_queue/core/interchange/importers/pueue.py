"""Imports the output of `pueue status --json`."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.foreign_job import draft_of, with_history
from tui_queue.core.interchange.importers.importer import SHELL, Importer, Origin, first_line, first_word
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.job import After, State
from tui_queue.core.model.queue import DEFAULT_QUEUE, Queue
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.queues import SLOTS_LIMIT
from tui_queue.core.units.printable import printable


def _recognises(text: str) -> bool:
    if not first_line(text).startswith("{"):
        return False
    try:
        return "tasks" in json.loads(text)
    except (ValueError, RecursionError):
        return False


def _read(text: str, origin: Origin) -> Iterator[Record | Queue]:
    try:
        status = json.loads(text)
        tasks, groups = status["tasks"].values(), dict(status.get("groups") or {})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInputError("import", "This is not what `pueue status --json` prints.") from None
    yield from (_queue(name, group) for name, group in groups.items())
    for task in tasks:
        try:
            yield _record(task, origin)
        except (KeyError, TypeError, AttributeError, ValueError, StopIteration) as error:
            shown = printable(repr(task.get("id", task) if isinstance(task, dict) else task))
            raise BadInputError("import", f"Task {shown}: {printable(repr(error))} is not what pueue writes.") from None


def _queue(name: str, group: Any) -> Queue:
    """Return the queue that a group becomes; an old pueue writes only whether it runs."""
    known = group if isinstance(group, dict) else {"status": group}
    slots = known.get("parallel_tasks")
    return Queue(
        name=title("queue", name) or DEFAULT_QUEUE,
        slots=slots if isinstance(slots, int) and 0 < slots <= SLOTS_LIMIT else None,  # 0 is without a limit there
        paused=known.get("status") == "Paused",
    )


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
    begin = _time(times.get("enqueue_at")) if word == "Stashed" else None
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
            held=word in ("Stashed", "Locked") and begin is None,
            not_before=begin,
            after=tuple(After(job_id=_number(other)) for other in task.get("dependencies") or ()),
        ),
        number=_number(task["id"]),
        uuid=_uuid(task, command),
        state=state,
        reason=_reason(result) if ended and failed is None and state is State.FAILED else NO_REASON,
        exit_code=0 if result == "Success" else failed,
        created_at=_time(task.get("created_at")) or started_at or origin.now,
        started_at=started_at,
        finished_at=_time(times.get("end")) if ended else None,
        variables=_variables(task.get("envs")),
    )
    return with_history(record, origin.now)


def _uuid(task: Mapping[str, Any], command: str) -> str:
    """Return what a task is known by when it is read again; nothing where an old pueue says too little."""
    created = task.get("created_at")
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"pueue {task['id']} {created} {command}")) if created else ""


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


PUEUE = Importer(name="pueue", recognises=_recognises, read=_read, foreign=True)
