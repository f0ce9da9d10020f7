"""Keeps until when a job waits for its next attempt, by a clock that no user sets: the time since the boot.

A stored wait is a JSON list: the boot, when the wait is over in microseconds since that boot, and how long it was.
The time of a suspend counts. Of another boot only the wall clock tells, which may be wrong by any amount: there a job
waits no longer than its whole delay once more.
"""

import json
import sqlite3
from datetime import datetime, timedelta

from tui_queue.core.store.rows import microseconds, required_time
from tui_queue.core.system.machine import since_boot_us, this_boot

SAME = timedelta(seconds=1)  # the clocks agree: what is shown stays the same to the second

_WAITS = "SELECT id, not_before, retry_wait FROM jobs INDEXED BY jobs_retrying WHERE retry_wait <> ''"
_RENEW = "UPDATE jobs SET not_before = ?, retry_wait = ? WHERE id = ?"


def stored_wait(delay_s: float) -> str:
    """Return a wait that begins now, as it is stored; empty for none."""
    return _stored(round(delay_s * 1e6), round(delay_s * 1e6)) if delay_s else ""


def wait_ends_at(wait: str, not_before: datetime, now: datetime) -> datetime:
    """Return when a stored wait is over by the wall clock as it is set now; ``not_before`` is as it was set then."""
    boot, due_us, delay_us = json.loads(wait)
    delay = timedelta(microseconds=delay_us)
    if boot != this_boot():
        return min(not_before, now + delay)
    ends_at = now + min(timedelta(microseconds=due_us - since_boot_us()), delay)
    return not_before if abs(ends_at - not_before) < SAME else ends_at


def renew_waits(db: sqlite3.Connection, now: datetime) -> None:
    """Count all waits from the present boot, and by the wall clock as it is set now; for a new scheduler."""
    for job_id, not_before, wait in db.execute(_WAITS).fetchall():
        boot, _, delay_us = json.loads(wait)
        wall = required_time(not_before)
        # Two boots without a name may be one or not.
        ends_at = wait_ends_at(wait, wall, now) if boot else min(wall, now + timedelta(microseconds=delay_us))
        left_us = round((ends_at - now) / timedelta(microseconds=1))
        db.execute(_RENEW, (microseconds(ends_at), _stored(left_us, delay_us), job_id))


def _stored(left_us: int, delay_us: int) -> str:
    return json.dumps([this_boot(), since_boot_us() + left_us, delay_us])
