"""The children of a watcher: wakes it when one ends, and reaps the orphans that it has adopted."""

import os
import signal

from .kernel import MACOS


class Wakeup:
    """A descriptor that becomes readable when a child ends."""

    def __init__(self) -> None:
        self.descriptor, writable = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(writable, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writable, warn_on_full_buffer=False)

    def clear(self) -> None:
        """Forget the children that have ended so far."""
        try:
            os.read(self.descriptor, 4096)
        except BlockingIOError:
            pass


def bury_orphans(leader: int) -> None:
    """Reap all dead children but the leader of the run."""
    if MACOS:
        return
    while True:
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if dead is None or dead.si_pid == leader:
            return
        os.waitpid(dead.si_pid, 0)


def has_children() -> bool:
    """Whether a process of the run is still to be reaped one day; reaps those that are dead."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def living_children(leader: int) -> "set[int] | None":
    """Reap all dead children but the leader of the run, which would hide them; return the others, None if not known."""
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children", "rb") as file:
            children = set(map(int, file.read().split())) - {leader}
    except OSError:  # not Linux, or a kernel without this list
        return None
    try:
        return {pid for pid in children if not os.waitpid(pid, os.WNOHANG)[0]}
    except ChildProcessError:  # SIGCHLD was ignored for a moment: the next call knows
        return children
