"""Asks when jobs that wait for a slot may get one, and has the table say so: rarely, for that is a guess."""

import time
from datetime import UTC, datetime, timedelta

from textual.screen import Screen

from tui_queue.core.commands.commands import Commands
from tui_queue.core.model.job import Job
from tui_queue.core.model.reason import ReasonKind
from tui_queue.ui.command_result import result_of
from tui_queue.ui.dashboard.job_table import JobTable

TELL_EVERY_S = 60.0  # how often all rows say their times anew
_FIRST = 100  # jobs whose starts are asked for, in view or not
_FOR_SLOTS = {ReasonKind.SLOTS, ReasonKind.LIMIT}
_APART_S = 10.0  # between two questions, however many jobs are new


class StartTimes:
    """Gives the table the times at which jobs may start."""

    def __init__(self, screen: Screen[None], commands: Commands, table: JobTable) -> None:
        self._screen = screen
        self._commands = commands
        self._table = table
        self._starts: dict[int, datetime] = {}
        self._asked_at = -_APART_S

    @property
    def are_due(self) -> bool:
        """Whether a job in view waits for a slot and says no time yet."""
        if time.monotonic() < self._asked_at + _APART_S:
            return False
        return any(_is_for_slots(job) and job.id not in self._starts for job in self._table.in_view)

    async def tell(self) -> None:
        """Have all rows say their times anew; a queue of which no job in view waits for a slot is not asked."""
        self._starts = {}
        if waiting := [job for job in (*self._table.jobs[:_FIRST], *self._table.in_view) if _is_for_slots(job)]:
            self._asked_at = time.monotonic()
            seconds = await result_of(self._screen, self._commands.reports.starts(waiting[-1])) or {}
            now = datetime.now(UTC)
            self._starts = {number: now + timedelta(seconds=left) for number, left in seconds.items()}
        self._table.tell_time(self._starts)


def _is_for_slots(job: Job) -> bool:
    return job.reason.kind in _FOR_SLOTS
