"""Measurements of a run's processor time and memory."""

from datetime import datetime

from msgspec import Struct


class Process(Struct, frozen=True, kw_only=True):
    """A process of a run. ``pid`` and ``begun`` together name it for good; ``session`` is 0 where not known.

    ``cpu_s`` is what it has used of processors itself, ``reaped_s`` what its ended children had used.
    """

    pid: int
    parent: int
    session: int
    begun: int
    name: str
    cpu_s: float
    reaped_s: float
    rss_bytes: int


class Usage(Struct, frozen=True, kw_only=True):
    """What all processes of a run had used of processors by then, and the resident memory that they had together.

    A page that several of them share counts for each.
    """

    at: datetime
    cpu_s: float
    rss_bytes: int


class Activity(Struct, frozen=True, kw_only=True):
    """What the processes of a run are doing: how much of one core they take, in percent, all and each; and memory."""

    percent: float
    rss_bytes: int
    processes: tuple[tuple[Process, float], ...]
