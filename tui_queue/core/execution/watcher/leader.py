"""The leader of a run: the process that was started as its command."""

import os
import time

from .kernel import MACOS
from .records import Record

TYPE_CHECKING = False  # importing typing would double the start-up time
if TYPE_CHECKING:
    from typing import Any


class Leader:
    """The started command, which leads its own process group."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._reaped: tuple[int, Any] | None = None

    def has_ended(self) -> bool:
        """Whether it is dead, reaped or not."""
        if not MACOS:
            # Not reaped yet, so that its number can't be given to a stranger's group.
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        if self._reaped is None:  # waitid came to macOS with Python 3.13
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            self._reaped = (status, usage) if pid else None
        return self._reaped is not None

    def send(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self.has_ended():
            os.kill(self.pid, number)  # not reaped, so the number is its own

    def reap(self) -> Record:
        """Return its exit code or signal, when it ended, and the processor time and memory that the run has used."""
        status, usage = self._reaped or os.wait4(self.pid, 0)[1:]
        end: Record = (
            {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"exit_code": os.WEXITSTATUS(status)}
        )
        rss_kib = usage.ru_maxrss // 1024 if MACOS else usage.ru_maxrss
        cpu_s = round(usage.ru_utime + usage.ru_stime, 6)
        return {**end, "finished_ns": time.time_ns(), "cpu_s": cpu_s, "max_rss_kib": rss_kib}
