"""Finds the job that a process belongs to."""

import os
from collections.abc import Mapping

from tui_queue.core.errors import NoSuchJobError
from tui_queue.core.execution.watcher.process_tree import mark_of, stat_of
from tui_queue.core.units.printable import printable


def job_of_process(pid: int, runs: str, known: Mapping[int, int]) -> int:
    """Return the number of the job that a process, or the nearest of its parents, is of by the mark of its run.

    ``runs`` is the directory of all runs; ``known`` are the jobs of leading processes and watchers, by their numbers: a
    process may have cleared its environment, or be another user's. Raises NoSuchJobError.
    """
    if stat_of(pid) is None and pid not in known:
        raise NoSuchJobError(f"{pid}: there is no such process, or it can't be seen from here.")
    place = pid
    while place > 1:
        if mark := mark_of(place):  # a watcher has an empty one
            return _job_of_log(pid, os.fsdecode(mark), runs)
        if place in known:
            return known[place]
        fields = stat_of(place)
        place = int(fields[1]) if fields else 0
    raise NoSuchJobError(f"{pid}: a process of no job; `tui-queue list --columns id,pid,name` shows those of jobs.")


def _job_of_log(pid: int, log: str, runs: str) -> int:
    below, number, *rest = log.rsplit(os.sep, 3) if log.count(os.sep) > 3 else (log, "")
    if not rest or not number.isdecimal() or os.path.realpath(below) != os.path.realpath(runs):
        raise NoSuchJobError(f"{pid}: a process of a job of another queue; its output goes to {printable(log)}.")
    return int(number)
