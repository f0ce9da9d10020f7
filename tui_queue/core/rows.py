"""From rows of the database to models, and times to numbers and back."""

import os
import sqlite3
from datetime import UTC, datetime

from tui_queue.core.models import Holder, Job, State, decode_args


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
        state=State(row["state"]),
        reason=row["reason"],
        exit_code=row["exit_code"],
        signal=row["signal"],
        attempt=row["attempt"],
        cancel_requested=bool(row["cancel_requested"]),
        created_at=_required_time(row["created_at"]),
        started_at=_time(row["started_at"]),
        finished_at=_time(row["finished_at"]),
    )


def holder_of(row: sqlite3.Row) -> Holder:
    """Return what the row of ``lease`` says."""
    return Holder(
        epoch=row["epoch"],
        pid=row["pid"],
        host=row["host"],
        tty=row["tty"],
        since=_required_time(row["since"]),
    )


def microseconds(time: datetime | None) -> int | None:
    """Return a time as it is stored: whole microseconds since 1970, UTC."""
    return None if time is None else round(time.timestamp() * 1_000_000)


def _time(stored: int | None) -> datetime | None:
    return None if stored is None else _required_time(stored)


def _required_time(stored: int) -> datetime:
    return datetime.fromtimestamp(stored / 1_000_000, UTC)
