"""Says which processes of a run were warned of its time limit."""

from contextlib import suppress

from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job
from tui_queue.core.model.leftover import processes_text
from tui_queue.core.units.signals import signal_name

KEPT = 1000  # runs


class Warnings:
    """What the files of runs say of warnings; what has been read once is not read again, as a run is warned once."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._known: dict[tuple[str, int], str] = {}  # by UUID and attempt

    def of(self, job: Job) -> str:
        """Return what became of the warning of the latest run; empty before it. Reads a file if one may be there."""
        if not job.options.warn_signal or not job.attempt:
            return ""
        key = job.uuid, job.attempt
        if not (said := self._known.get(key, "")) and (said := self._read(job)):
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = said
        return said

    def _read(self, job: Job) -> str:
        with suppress(OSError):
            if (warning := self._executor.warning(job)) is not None:
                number, processes = warning
                if processes:
                    return f"warned {processes_text(processes)}"
                return f"nothing handles {signal_name(number).removeprefix('SIG')}"
        return ""
