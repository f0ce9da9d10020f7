"""What a watcher and the scheduler tell one another about a run, over the socket that came with it."""

import os
import select

from .records import Record, sealed

MESSAGE_SIZE = 65_536  # bytes; a longer specification comes in a file

# What the watcher says: one of these letters and a record.
STARTED = b"S"
ENDED = b"E"  # the watcher is free for another run
ENDED_WITH_LEFTOVERS = b"X"  # the watcher has processes of the run left to reap
NEVER_STARTED = b"N"
BROKEN = b"?"  # an error in the watcher itself, which ends with it

STORED = b"!"  # what the scheduler says once the end is in its database
STORED_S = 1.0  # how long it may take for that before the watcher puts the end on disk


def tell(pipe: int, letter: bytes, record: Record) -> None:
    """Say something; where nobody listens, the files of the run say it."""
    try:
        os.write(pipe, letter + sealed(record))
    except OSError:
        pass


def was_stored(events: int) -> bool:
    """Wait for the scheduler to say that it has the end on disk; False if it is gone, stopped or stuck."""
    poll = select.poll()
    poll.register(events, select.POLLIN)
    if not poll.poll(1000 * STORED_S):
        return False
    try:
        return os.read(events, 1) == STORED
    except OSError:
        return False
