"""Which jobs a verb is for, and what it has done to them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import Job


class Verb(StrEnum):
    """What can be done with jobs, each by its own or with all of a set."""

    CANCEL = "cancel"
    RETRY = "retry"
    START = "start"
    UNCANCEL = "uncancel"
    REMOVE = "remove"
    HOLD = "hold"
    RELEASE = "release"
    PAUSE = "pause"
    RESUME = "resume"
    MOVE = "move"
    SIGNAL = "signal"

    @property
    def done(self) -> str:
        """What was done, in the past tense."""
        return _DONE[self]


_DONE = {
    Verb.CANCEL: "cancelled",
    Verb.RETRY: "retried",
    Verb.START: "started",
    Verb.UNCANCEL: "put back",
    Verb.REMOVE: "removed",
    Verb.HOLD: "held",
    Verb.RELEASE: "released",
    Verb.PAUSE: "paused",
    Verb.RESUME: "resumed",
    Verb.MOVE: "moved",
    Verb.SIGNAL: "signalled",
}


class Left(StrEnum):
    """Why a verb leaves a job of a set as it is."""

    ENDED = "had ended"
    PENDING = "was pending"
    STARTING = "was starting"
    RUNNING = "was running"
    HELD = "was held already"
    NOT_HELD = "was not held"
    CANCELLED_HELD = "was cancelled while it was held"
    PAUSED = "was paused already"
    NOT_PAUSED = "was not paused"
    AWAITED = "is waited for by another job"
    LEFTOVERS = "has left processes running"
    GONE = "was removed in the meantime"

    def of(self, how_many: int) -> str:
        """Say how many jobs are left for this reason."""
        words = self.value
        if how_many != 1:
            verb, _, rest = words.partition(" ")
            words = f"{ {'was': 'were', 'is': 'are', 'has': 'have'}.get(verb, verb) } {rest}"
            words = words.replace("while it was", "while they were").replace("by another job", "by other jobs")
        return f"{how_many:,} {words}"


class Span(Struct, frozen=True):
    """The numbers from ``first`` to ``last``; one that was named ``singly`` must be there, and the verb must apply."""

    first: int
    last: int
    singly: bool = False


class Selection(Struct, frozen=True, kw_only=True):
    """Jobs that a verb is for: those that were named, and the members of a set.

    - ``named``: numbers and ranges, in the order of being named.
    - ``members``: a set by number, in order; one of them may be gone.
    - ``only``: all jobs that a filter lets through.
    - ``everything``: all that the verb is usually for; with ``only`` those of them.
    """

    named: tuple[Span, ...] = ()
    members: tuple[int, ...] = ()
    only: Filter | None = None
    everything: bool = False

    @property
    def is_set(self) -> bool:
        """Whether anything but single jobs was named."""
        return self.only is not None or self.everything or not all(span.singly for span in self.named) or not self.named


class Done(Struct, frozen=True, kw_only=True):
    """What a verb has done: to ``jobs``; ``left`` is the number of others that stay as they are, by reason.

    Those that were named singly and needed nothing are in ``unchanged``, by number, and among the ``jobs`` too.
    """

    jobs: Sequence[Job] = ()
    left: Mapping[Left, int] = {}
    unchanged: Mapping[int, Left] = {}

    def text(self, done: str) -> str:
        """Return ``398 cancelled, 2 had ended``; ``done`` is what was done."""
        changed = len(self.jobs) - len(self.unchanged)
        return ", ".join([f"{changed:,} {done}", *(why.of(number) for why, number in sorted(self.left.items()))])


def members(jobs: Sequence[Job]) -> Selection:
    """Return a set of these jobs: for example, those that have ended by now are left."""
    return Selection(members=tuple(job.id for job in jobs))


def singly(ids: Sequence[int]) -> Selection:
    """Return a selection of jobs that are named one by one."""
    return Selection(named=tuple(Span(job_id, job_id, True) for job_id in ids))
