"""Finds what still runs of a queue that was moved or deleted: a new queue in its place would take it for its own."""

import os
from contextlib import suppress

from tui_queue.core.execution.watcher.process_tree import mark_of


def processes_of_runs(runs: str) -> list[int]:
    """Return the processes whose mark is a log below this directory; none where there is no /proc."""
    below = os.fsencode(os.path.join(runs, ""))
    with suppress(OSError):
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _is_below(mark_of(pid), below)]
    return []


def _is_below(mark: bytes | None, directory: bytes) -> bool:
    return mark is not None and mark.startswith(directory)
