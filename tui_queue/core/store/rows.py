"""From rows of the database to models, and times to numbers and back."""

import json
import os
import sqlite3
from datetime import UTC, datetime
from typing import Any

from tui_queue.core.errors import NoSuchJobError
from tui_queue.core.model.job import After, Job, JobDraft, Outcome, Pause, Run, State, decode_args, encode_args
from tui_queue.core.model.options import Lost, options_from_json, options_to_json
from tui_queue.core.model.overview import Holder
from tui_queue.core.model.queue import Queue, QueueOptions
from tui_queue.core.model.reason import CANCELLED, NO_REASON, Reason, ReasonKind
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.timing.recurrence import Missed, Overlap
from tui_queue.core.units.printable import printable


def job_of(row: sqlite3.Row) -> Job:
    """Return the job that a row of ``jobs`` holds."""
    return Job(
        id=row["id"],
        uuid=row["uuid"],
        name=os.fsdecode(row["name"]),
        path=os.fsdecode(row["path"]),
        args=decode_args(row["args"]),
        cwd=os.fsdecode(row["cwd"]),
        python=None if row["python"] is None else os.fsdecode(row["python"]),
        timeout_s=row["timeout_s"],
        queue=row["queue"],
        priority=row["priority"],
        held=bool(row["held"]),
        not_before=time_of(row["not_before"]),
        after=after_of(row["after"]),
        batch=row["batch"],
        options=options_from_json(row["options"]),
        state=State(row["state"]),
        reason=reason_of(row),
        paused=Pause(row["paused"]),
        devices={} if row["devices"] == "{}" else {name: tuple(of) for name, of in json.loads(row["devices"]).items()},
        exit_code=row["exit_code"],
        signal=row["signal"],
        attempt=row["attempt"],
        first_attempt=row["first_attempt"],
        cancel_requested=bool(row["cancel_requested"]),
        created_at=required_time(row["created_at"]),
        started_at=time_of(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
    )


def values_of(draft: JobDraft) -> dict[str, object]:
    """Return what a row of ``jobs`` holds of a draft, by column."""
    return {
        "name": os.fsencode(draft.name),
        "path": os.fsencode(draft.path),
        "args": encode_args(draft.args),
        "cwd": os.fsencode(draft.cwd),
        "python": None if draft.python is None else os.fsencode(draft.python),
        "timeout_s": draft.timeout_s,
        "queue": draft.queue,
        "priority": draft.priority,
        "held": draft.held,
        "not_before": microseconds(draft.not_before),
        "after": after_to_json(draft.after),
        "batch": draft.batch,
        "options": options_to_json(draft.options),
    }


def draft_to_json(draft: JobDraft) -> str:
    """Return a draft as templates and schedules keep it; what is not UTF-8 stays as surrogates."""
    values: dict[str, Any] = {
        "path": draft.path,
        "args": list(draft.args),
        "cwd": draft.cwd,
        "name": draft.name,
        "python": draft.python,
        "timeout_s": draft.timeout_s,
        "queue": draft.queue,
        "priority": draft.priority,
        "held": draft.held,
        "not_before": microseconds(draft.not_before),
        "after": after_to_json(draft.after),
        "batch": draft.batch,
        "options": options_to_json(draft.options),
    }
    return json.dumps(values)


def draft_from_json(stored: str) -> JobDraft:
    """Undo ``draft_to_json``."""
    values = json.loads(stored)
    return JobDraft(
        **{
            **values,
            "args": tuple(values["args"]),
            "not_before": time_of(values["not_before"]),
            "after": after_of(values["after"]),
            "options": options_from_json(values["options"]),
        }
    )


def run_of(row: sqlite3.Row) -> Run:
    """Return the run that a row of ``runs`` holds."""
    return Run(
        job_id=row["job_id"],
        attempt=row["attempt"],
        started_at=time_of(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
        exit_code=row["exit_code"],
        signal=row["signal"],
        reason=reason_of(row),
        cpu_s=row["cpu_s"],
        max_rss_kib=row["max_rss_kib"],
        script=row["script"],
        oom=row["oom"],
    )


def queue_of(row: sqlite3.Row) -> Queue:
    """Return the queue that a row of ``queues`` holds."""
    options = json.loads(row["options"])
    if "lost" in options:
        options["lost"] = Lost(options["lost"])
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
    """Return the reason in a row. An older version that still runs beside this one stores its text alone."""
    text, kind = row["reason"], row["reason_kind"]
    if not kind:
        return Reason.parse(text) if text else NO_REASON
    return Reason(text, ReasonKind(kind)) if text else NO_REASON


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
