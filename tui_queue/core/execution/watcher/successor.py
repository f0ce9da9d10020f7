"""Starts a background scheduler again from a process of the watcher package."""

import os
import signal
import time

from .kernel import adopts_orphans, set_adoption
from .recipe import BLOCKED, HELD, NEVER, Recipe, bring_back
from .spawn import CHANGED

PATIENCE_S = 600.0  # how long to wait for a successor that lives
HELD_PAUSES_S = (0.02, 0.1, 0.4, 1.0)  # the kernel closes what a killed process had open one by one


def outlive(path: str) -> None:
    """See to a successor after the scheduler has gone; return once one lives, or when none is wanted."""
    deadline = time.monotonic() + PATIENCE_S
    pauses = list(HELD_PAUSES_S)
    while time.monotonic() < deadline:
        pause = bring_back(path, start_apart)
        if pause == NEVER:
            return
        if pause != HELD:
            pauses = list(HELD_PAUSES_S)
        elif pauses:
            pause = pauses.pop(0)
        else:
            return
        time.sleep(pause)


def start_apart(recipe: Recipe, lock: int) -> None:
    """Start a successor that is no descendant of this process and of its run. Raises OSError."""
    adopts = adopts_orphans()
    set_adoption(False)
    try:
        between = os.fork()
        if between == 0:
            try:
                os.setsid()
                if os.fork() == 0:
                    _become(recipe, lock)
            finally:
                os._exit(1)
        try:
            os.waitpid(between, 0)
        except ChildProcessError:  # SIGCHLD is ignored: the kernel has reaped it
            pass
    finally:
        set_adoption(adopts)


def _become(recipe: Recipe, lock: int) -> None:
    """Become a background scheduler in a child. Raises OSError."""
    os.chdir(recipe["cwd"].encode("latin-1"))
    os.umask(recipe["umask"])
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.dup2(lock, 3)
    os.set_inheritable(3, True)  # dup2 leaves it alone when it is 3 already
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))  # the pipe that says that a run lives, among others
    signal.set_wakeup_fd(-1)
    for changed in CHANGED:
        signal.signal(changed, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, BLOCKED)
    words = [word.encode("latin-1") for word in (*recipe["words"], "--lock", "3")]
    env = dict(line.encode("latin-1").split(b"=", 1) for line in recipe["env"])
    os.execve(words[0], words, env)  # noqa: S606
