"""Schedules: rules that create jobs."""

from datetime import datetime

from msgspec import Struct

from tui_queue.core.model.job import JobDraft
from tui_queue.core.timing.recurrence import Missed, Overlap


class Schedule(Struct, frozen=True, kw_only=True):
    """A rule that makes jobs. ``zone`` names the time zone of a cron rule; ``said`` is what there was to say last time.

    ``id`` is 0 and ``next_at`` None for one that is not stored yet.
    """

    id: int = 0
    name: str
    rule: str
    zone: str
    missed: Missed = Missed.ONCE
    overlap: Overlap = Overlap.QUEUE
    paused: bool = False
    draft: JobDraft
    created_at: datetime
    next_at: datetime | None = None
    last_at: datetime | None = None
    said: str = ""
