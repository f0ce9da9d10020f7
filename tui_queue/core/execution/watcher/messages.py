"""What a watcher and the scheduler tell one another about a run, over the socket that came with it."""

import os
import select
import time

from .records import Record, sealed

MESSAGE_SIZE = 65_536  # bytes; a longer specification comes in a file

# What the watcher says: one of these letters and a record.
STARTED = b"S"
ENDED = b"E"  # the watcher is free for another run
ENDED_WITH_LEFTOVERS = b"X"  # the watcher has processes of the run left to reap
NEVER_STARTED = b"N"
BROKEN = b"?"  # an error in the watcher itself, which ends with it

STORED = b"!"  # what the scheduler says once the end is in its database
STORED_ORDER = b"stored"  # the same, through ``control``, by a scheduler that did not start the run
STORED_S = 1.0  # how long it may take for that before the watcher puts the end on disk


def tell(pipe: int, letter: bytes, record: Record) -> None:
    """Say something; without a reader, the files of the run say it."""
    try:
        os.write(pipe, letter + sealed(record))
    except OSError:
        pass


class Receipt:
    """What says that a scheduler has the end on disk: the socket of the run, and its pipe ``control``."""

    def __init__(self, events: int, control: int) -> None:
        self._control = control
        self._poll = select.poll()
        self._poll.register(events, select.POLLIN)
        self._poll.register(control, select.POLLIN)

    def came_within(self, seconds: float) -> bool:
        """Wait for it; return False at once when the scheduler at the other end of the socket leaves."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in self._poll.poll(1000 * left + 1):
                if descriptor == self._control:
                    if STORED_ORDER in _read(descriptor, 4096).splitlines():
                        return True
                elif word := _read(descriptor, 1):
                    return word == STORED
                else:
                    self._poll.unregister(descriptor)
                    return False
        return False


def _read(descriptor: int, size: int) -> bytes:
    try:
        return os.read(descriptor, size)
    except OSError:
        return b""
