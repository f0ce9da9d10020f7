"""The processes of a run whose watcher was killed.

They are found by the mark of the run, by the recorded number of its command with its start time, and by the pipe
``alive``: a job may have closed its descriptors, cleared its environment, or changed its user.
"""

import os
import stat
import sys
import time

from tui_queue.core.execution.process_visibility import require_visible_processes
from tui_queue.core.execution.run_files import RunFiles
from tui_queue.core.execution.watcher.descriptors import NamedPipe
from tui_queue.core.execution.watcher.process_tree import Tree
from tui_queue.core.system.machine import boot_id

SWEEP_S = 0.05  # between two searches for processes of the run

Process = tuple[int, int]  # its number and its start time, as ``lives`` of core.system.machine takes it


def tree_without_watcher(files: RunFiles) -> Tree:
    """Return the processes of a run that has no watcher any more. Raises StoreError where they can't be seen."""
    require_visible_processes()
    record = files.start_record()
    leader = begun = 0
    if record and "begun" in record and record["boot"] == boot_id():
        leader, begun = record["pid"], record["begun"]
    return Tree(leader, os.fsencode(files.log), begun=begun, pipe=_pipe(files.path("alive")))


def living_process(files: RunFiles) -> Process | None:
    """Return a process of a run that has no watcher any more; None when none is left. Reads all of /proc."""
    tree = tree_without_watcher(files)
    # Twice: a search may miss a process that is just being born.
    found = tree.members() or tree.members()
    return min(((pid, int(begun)) for pid, begun in found), default=None)


def end_tree(files: RunFiles, grace_s: float) -> None:
    """End the processes, by SIGKILL those that are left after the grace; blocks."""
    tree = tree_without_watcher(files)
    deadline = time.monotonic() + grace_s
    while tree.members() and time.monotonic() < deadline:
        tree.ask_to_end()
        time.sleep(SWEEP_S)
    tree.kill()


def stop_tree(files: RunFiles) -> None:
    """Stop the processes where they are; blocks."""
    tree_without_watcher(files).stop()


def signal_tree(files: RunFiles, number: int) -> None:
    """Send a signal to the processes; blocks."""
    tree_without_watcher(files).send(number)


def _pipe(path: str) -> NamedPipe | None:
    try:
        is_pipe = sys.platform == "linux" and stat.S_ISFIFO(os.stat(path).st_mode)
        return NamedPipe(path) if is_pipe else None
    except OSError:  # the user has deleted it
        return None
