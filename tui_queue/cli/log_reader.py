"""Reads the output of one run as it is printed: as a terminal may have it, as clear text, or byte for byte."""

import os
import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui_queue.core.logs.file import LogTail, last_lines_begin, left_out
from tui_queue.core.logs.lines import ClearText
from tui_queue.core.model.job import Job, State
from tui_queue.core.units.printable import Harmless

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

RESET = b"\x1b[0m"
POLL_S = 0.2  # between two reads of a log that grows, which no process tells of


class LogReader:
    """The output of one run of a job, from its last ``lines`` on if they are given.

    With ``follow`` it is read until the run has ended. Without ``attempt`` the run is the latest one, or of a job that
    waits and is followed the next one.
    """

    def __init__(
        self, queue: "OpenQueue", job: Job, attempt: int | None, lines: int | None, *, follow: bool, raw: bool
    ) -> None:
        self._jobs = queue.commands.jobs
        self._lines = lines
        self._on_screen = sys.stdout.isatty()
        self._clear = None if raw else Harmless() if self._on_screen else ClearText(live=follow)
        self._wanted = attempt or job.attempt + (follow and job.state is State.PENDING)
        self._tail: LogTail | None = None

    def read(self, job: Job) -> bytes:
        """Return what has come since the last call; ``job`` is as it was before."""
        if self._tail is None and job.attempt >= self._wanted:
            path = self._jobs.own_log_path(replace(job, attempt=self._wanted))
            if path is not None:
                self._tail = LogTail(path, from_start=True, position=last_lines_begin(path, self._lines))
        while self._tail is not None and (chunk := self._tail.read()).data:
            if self._clear is None:
                return chunk.data
            data = (left_out(chunk.skipped) if chunk.skipped else b"") + chunk.data
            if text := self._clear.feed(data):
                return os.fsencode(text)
        return b""

    def rest(self) -> bytes:
        """Return what was held back, when no more is to come."""
        if self._clear is None:
            return b""
        return os.fsencode(self._clear.feed(b"", final=True)) + (RESET if self._on_screen else b"")

    def is_over(self, job: Job) -> bool:
        """Whether the run has ended: then nothing comes after what can be read now."""
        ended = job.attempt == self._wanted and job.state is State.PENDING
        return job.state.ended or job.attempt > self._wanted or ended


def write(data: bytes) -> None:
    """Write all of it to stdout."""
    view = memoryview(data)
    while view:
        view = view[os.write(sys.stdout.fileno(), view) :]
