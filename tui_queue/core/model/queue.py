"""Queues: named lanes with slots, and the place of a job in one."""

from enum import StrEnum

from msgspec import Struct, field

from tui_queue.core.model.options import Leftovers, Lost

DEFAULT_QUEUE = "default"


class OnFailure(StrEnum):
    """What becomes of a queue when one of its jobs has failed for good."""

    CONTINUE = "continue"
    PAUSE = "pause"


class QueueOptions(Struct, frozen=True, kw_only=True):
    """How a queue is to be served. ``hours`` are when it starts jobs, as ``parse_hours`` reads them in ``zone``;
    empty: always.

    Outside of them what runs goes on, or is stopped until they come again (``pause_outside``). ``lost`` is what becomes
    of jobs that say nothing of it themselves, ``on_failure`` of the queue when a job fails; ``failed_job`` is the job
    that has paused it so. ``leftovers`` is what becomes of processes that runs leave, None as the settings say.
    """

    hours: str = ""
    zone: str = "UTC"
    pause_outside: bool = False
    lost: Lost = Lost.LEAVE
    lost_age_s: int = 0
    on_failure: OnFailure = OnFailure.CONTINUE
    failed_job: int = 0
    leftovers: Leftovers | None = None


class Queue(Struct, frozen=True, kw_only=True):
    """A named lane; ``slots`` None means as many as the settings say."""

    name: str
    slots: int | None = None
    paused: bool = False
    options: QueueOptions = field(default_factory=QueueOptions)


class Move(StrEnum):
    """Where a job goes in its queue."""

    TOP = "top"
    UP = "up"
    DOWN = "down"
    BOTTOM = "bottom"
    BEFORE = "before"


class Place(Struct, frozen=True):
    """Where new jobs go in their queues; ``before`` is the job that they are put before, for ``Move.BEFORE``."""

    move: Move
    before: int | None = None
