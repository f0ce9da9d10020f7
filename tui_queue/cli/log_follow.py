"""Follows the output of several jobs at once; before each line stands the number of its job."""

import asyncio
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from tui_queue.cli.log_reader import POLL_S, RESET, LogReader, write
from tui_queue.cli.wait import blocked_now
from tui_queue.core.model.job import Job

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

_LINE_END = re.compile(rb"\r*\n")


async def follow_logs(queue: "OpenQueue", numbers: Sequence[int], lines: int | None) -> None:
    """Write the output of these jobs to stdout until all have ended, or wait for what the user must do."""
    changed = asyncio.Event()
    width = max(len(str(number)) for number in numbers)
    followed = {number: _Followed(queue, number, width, lines) for number in numbers}
    async with queue.listen(changed.set):
        while followed:
            changed.clear()
            found = {job.id: job for job in await queue.commands.jobs.existing(followed)}
            blocked = await blocked_now(queue, found.values())
            for number, each in list(followed.items()):
                each.print_new(found.get(number))
                if each.is_over or number in blocked:
                    del followed[number]
                if number in blocked:
                    click.echo(f"tui-queue: {blocked[number].text(number)}; release or cancel it.", err=True)
            if not followed:
                return
            queue.check_place()
            queue.commands.bring_back_scheduler()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await changed.wait()


class _Followed:
    """One job whose output is followed, attempt after attempt."""

    def __init__(self, queue: "OpenQueue", number: int, width: int, lines: int | None) -> None:
        self._queue = queue
        bar = "│" if "utf" in (sys.stdout.encoding or "").lower() else "|"
        self._tag = f"{number:>{width}}{bar} ".encode()
        self._lines = lines
        self._reader: LogReader | None = None
        self._rest = b""  # of a line that has no end yet
        self.is_over = False

    def print_new(self, job: Job | None) -> None:
        """Write the lines that are whole by now; of a run that has ended all. None is a job that was removed."""
        if job is None:
            self.is_over = True
            return
        if self._reader is None:
            self._reader = LogReader(self._queue, job, None, self._lines, follow=True, raw=False)
        while data := self._reader.read(job):
            *whole, self._rest = _LINE_END.split(self._rest + data)
            self._print(whole)
        if self._reader.is_over(job):
            *whole, last = _LINE_END.split(self._rest + self._reader.rest())
            self._print([*whole, last] if last not in (b"", RESET) else whole)
            self._rest, self._reader, self._lines = b"", None, None
            self.is_over = job.state.ended

    def _print(self, lines: Sequence[bytes]) -> None:
        # A carriage return begins the line again, as a progress bar does; its number stays before it.
        shown = (line.rpartition(b"\r")[2] for line in lines)
        write(b"".join(self._tag + line + (RESET if b"\x1b" in line else b"") + b"\n" for line in shown))
