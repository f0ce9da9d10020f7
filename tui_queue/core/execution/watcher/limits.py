"""The time limits of a run: when its command is warned, when it must end, how long it may be silent."""

import time

from .records import Spec
from .silence import Silence

FOREVER = float("inf")

TYPE_CHECKING = False  # importing typing would double the start-up time
if TYPE_CHECKING:
    from collections.abc import Callable


class Limits:
    """When a run must be warned or ended; the time for which it is paused does not count.

    ``warn`` sends a signal to those of its processes that it does not kill.
    """

    def __init__(self, spec: Spec, log: bytes, warn: "Callable[[int], None]") -> None:
        self._begun = time.monotonic()  # later by as long as it was paused
        self._warn = warn
        self._warning = spec.get("warn_signal") or 0
        self._warn_s: float = spec.get("warn_s") or 0
        self._warned = False
        self.set_end(spec.get("timeout_s") or 0)
        self._silence = Silence(spec["silence_s"], log) if spec.get("silence_s") else None
        self._may_be_silent = not spec.get("cancel_when_silent", True)
        self._paused: float | None = None

    def set_end(self, limit_s: float) -> None:
        """Have the run end this long after its start, 0 for never; it is warned before, again if that is to come."""
        self._ends = self._begun + (limit_s or FOREVER)
        self._warns = self._ends - self._warn_s if self._warning else FOREVER
        if self._warned and self._warns <= time.monotonic():
            self._warns = FOREVER

    def pause(self) -> None:
        """Let no time pass."""
        if self._paused is None:
            self._paused = time.monotonic()

    def resume(self) -> None:
        """Let time pass again."""
        if self._paused is not None:
            now = time.monotonic()
            self._begun += now - self._paused
            self._ends += now - self._paused
            self._warns += now - self._paused
            if self._silence is not None:
                self._silence.begin_again(now)
            self._paused = None

    def poll(self, now: float) -> tuple[str, float]:
        """Warn if it is time; return why the run must end now, if so, and for how many seconds to do nothing."""
        if self._paused is not None:
            return "", FOREVER
        if now >= self._warns:
            self._warn(self._warning)
            self._warned, self._warns = True, FOREVER
        if now >= self._ends:
            return "timed_out", 0.0
        patience = min(self._ends, self._warns) - now
        if self._silence is not None:
            left_s, again_s = self._silence.left_s(now)
            if left_s <= 0 and not self._may_be_silent:
                return "silent", 0.0
            patience = min(patience, again_s)
        return "", patience
