"""Figures of ended jobs."""

from enum import StrEnum

from msgspec import Struct


class Group(StrEnum):
    """What jobs are put together by."""

    NAME = "name"
    QUEUE = "queue"
    BATCH = "batch"
    DAY = "day"


class Figures(Struct, frozen=True, kw_only=True):
    """Figures of some ended jobs. Spans are in seconds, None where no job has one; ``took`` is of latest runs.

    ``p90`` is the time that nine of ten did not exceed.
    """

    name: str
    jobs: int
    completed: int
    failed: int
    cancelled: int
    took_median_s: float | None
    took_p90_s: float | None
    took_longest_s: float | None
    waited_median_s: float | None
    cpu_s: float
