"""The times at which the lines of a log were written, for jobs added with ``--times``."""

import os
import struct
from datetime import UTC, datetime

from tui_queue.core.logs.file import LogFile

_NOTE = struct.Struct("<QQ")  # offset of new output in the log, and when it was seen, in nanoseconds since 1970


class LogTimes:
    """The times of one log, found by bisection in the file beside it."""

    def __init__(self, log: str) -> None:
        self._file = LogFile(os.path.join(os.path.dirname(log), "times"))

    def at(self, offset: int) -> datetime | None:
        """Return when the byte at an offset was seen first; None where that is not known. Raises StoreError."""
        self._file.poll(0)
        low, high = 0, self._file.size // _NOTE.size
        while low < high:  # of the notes before ``low`` all begin at or before the offset
            middle = (low + high) // 2
            if self._note(middle)[0] <= offset:
                low = middle + 1
            else:
                high = middle
        return datetime.fromtimestamp(self._note(low - 1)[1] / 1e9, UTC) if low else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _note(self, number: int) -> tuple[int, int]:
        note = self._file.read(number * _NOTE.size, _NOTE.size)
        return _NOTE.unpack(note) if len(note) == _NOTE.size else (0, 0)
