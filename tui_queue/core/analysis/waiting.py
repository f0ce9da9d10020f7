"""Says in one line how far several jobs have come, and how long they may take yet; pure."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tui_queue.core.model.job import Job, State

SURE_FROM = 3  # jobs of these that have completed, before others are believed to take as long
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def waiting_line(jobs: Sequence[Job], remaining_s: Mapping[int, float | None], now: datetime) -> str:
    """Return ``3 of 12 ended, 1 failed; 2 running, about 14m left``.

    ``remaining_s`` are the seconds that running jobs are believed to take yet, by number; None where that is not known.
    """
    ended = sum(job.state.ended for job in jobs)
    text = f"{ended:,} of {len(jobs):,} ended"
    for state in (State.FAILED, State.CANCELLED):
        if number := _count(jobs, state):
            text += f", {number:,} {state}"
    running, pending = _count(jobs, State.RUNNING), _count(jobs, State.PENDING)
    text += f"; {running:,} running" if running else f"; {pending:,} pending"
    left = _left_s(jobs, remaining_s, now)
    return text if left is None else f"{text}, about {_about(left)} left"


def _left_s(jobs: Sequence[Job], remaining_s: Mapping[int, float | None], now: datetime) -> float | None:
    """Return the seconds until all have ended, as far as that can honestly be said.

    Jobs that have not begun take as long as the middle one of those that have completed, as many at a time as now.
    """
    running = [job for job in jobs if job.state is State.RUNNING]
    pending = _count(jobs, State.PENDING)
    took = sorted(_elapsed(job for job in jobs if job.state is State.COMPLETED))
    typical = statistics.median(took) if len(took) >= SURE_FROM else None
    lefts: list[float] = []
    for job in running:
        left = remaining_s.get(job.id)
        if left is None and typical is not None:
            left = max(0.0, typical - (job.elapsed_s(now) or 0.0))
        if left is None or job.paused:
            return None
        lefts.append(left)
    if not running or (pending and typical is None):
        return None
    return max(*lefts, (sum(lefts) + pending * (typical or 0.0)) / len(running))


def _elapsed(jobs: Iterable[Job]) -> list[float]:
    return [(job.finished_at - job.started_at).total_seconds() for job in jobs if job.finished_at and job.started_at]


def _about(seconds: float) -> str:
    """Return a span that seldom changes while it passes."""
    if seconds < _MINUTE:
        return f"{max(10, round(seconds / 10) * 10)}s"
    if seconds < _HOUR - _MINUTE / 2:
        return f"{round(seconds / _MINUTE)}m"
    if seconds < _DAY:
        tens = round(seconds / _MINUTE / 10) * 10
        return f"{tens // 60}h{tens % 60:02}m"
    return f"{round(seconds / _DAY)}d"


def _count(jobs: Iterable[Job], state: State) -> int:
    return sum(job.state is state for job in jobs)
