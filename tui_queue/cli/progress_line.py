"""A line on the terminal of stderr that is written anew in its place when it changes, and goes in the end."""

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_queue.core.model.job import Job
from tui_queue.core.units.widths import clipped

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

REST_S = 0.1  # between two lines: jobs may end by the hundred


class ProgressLine:
    """What is shown while a command waits for jobs; nothing where stderr is no terminal that can rewrite a line."""

    def __init__(self, queue: "OpenQueue") -> None:
        self._queue = queue
        self._is_wanted = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._shown = ""

    async def show(self, jobs: Sequence[Job]) -> None:
        """Show how far these jobs have come."""
        if not self._is_wanted:
            return
        from tui_queue.core.analysis.waiting import waiting_line  # takes long, and only terminals need it

        forecasts = await self._queue.commands.reports.forecasts(jobs)
        text = waiting_line(jobs, {number: each.remaining_s for number, each in forecasts.items()}, datetime.now(UTC))
        text = clipped(text, shutil.get_terminal_size().columns - 1)
        if text != self._shown:
            self._shown = text
            sys.stderr.write(f"\r{text}\x1b[K")
            sys.stderr.flush()
        await asyncio.sleep(REST_S)

    def clear(self) -> None:
        """Take the line away, so that another one can be printed."""
        if self._shown:
            self._shown = ""
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
