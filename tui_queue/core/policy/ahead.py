"""Which queues may have the next starts of their jobs written down ahead: those whose runs are short. Pure.

A job that is reserved starts without waiting for the disk. A sync takes some milliseconds, so that a run of seconds
gains nothing, and would keep the jobs behind it reserved for as long: after a power cut they count as interrupted.
"""

from collections import deque
from datetime import timedelta

from tui_queue.core.model.job import Job

MOST = 8  # jobs of a queue that are reserved at a time
FEW = 2  # reserved jobs of all queues that are left when more are reserved
MOST_SLOTS = 4  # with more the slots share syncs anyway, and starting one by one is slower
SHORT = timedelta(seconds=0.25)
LATEST = 4  # runs of a queue that are all short before jobs of it are reserved
STALE_S = 2.0  # reserved jobs that have not started by then are reserved no more


class RecentRuns:
    """How long the latest runs of each queue have taken."""

    def __init__(self) -> None:
        self._taken: dict[str, deque[timedelta]] = {}

    def note(self, job: Job) -> None:
        """Note a run that has ended."""
        if job.started_at is not None and job.finished_at is not None:
            taken = self._taken.setdefault(job.queue, deque(maxlen=LATEST))
            taken.append(job.finished_at - job.started_at)

    def short_queues(self) -> frozenset[str]:
        """Return the queues whose latest runs were all short; a run that ends before it begins says nothing."""
        return frozenset(
            queue
            for queue, taken in self._taken.items()
            if len(taken) == LATEST and all(timedelta() <= each < SHORT for each in taken)
        )
