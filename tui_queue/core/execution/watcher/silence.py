"""How long a run has printed nothing, by the clock of the watcher: it looks whether the log has changed since."""

import os
import struct
import time

LOOKS = 20  # in the time for which a run may be silent, so that silence is found a twentieth late at most, never early
SOONEST_S, CALM_S = 0.05, 30.0  # between two looks
NOTE = "<QQQ"  # the log's size and time of change when it was seen to change, and that moment by time.monotonic_ns


class Silence:
    """The silence of one run, which may last ``span_s``; what is seen is noted in a file, for schedulers and screens.

    The clock is never compared with the times of the file: it may be set, or another machine's, and it goes on while
    this one is suspended.
    """

    def __init__(self, span_s: float, log: bytes) -> None:
        self._span_s = span_s
        self._log = log
        self._note_path = os.path.join(os.path.dirname(log), b"growth")
        self._seen = (-1, -1)
        self._since = time.monotonic()

    def begin_again(self, now: float) -> None:
        """Count from now, as after a pause."""
        self._since = now
        self._note()

    def left_s(self, now: float) -> tuple[float, float]:
        """Look; return for how many seconds more the run may be silent, and after how many to look again."""
        try:
            found = os.stat(self._log)
        except OSError:  # the user has deleted it
            self._since = now
        else:
            seen = found.st_size, found.st_mtime_ns
            if seen != self._seen:
                self._seen, self._since = seen, now
                self._note()
        left_s = self._since + self._span_s - now
        again_s = min(max(SOONEST_S, self._span_s / LOOKS), CALM_S)
        return left_s, again_s if left_s <= 0 else min(left_s, again_s)

    def _note(self) -> None:
        try:
            file = os.open(self._note_path, os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError:
            return
        try:
            os.write(file, struct.pack(NOTE, *self._seen, int(self._since * 1e9)))
        except (OSError, struct.error):  # a full disk, or nothing has been seen yet
            pass
        finally:
            os.close(file)
