"""How long a job may still take, and what that guess rests on; pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tui_queue.core.durations import duration
from tui_queue.core.progress import Progress

SURE_FROM = 0.01  # a smaller part done says nothing of the rest
SURE_AFTER_S = 5.0
LIKE_EACH_OTHER = 0.5  # middle half of the times of a script, as a part of their median, up to which they tell anything
SCRIPT_RUNS = 3  # runs with other parameters that it takes to guess from them


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How long a run of the same script took that completed."""

    elapsed_s: float
    same_parameters: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A guess: seconds to go, None where it has taken longer than that already; and what it rests on."""

    remaining_s: float | None
    rests_on: str

    def __str__(self) -> str:
        if self.remaining_s is None:
            return self.rests_on
        return f"{duration(self.remaining_s)} to go by {self.rests_on}"


def estimate(samples: Sequence[Sample], *, elapsed_s: float, progress: Progress | None) -> Estimate | None:
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
    low, middle, high = statistics.quantiles(times, n=4, method="inclusive")
    if high - low > LIKE_EACH_OTHER * middle:
        return None
    return _by_runs(times, elapsed_s, f"the median of {len(times)} runs of this script")


def _by_runs(times: Sequence[float], elapsed_s: float, what: str) -> Estimate:
    remaining_s = statistics.median(times) - elapsed_s
    if remaining_s < 0:
        longer = (
            "its last run" if len(times) == 1 else f"{sum(time < elapsed_s for time in times)} of {len(times)} runs"
        )
        return Estimate(remaining_s=None, rests_on=f"longer than {longer}")
    return Estimate(remaining_s=remaining_s, rests_on=what)
