"""Says which processes of a run were warned of its time limit."""

import time
from contextlib import suppress

from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job
from tui_queue.core.model.leftover import processes_text
from tui_queue.core.units.signals import signal_name

KEPT = 1000  # runs
HOLDS_S = 1.0  # for which a run that has not been warned is not asked again


class Warnings:
    """What the files of runs say of warnings; what has been read once is not read again, as a run is warned once.

    Nor is a file looked for twice by callers that ask soon after one another, as the table and its forecasts do.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._known: dict[tuple[str, int], tuple[str, float]] = {}  # by UUID and attempt; with when that was

    def of(self, job: Job) -> str:
        """Return what became of the warning of the latest run; empty before it. Reads a file if one may be there."""
        if not job.options.warn_signal or not job.attempt:
            return ""
        key, now = (job.uuid, job.attempt), time.monotonic()
        said, at = self._known.get(key, ("", float("-inf")))
        if said or now < at + HOLDS_S:
            return said
        if len(self._known) >= KEPT:
            self._known.clear()
        said = self._read(job)
        self._known[key] = said, now
        return said

    def _read(self, job: Job) -> str:
        with suppress(OSError):
            if (warning := self._executor.warning(job)) is not None:
                number, processes = warning
                if processes:
                    return f"warned {processes_text(processes)}"
                return f"nothing handles {signal_name(number).removeprefix('SIG')}"
        return ""
