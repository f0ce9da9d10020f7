"""Keeps the log of a run: its size within a limit, the times of its lines, what comes from a terminal."""

import os
import select
import struct
import time

from .disk import close, reason, remark
from .files import Files
from .kernel import punch_hole
from .limits import FOREVER
from .records import Spec

TYPE_CHECKING = False  # importing typing would double the start-up time
if TYPE_CHECKING:
    from collections.abc import Callable

PUMPED = 1 << 20  # bytes that are taken from a terminal before the watcher turns to anything else
KEPT = 1 << 20  # bytes of a terminal's output that wait for a disk that refuses them; what comes then is counted
SOONEST_S, CALM_LOG_S = 0.05, 1.0  # between two measurements of a log with a limit: much is written, nothing is
NOTED_S = 0.25  # between two measurements of a log whose times are noted, while it is written to
NOTE = 16  # bytes of a note
PAGE = 4096  # bytes; holes have borders like that


class Output:
    """The log of a run while the run goes on.

    Its size is kept within a limit, the times of its lines are noted, and what comes from a terminal is written to it.
    """

    def __init__(
        self,
        spec: Spec,
        files: Files,
        terminal: int | None,
        poll: select.poll,
        about_to_free: "Callable[[int], None]",
    ) -> None:
        """``about_to_free`` hears up to which place the log is about to lose its middle."""
        self._about_to_free = about_to_free
        self._limit = spec.get("log_limit") or 0
        self._full = spec.get("log_full") or "keep"
        self._with_times = bool(spec.get("times"))
        self._terminal, self._poll = terminal, poll
        self._files = files
        self._log = self._times = -1
        self._size = 0  # bytes when last measured
        self._measured_at = self._due = time.monotonic()
        self._hole = 0  # where the part that was taken out of the middle ends
        self._kept = bytearray()  # what came from the terminal and is not in the log yet
        self._lost = 0  # bytes that came from it after that, when no more could be kept
        self._why = ""  # the disk refuses it
        if terminal is not None:
            poll.register(terminal, select.POLLIN)
        if terminal is not None or self._limit or self._with_times:
            try:
                self._open_log()
            except OSError:  # a full table of open files, say: it is opened when it is written to
                pass

    def poll(self, now: float) -> tuple[str, float]:
        """Do what is due; return why the run must end now, if so, and for how many seconds to do nothing."""
        if self._pump(PUMPED):
            self._due = min(self._due, now)
        patience = FOREVER if self.flush() else CALM_LOG_S
        if not self._limit and not self._with_times:
            return "", patience
        if now < self._due:
            return "", min(patience, self._due - now)
        try:
            self._open_log()
            size = os.fstat(self._log).st_size
            written, passed = size - self._size, max(now - self._measured_at, 0.001)
            noted = self._note(size)
            if self._limit and size > self._limit and (why := self._shorten(size)):
                return why, 0.0
        except OSError:  # no room, a file system that can't, or the user has deleted the log
            self._due = now + CALM_LOG_S
            return "", CALM_LOG_S
        wait_s = CALM_LOG_S
        if written > 0 and self._limit:
            room = max(self._limit - size, self._limit // 8)
            wait_s = max(SOONEST_S, min(wait_s, room * passed / written / 2))
        if written > 0 and self._times >= 0:
            wait_s = min(wait_s, NOTED_S)
        if noted:
            self._size = max(size, self._size)
        self._measured_at, self._due = now, now + wait_s
        return "", min(patience, wait_s)

    def finish(self) -> None:
        """Take what is left in the terminal, and measure the log for the last time."""
        self._pump(FOREVER)
        self._hang_up()
        self._due = 0.0
        self.poll(time.monotonic())

    def close(self) -> None:
        """Close the files."""
        for file in (self._log, self._times):
            if file >= 0:
                close(file)
        self._log = self._times = -1

    def flush(self) -> bool:
        """Write into the log what the disk has refused; return whether nothing is left."""
        if not self._kept:
            return True
        try:
            self._open_log()
            while self._kept:
                del self._kept[: os.write(self._log, self._kept)]
                if not self._kept and self._lost:
                    self._kept += remark(f"{self._lost:,} bytes of output could not be written here: {self._why}")
                    self._lost = 0
        except FileNotFoundError:  # the user has deleted it
            self._kept.clear()
            self._lost = 0
        except OSError as error:
            self._why = reason(error)
            return False
        return True

    def _open_log(self) -> None:
        if self._log < 0:
            self._log = os.open(self._files.log, os.O_WRONLY | os.O_APPEND)

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
            if self._lost or len(self._kept) + len(data) > KEPT:
                self._lost += len(data)
            else:
                self._kept += data
                self.flush()
        return taken > 0

    def _hang_up(self) -> None:
        if self._terminal is not None:
            self._poll.unregister(self._terminal)
            os.close(self._terminal)
            self._terminal = None

    def _note(self, size: int) -> bool:
        """Note when the new output was written: 16 bytes, where it begins and the time in nanoseconds since 1970.

        Return False where the disk refuses it: the next note is for this output too.
        """
        if not self._with_times or size <= self._size:
            return True
        try:
            if self._times < 0:
                self._times = os.open(self._files.times, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            if (part := os.write(self._times, struct.pack("<QQ", self._size, time.time_ns()))) < NOTE:
                os.ftruncate(self._times, os.fstat(self._times).st_size - part)  # or none after it could be read
                return False
        except OSError:
            return False
        return True

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
            self._about_to_free(end)
            punch_hole(self._log, head, end)
            self._hole = end
        return ""
