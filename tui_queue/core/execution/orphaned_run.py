"""The processes of a run whose watcher was killed: they are found by the mark of the run."""

import os
import signal
import time

from tui_queue.core.execution.process_visibility import require_visible_processes
from tui_queue.core.execution.run_files import RunFiles
from tui_queue.core.execution.watcher.process_tree import Tree

SWEEP_S = 0.05  # between two searches for processes of the run


def tree_without_watcher(files: RunFiles) -> Tree:
    """Return the processes that carry the mark of a run: without its watcher, no process number can be trusted.

    Raises StoreError where they can't be seen.
    """
    require_visible_processes()
    return Tree(0, os.fsencode(files.log))


def end_tree(files: RunFiles, grace_s: float) -> None:
    """End the processes, by SIGKILL those that are left after the grace; blocks."""
    tree = tree_without_watcher(files)
    deadline = time.monotonic() + grace_s
    while tree.members() and time.monotonic() < deadline:
        tree.tell(signal.SIGTERM, signal.SIGCONT)
        time.sleep(SWEEP_S)
    tree.kill()


def stop_tree(files: RunFiles) -> None:
    """Stop the processes where they are; blocks."""
    tree_without_watcher(files).stop()


def signal_tree(files: RunFiles, number: int) -> None:
    """Send a signal to the processes; blocks."""
    tree_without_watcher(files).send(number)
