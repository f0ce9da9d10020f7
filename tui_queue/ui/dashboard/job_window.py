"""Which jobs the dashboard loads: those of its filter, the first of the active and the latest of the ended ones."""

import asyncio

from tui_queue.core.commands.commands import Commands
from tui_queue.core.commands.reports import ENDED_SHOWN
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import Job
from tui_queue.core.model.overview import Overview
from tui_queue.ui.dashboard.columns import NATURAL
from tui_queue.ui.dashboard.job_table import JobTable

ACTIVE_SHOWN = 1000  # active jobs that are loaded at first, and that each step adds; the summary counts them all
_PAUSE_S = 0.005
_ENDED_KEPT = 2000  # ended jobs up to which a cursor that stays at the end loads more


class JobWindow:
    """Says how many jobs to load as the cursor of the table moves, and keeps the overview that was loaded last."""

    def __init__(self, commands: Commands, table: JobTable) -> None:
        self._commands = commands
        self._table = table
        self.overview: Overview | None = None
        self.filter = Filter()
        self._loaded = self._shown = self.filter  # of what was loaded last, and of what the table has
        self.wanted: int | None = None  # the job that the cursor goes to once it is shown
        self._asked: int | None = None  # that of the overview that was loaded last
        self._active, self._ended = ACTIVE_SHOWN, ENDED_SHOWN
        self._at_end: int | None = None  # the job under the cursor when more were loaded last

    @property
    def is_filtered(self) -> bool:
        """Whether the filter leaves any job out."""
        return self.filter != Filter()

    async def load(self) -> Overview:
        """Load the overview of the window; what is no longer needed is left out."""
        self._shrink()
        only, asked = self.filter, self.wanted
        overview = await self._commands.reports.overview(active=self._active, ended=self._ended, only=only)
        self._loaded, self._asked = only, asked
        return overview

    def go_where_wanted(self) -> None:
        """Put the cursor on the job that the user wants, if it was wanted when the jobs that are shown were loaded."""
        if self._asked is not None and self._asked == self.wanted:
            self._table.move_to(self._asked)
            self.wanted = None

    async def settled(self) -> None:
        """Wait until the table has the jobs of the filter."""
        while self._shown is not self.filter:
            if self._loaded is self.filter and self.overview is not None:
                loaded = {job.id for job in self.overview.jobs}
                if loaded == {job.id for job in self._table.jobs}:
                    self._shown = self._loaded
                    return
            await asyncio.sleep(_PAUSE_S)

    def filter_by(self, wanted: Filter) -> None:
        """Load other jobs from now on, from their beginning."""
        self.filter = wanted
        self._active, self._ended = ACTIVE_SHOWN, ENDED_SHOWN

    def grow_at(self, job: Job | None) -> bool:
        """Load more once the cursor, on this job, comes to the last row or to the last active one; True if so.

        A cursor that stays on its job comes there too, since jobs above it end; it loads a limited number of them.
        """
        table, overview = self._table, self.overview
        if job is None or overview is None:
            return False
        row, last, comes = table.cursor_row, len(overview.jobs) - 1, job.id != self._at_end
        active = _active(overview)
        ended = len(overview.jobs) - active
        grows = False
        if comes and row == (active - 1 if table.order == NATURAL else last):
            self._at_end = job.id
            grows = self.grow()
        if overview.older and row >= last and ended >= self._ended and (comes or ended < _ENDED_KEPT):
            self._at_end = job.id
            self._ended = 2 * ended
            grows = True
        return grows

    def grow(self) -> bool:
        """Load more active jobs from now on; False where all are loaded."""
        if self.overview is None or not self.overview.unshown:
            return False
        self._active = _active(self.overview) + ACTIVE_SHOWN
        return True

    def _shrink(self) -> None:
        """Load fewer jobs once the cursor is back at the top; selected jobs stay loaded."""
        table = self._table
        if table.selected:
            return
        if table.cursor_row < ENDED_SHOWN // 2:
            self._ended = ENDED_SHOWN
        if table.cursor_row < ACTIVE_SHOWN // 2:
            self._active = ACTIVE_SHOWN


def _active(overview: Overview) -> int:
    return sum(not job.state.ended for job in overview.jobs)
