"""What follows from starts that did not happen: when the next one is due, of how many jobs, and who waits. Pure.

One obstacle in the way of all must not send every job through a start in vain: while it lasts, one job is tried at a
time, with growing pauses. A job whose own start fails waits by itself.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec import Struct, field

from tui_queue.core.model.job import Job
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.policy.admission import LONGEST_PAUSE, moment

FIRST_PAUSE = timedelta(seconds=1)  # before the first try again; each is twice the one before
GAP = timedelta(seconds=0.25)  # before another job is tried, where the obstacle may be one job's own
TRIAL = timedelta(seconds=10)  # after it a start that is under way, on a disk that hangs say, holds up no other
TOLD_AFTER = 3  # starts in vain, one after the other, that the user hears of
HELD_AFTER = 9  # starts of one job that fail while others of its queue start: that takes more than eight minutes


class Trials(Struct, frozen=True, kw_only=True):
    """That only ``most`` jobs may be tried until ``until``; those that were tried already come last."""

    most: int
    until: datetime
    tried: Collection[int] = ()


class PutBack(Struct, frozen=True, kw_only=True):
    """How a job waits whose start did not happen; ``shortage`` is why all others wait as well, if they do."""

    reason: Reason = NO_REASON
    not_before: datetime | None = None
    held: bool = False
    shortage: Reason = NO_REASON


AT_ONCE = PutBack()  # it may start as before


class Hampered(Struct, frozen=True, kw_only=True):
    """What the user is to hear: ``what`` keeps a job from starting, or ``everyone``; the job is ``held`` for that."""

    job: Job
    what: str
    everyone: bool = False
    held: bool = False


class _Obstacle(Struct, kw_only=True):
    """What stands in the way now, and how many starts in a row have failed."""

    tries: int = 0
    everyones: bool = False
    until: datetime
    told: bool = False
    shown: bool = False
    tried: set[int] = field(default_factory=set)


class _OfJob(Struct, kw_only=True):
    """The starts of one job that failed, since it last started."""

    queue: str
    failures: int = 0
    besides: int = 0  # failures between which another job of its queue started
    others_started: bool = False


class StartFailures:
    """Remembers starts that did not happen, for one scheduler; times are arguments."""

    def __init__(self) -> None:
        self._unheard: list[Hampered] = []
        self._obstacle: _Obstacle | None = None
        self._trying: dict[int, datetime] = {}  # jobs that were claimed to see whether they start
        self._jobs: dict[int, _OfJob] = {}

    def trials(self, now: datetime) -> Trials | None:
        """Return how many jobs may be claimed now; None for no limit."""
        obstacle = self._obstacle
        if obstacle is None:
            return None
        if obstacle.until - now > LONGEST_PAUSE:  # the clock was set back
            obstacle.until = now
        under_way = [since + TRIAL for since in self._trying.values() if timedelta(0) <= now - since < TRIAL]
        until = max([obstacle.until, *under_way])
        return Trials(most=int(until <= now), until=until, tried=obstacle.tried)

    def claimed(self, jobs: Iterable[Job], now: datetime) -> None:
        """Remember jobs that were claimed while something stands in the way."""
        if self._obstacle is not None:
            for job in jobs:
                self._trying[job.id] = now
                if job.id in self._obstacle.tried:  # all that may start have been tried: it begins again with the first
                    self._obstacle.tried.clear()

    def started(self, job: Job) -> bool:
        """Take note that a job has started; return whether that shows that nothing stands in the way any longer."""
        if self._jobs:
            self._jobs.pop(job.id, None)
            for other in self._jobs.values():
                other.others_started = other.others_started or other.queue == job.queue
        if self._trying.pop(job.id, None) is None or self._obstacle is None:
            return False
        self._obstacle = None
        self._trying.clear()
        return True

    def over(self, job: Job) -> None:
        """Take note that a job which was tried has shown nothing: it was lost, say, or names no program."""
        self._trying.pop(job.id, None)

    def failed(self, job: Job, what: str, *, everyones: bool, now: datetime) -> PutBack:
        """Take note of a start that did not happen; return how the job waits."""
        obstacle = self._count(job, everyones=everyones, now=now)
        mine = self._jobs.setdefault(job.id, _OfJob(queue=job.queue))
        mine.failures += 1
        if mine.others_started:
            mine.besides, mine.others_started = mine.besides + 1, False
        if mine.besides >= HELD_AFTER:
            del self._jobs[job.id]
            self._unheard.append(Hampered(job=job, what=what, held=True))
            return PutBack(held=True, reason=Reason.of(ReasonKind.START_FAILS, times=mine.failures, what=what))
        if obstacle.tries >= TOLD_AFTER and not obstacle.told:
            obstacle.told = True
            self._unheard.append(Hampered(job=job, what=what, everyone=obstacle.shown))
        due = max(obstacle.until, now + _pause(mine.failures))
        return PutBack(
            reason=_waits(what, due),
            not_before=due,
            shortage=_waits(what, obstacle.until) if obstacle.shown else NO_REASON,
        )

    def to_tell(self) -> list[Hampered]:
        """Return what the user has not heard of yet, once: an obstacle is told once, however many jobs it stops."""
        unheard, self._unheard = self._unheard, []
        return unheard

    def _count(self, job: Job, *, everyones: bool, now: datetime) -> _Obstacle:
        """Return what stands in the way. Of starts that were under way together only the first one counts."""
        counts = self._trying.pop(job.id, None) is not None or self._obstacle is None
        if self._obstacle is None:
            self._obstacle = _Obstacle(until=now)
        obstacle = self._obstacle
        obstacle.tried.add(job.id)
        if counts:
            obstacle.tries += 1
            obstacle.everyones = everyones
            obstacle.until = now + (_pause(obstacle.tries) if everyones else GAP)
            # Several jobs, one after the other and none that starts: they have the obstacle in common.
            obstacle.shown = everyones or obstacle.shown or (obstacle.tries >= TOLD_AFTER and len(obstacle.tried) > 1)
        return obstacle


def _pause(tries: int) -> timedelta:
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(tries - 1, 10)))


def _waits(what: str, until: datetime) -> Reason:
    return Reason.of(ReasonKind.SHORTAGE, what=what, time=moment(until))
