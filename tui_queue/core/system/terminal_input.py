"""Tells processes that wait for input from a terminal, by what Linux says of them."""

import os
from contextlib import suppress

_READING = ("wait_woken", "n_tty_read")  # where the kernel lets the reader of a terminal sleep
_READ_SO_TOO = ("socket:", "anon_inode:inotify")  # what a process waits for in the same place


def reads_terminal(pid: int) -> bool:
    """Whether a process waits until its terminal has input; False where that can't be seen.

    The kernel tells the descriptor from which a process reads only to those who may trace it. Others see that the
    process reads something, and that it has nothing else open which is read in this way.
    """
    with suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/wchan") as file:
            if file.read().strip() not in _READING:
                return False
        try:
            with open(f"/proc/{pid}/syscall") as file:
                descriptor = int(file.read().split()[1], 16)
        except PermissionError:
            opened = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
            return any(map(_is_terminal, opened)) and not any(path.startswith(_READ_SO_TOO) for path in opened)
        return _is_terminal(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
    return False


def _is_terminal(path: str) -> bool:
    return path.startswith(("/dev/pts/", "/dev/tty"))
