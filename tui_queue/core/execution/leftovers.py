"""Finds, signals and ends the processes that an ended run has left.

They are known by the mark of the run in their environment, by the numbers and start times that the watcher has
recorded, and as descendants of such. After another boot none is left: their numbers are those of other processes.
"""

import os
import time

from tui_queue.core.execution.process_visibility import require_visible_processes
from tui_queue.core.execution.watcher.process_tree import Tree, sees_processes
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.system import event_loop
from tui_queue.core.system.machine import lives, this_boot
from tui_queue.core.system.worker_thread import in_thread

SWEEP_S, LONGEST_SWEEP_S = 0.05, 0.5  # between two searches while they are ended, at first and later
GIVE_UP_S = 10  # how long to kill what can't be killed

Process = tuple[int, int]


def recorded(left: Leftover) -> tuple[Process, ...]:
    """Return the recorded processes that live; reads a file for each, and nothing that may hang."""
    if left.boot != this_boot():
        return ()
    return tuple(filter(lives, left.processes)) if sees_processes() else left.processes


def found(left: Leftover, log: str) -> tuple[Process, ...]:
    """Return all that live, the oldest first; reads all of /proc. Raises StoreError where they can't be seen."""
    if left.boot != this_boot():
        return ()
    return tuple(tree_of(left, log).by_age())


def tree_of(left: Leftover, log: str) -> Tree:
    """Return the processes of a run that wrote to ``log``. Raises StoreError where they can't be seen."""
    require_visible_processes()
    of_this_boot = left.processes if left.boot == this_boot() else ()
    return Tree(0, os.fsencode(log), known=frozenset((pid, b"%d" % begun) for pid, begun in of_this_boot))


async def end(left: Leftover, log: str, grace_s: float) -> None:
    """End them: by one signal, and by force those that are left after the grace. Returns when none is left.

    What can't be killed is given up after a while.
    """
    tree = tree_of(left, log)
    deadline = time.monotonic() + grace_s
    pause_s = SWEEP_S
    while await in_thread(tree.lives):
        left_s = deadline - time.monotonic()
        if left_s < -GIVE_UP_S:
            return
        await in_thread(tree.ask_to_end if left_s > 0 else tree.kill)
        await event_loop.sleep(min(pause_s, left_s) if left_s > 0 else SWEEP_S)
        pause_s = min(2 * pause_s, LONGEST_SWEEP_S)
