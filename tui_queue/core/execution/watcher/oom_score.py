"""Has the kernel kill a job before the watcher beside it when no memory is left (Linux)."""

import os

SCORE = "/proc/self/oom_score_adj"
HIGHER = 100  # in thousandths of the memory: a tenth outweighs a watcher in a cgroup of 100 MB too
HIGHEST = 1000


def raise_score() -> bytes:
    """Raise the watcher's own score, which a command inherits at its start; return what it was, b"" where unknown.

    The command could not be raised later: its first children, and programs of another user, would be missed.
    """
    try:
        file = os.open(SCORE, os.O_RDWR)
    except OSError:  # not Linux, or without /proc
        return b""
    try:
        own = os.read(file, 16)
        os.write(file, b"%d" % min(int(own) + HIGHER, HIGHEST))
    except (OSError, ValueError):
        return b""
    finally:
        os.close(file)
    return own


def lower_score(own: bytes) -> None:
    """Give the watcher the score back that ``raise_score`` has returned; what is inherited needs no privilege."""
    if not own:
        return
    try:
        file = os.open(SCORE, os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(file, own)
    except OSError:
        pass
    finally:
        os.close(file)
