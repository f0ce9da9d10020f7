"""Finds running jobs that wait for input from their terminal, to which no user types."""

import time
from collections.abc import Iterable

from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job, State
from tui_queue.core.system.terminal_input import reads_terminal

HOLDS_S = 1.0  # for which a finding holds: the table and its forecasts ask soon after one another


class InputWanted:
    """What was found of runs a moment ago, so that their processes are looked at once."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._found: dict[tuple[str, int], tuple[float, bool]] = {}  # by UUID and attempt: when, and whether it waits

    def by(self, jobs: Iterable[Job]) -> frozenset[int]:
        """Return the numbers of those of these jobs that wait for input; blocks."""
        with_terminal = _with_terminal(jobs)
        if not with_terminal:
            return frozenset()
        now = time.monotonic()
        found = {run: each for run, each in self._found.items() if now < each[0] + HOLDS_S}
        unknown = [job for job in with_terminal if (job.uuid, job.attempt) not in found]
        waiting = waiting_for_input(unknown, self._executor)
        self._found = found = found | {(job.uuid, job.attempt): (now, job.id in waiting) for job in unknown}
        return frozenset(job.id for job in with_terminal if found[job.uuid, job.attempt][1])


def waiting_for_input(jobs: Iterable[Job], executor: Executor) -> frozenset[int]:
    """Return the numbers of those jobs; blocks. Nothing is read where no job that runs has a terminal."""
    with_terminal = _with_terminal(jobs)
    if not with_terminal:
        return frozenset()
    processes = executor.processes(with_terminal)
    return frozenset(
        job.id for job in with_terminal if any(reads_terminal(each.pid) for each in processes.get(job.id, ()))
    )


def _with_terminal(jobs: Iterable[Job]) -> list[Job]:
    return [job for job in jobs if job.options.pty and job.state is State.RUNNING and not job.paused]
