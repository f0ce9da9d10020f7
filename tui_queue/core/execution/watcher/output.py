"""Keeps the log of a run: its size within a limit, the times of its lines, what comes from a terminal."""

import os
import select
import struct
import time

from .files import Files
from .kernel import punch_hole
from .limits import FOREVER
from .records import Spec

PUMPED = 1 << 20  # bytes that are taken from a terminal before the watcher turns to anything else
SOONEST_S, CALM_LOG_S = 0.05, 1.0  # between two measurements of a log with a limit: much is written, nothing is
NOTED_S = 0.25  # between two measurements of a log whose times are noted, while it is written to
PAGE = 4096  # bytes; holes have borders like that


class Output:
    """The log of a run while the run goes on.

    Its size is kept within a limit, the times of its lines are noted, and what comes from a terminal is written to it.
    """

    def __init__(self, spec: Spec, files: Files, terminal: int | None, poll: select.poll) -> None:
        self._limit = spec.get("log_limit") or 0
        self._full = spec.get("log_full") or "keep"
        self._terminal, self._poll = terminal, poll
        self._log = self._times = -1
        self._size = 0  # bytes when last measured
        self._measured_at = self._due = time.monotonic()
        self._hole = 0  # where the part that was taken out of the middle ends
        if terminal is None and not self._limit and not spec.get("times"):
            return
        try:
            self._log = os.open(files.log, os.O_WRONLY | os.O_APPEND)
            if spec.get("times"):
                self._times = os.open(files.times, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:  # the user has deleted it, or a full disk
            pass
        if terminal is not None:
            poll.register(terminal, select.POLLIN)

    def poll(self, now: float) -> tuple[str, float]:
        """Do what is due; return why the run must end now, if so, and for how many seconds to do nothing."""
        if self._pump(PUMPED):
            self._due = min(self._due, now)
        if self._log < 0 or (not self._limit and self._times < 0):
            return "", FOREVER
        if now < self._due:
            return "", self._due - now
        try:
            size = os.fstat(self._log).st_size
            written, passed = size - self._size, max(now - self._measured_at, 0.001)
            self._note(size)
            if self._limit and size > self._limit and (why := self._shorten(size)):
                return why, 0.0
        except OSError:  # no room, or a file system that can't
            return "", FOREVER
        wait_s = CALM_LOG_S
        if written > 0 and self._limit:
            room = max(self._limit - size, self._limit // 8)
            wait_s = max(SOONEST_S, min(wait_s, room * passed / written / 2))
        if written > 0 and self._times >= 0:
            wait_s = min(wait_s, NOTED_S)
        self._size, self._measured_at, self._due = max(size, self._size), now, now + wait_s
        return "", wait_s

    def finish(self) -> None:
        """Take what is left in the terminal, and measure the log for the last time."""
        self._pump(FOREVER)
        self._hang_up()
        self._due = 0.0
        self.poll(time.monotonic())
        for file in (self._log, self._times):
            if file >= 0:
                os.close(file)

    def _pump(self, most: float) -> bool:
        """Write what has come from the terminal into the log; return whether anything came."""
        taken = 0
        while self._terminal is not None and taken < most:
            try:
                data = os.read(self._terminal, 65_536)
            except BlockingIOError:
                break
            except OSError:  # no process has it open any more
                data = b""
            if not data:
                self._hang_up()
            taken += len(data)
            try:
                while data:
                    data = data[os.write(self._log, data) :]
            except OSError:  # a full disk does not hold up the run
                pass
        return taken > 0

    def _hang_up(self) -> None:
        if self._terminal is not None:
            self._poll.unregister(self._terminal)
            os.close(self._terminal)
            self._terminal = None

    def _note(self, size: int) -> None:
        """Note when the new output was written: 16 bytes, where it begins and the time in nanoseconds since 1970."""
        if self._times >= 0 and size > self._size:
            os.write(self._times, struct.pack("<QQ", self._size, time.time_ns()))

    def _shorten(self, size: int) -> str:
        """Do to a log that is too large what the settings say; return why the run must end now, if so."""
        if self._full == "fail":
            return "log_full"
        if self._full == "stop":
            os.ftruncate(self._log, self._limit)
            return ""
        head = max(PAGE, self._limit // 2 // PAGE * PAGE)
        end = (size - self._limit // 2) // PAGE * PAGE
        if end - max(self._hole, head) >= max(PAGE, self._limit // 8):
            punch_hole(self._log, head, end)
            self._hole = end
        return ""
