"""The time limits of a run: when its command is warned, when it must end, how long it may be silent."""

import os
import time

from .leader import Leader
from .records import Spec

FOREVER = float("inf")


class Limits:
    """When a run must be warned or ended; the time for which it is paused does not count."""

    def __init__(self, spec: Spec, log: bytes) -> None:
        now = time.monotonic()
        self._ends = now + (spec.get("timeout_s") or FOREVER)
        self._warning = spec.get("warn_signal") or 0
        self._warns = self._ends - spec["warn_s"] if self._warning else FOREVER
        self._silence = spec.get("silence_s") or FOREVER
        self._log = log
        self._calm = now  # silence counts from here at the earliest
        self._paused: float | None = None

    def pause(self) -> None:
        """Let no time pass."""
        if self._paused is None:
            self._paused = time.monotonic()

    def resume(self) -> None:
        """Let time pass again."""
        if self._paused is not None:
            now = time.monotonic()
            self._ends += now - self._paused
            self._warns += now - self._paused
            self._calm = now
            self._paused = None

    def poll(self, now: float, leader: Leader) -> tuple[str, float]:
        """Warn if it is time; return why the run must end now, if so, and for how many seconds to do nothing."""
        if self._paused is not None:
            return "", FOREVER
        if now >= self._warns:
            self._warns = FOREVER
            leader.send(self._warning)
        if now >= self._ends:
            return "timed_out", 0.0
        patience = min(self._ends, self._warns) - now
        if self._silence < FOREVER:
            left = self._silence - self._silent_s(now)
            if left <= 0:
                return "silent", 0.0
            patience = min(patience, left)
        return "", patience

    def _silent_s(self, now: float) -> float:
        try:
            printed = time.time() - os.stat(self._log).st_mtime
        except OSError:  # the user has deleted it
            return 0.0
        return min(now - self._calm, printed)
