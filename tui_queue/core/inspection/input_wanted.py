"""Finds running jobs that wait for input from their terminal, to which no user types."""

from collections.abc import Iterable

from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job, State
from tui_queue.core.system.terminal_input import reads_terminal


def waiting_for_input(jobs: Iterable[Job], executor: Executor) -> frozenset[int]:
    """Return the numbers of those jobs; blocks. Nothing is read where no job that runs has a terminal."""
    with_terminal = [job for job in jobs if job.options.pty and job.state is State.RUNNING and not job.paused]
    if not with_terminal:
        return frozenset()
    processes = executor.processes(with_terminal)
    return frozenset(
        job.id for job in with_terminal if any(reads_terminal(each.pid) for each in processes.get(job.id, ()))
    )
