"""Estimates the remaining time of a running job and the start of a waiting one; pure."""

import heapq
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tui_queue.core.model.job import Job
from tui_queue.core.units.durations import duration

if TYPE_CHECKING:
    from tui_queue.core.analysis.progress import Progress

SURE_FROM = 0.01  # a smaller part done says nothing of the rest
SURE_AFTER_S = 5.0
LIKE_EACH_OTHER = 0.5  # middle half of the times of a script, as a part of their median, up to which they tell anything
SCRIPT_RUNS = 3  # runs with other parameters that it takes to guess from them


class Sample(Struct, frozen=True, kw_only=True):
    """How long a run of the same script took that completed."""

    elapsed_s: float
    same_parameters: bool


class Estimate(Struct, frozen=True, kw_only=True):
    """A guess: seconds to go, None where it has taken longer than that already; and what it rests on."""

    remaining_s: float | None
    rests_on: str

    def __str__(self) -> str:
        if self.remaining_s is None:
            return self.rests_on
        return f"{duration(self.remaining_s)} to go by {self.rests_on}"


def estimate(samples: Sequence[Sample], *, elapsed_s: float, progress: "Progress | None") -> Estimate | None:
    """Return the best guess that can honestly be made, by what the run prints, else by earlier runs; None for none."""
    if progress is not None and progress.remaining_s is not None:
        return Estimate(remaining_s=progress.remaining_s, rests_on=f"what it says ({progress.source})")
    if progress is not None and progress.fraction > SURE_FROM and elapsed_s >= SURE_AFTER_S:
        remaining_s = elapsed_s * (1 - progress.fraction) / progress.fraction
        return Estimate(remaining_s=remaining_s, rests_on=f"progress {progress.fraction:.0%} ({progress.source})")
    same = [sample.elapsed_s for sample in samples if sample.same_parameters]
    if same:
        what = "its last run" if len(same) == 1 else f"the median of {len(same)} runs with the same parameters"
        return _by_runs(same, elapsed_s, what)
    times = [sample.elapsed_s for sample in samples]
    if len(times) < SCRIPT_RUNS:
        return None
    import statistics  # noqa: PLC0415 - takes long

    low, middle, high = statistics.quantiles(times, n=4, method="inclusive")
    if high - low > LIKE_EACH_OTHER * middle:
        return None
    return _by_runs(times, elapsed_s, f"the median of {len(times)} runs of this script")


class Ahead(Struct, frozen=True, kw_only=True):
    """What takes slots before a job gets one: ``running`` ones, and those ``before`` it that wait for a slot too.

    ``samples`` are the earlier runs of each, by number; ``others`` counts jobs that are before it and wait for
    something else; ``slots`` are those of each queue, ``limit`` those of all together.
    """

    running: tuple[Job, ...]
    before: tuple[Job, ...]
    others: int
    samples: Mapping[int, Sequence[Sample]]
    slots: Mapping[str, int]
    limit: int | None


def starts_in(job: Job, ahead: Ahead, remaining_s: Mapping[int, float | None]) -> str:
    """Say when a job that waits for a slot may get one; empty where that can't honestly be said.

    ``remaining_s`` are the seconds that each job ahead is believed to take yet; None where it is unknown.
    """
    seconds = seconds_to_starts(job, ahead, remaining_s).get(job.id)
    return "" if seconds is None else _start(seconds, ahead)


def seconds_to_starts(job: Job, ahead: Ahead, remaining_s: Mapping[int, float | None]) -> dict[int, float]:
    """Return when a job that waits for a slot, and those before it, may get one, as far as that can honestly be said.

    The seconds from now are by the numbers of the jobs; ``remaining_s`` as in ``starts_in``.
    """
    free = dict(ahead.slots)
    free_of_all = float("inf") if ahead.limit is None else ahead.limit
    ends: list[tuple[float, str]] = []
    waiting = [*ahead.before, job]
    started = list(ahead.running)
    starts: dict[int, float] = {}
    now_s = 0.0
    while True:
        for one in started:
            free[one.queue] = free.get(one.queue, 0) - 1
            free_of_all -= 1
            left_s = remaining_s.get(one.id)
            if left_s is not None:
                heapq.heappush(ends, (now_s + left_s, one.queue))
        started = []
        for one in waiting:
            taken = [other.queue for other in started]
            if free.get(one.queue, 0) > taken.count(one.queue) and free_of_all > len(taken):
                starts[one.id] = now_s
                started.append(one)
        if started:
            waiting = [one for one in waiting if one.id not in starts]
            continue
        if not ends or job.id in starts:
            return starts
        now_s, queue = heapq.heappop(ends)
        free[queue] += 1
        free_of_all += 1


def _start(seconds: float, ahead: Ahead) -> str:
    count = len(ahead.running) + len(ahead.before)
    what = "the job before it" if count == 1 else f"the {count} jobs before it"
    others = f"; {ahead.others} that wait for something else may come first" if ahead.others else ""
    return f"in about {duration(round(seconds))}, by how long {what} may take{others}"


def _by_runs(times: Sequence[float], elapsed_s: float, what: str) -> Estimate:
    import statistics  # noqa: PLC0415 - takes long

    remaining_s = statistics.median(times) - elapsed_s
    if remaining_s < 0:
        longer = (
            "its last run" if len(times) == 1 else f"{sum(time < elapsed_s for time in times)} of {len(times)} runs"
        )
        return Estimate(remaining_s=None, rests_on=f"longer than {longer}")
    return Estimate(remaining_s=remaining_s, rests_on=what)
