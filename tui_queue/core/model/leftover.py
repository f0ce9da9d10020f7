"""Leftovers: the processes of a run that live on after its leader has ended."""

from collections.abc import Mapping

from msgspec import Struct


class Leftover(Struct, frozen=True, kw_only=True):
    """What one ended attempt at a job has left, as the store knows it.

    ``processes`` are numbers with start times in clock ticks since the boot ``boot``, the oldest first. ``ending`` says
    that they are to be ended. ``devices`` and ``resources`` are what the run was given, ``schedule_id`` is the schedule
    that made its job.
    """

    job_id: int
    attempt: int
    boot: str
    processes: tuple[tuple[int, int], ...]
    ending: bool = False
    devices: Mapping[str, tuple[int, ...]] = {}
    resources: tuple[tuple[str, int], ...] = ()
    schedule_id: int | None = None

    @property
    def text(self) -> str:
        """Who they are, in words: ``2 processes of job 12``."""
        return f"{processes_text(len(self.processes))} of job {self.job_id}"


def processes_text(count: int) -> str:
    """Return ``1 process``, ``2 processes``."""
    return f"{count} process{'es' * (count != 1)}"
