"""Which pending jobs may start now, and why each of the others may not. Pure."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from msgspec import Struct, field

from tui_queue.core.model.card import Card
from tui_queue.core.model.job import Outcome, State
from tui_queue.core.model.leftover import Leftover, processes_text
from tui_queue.core.model.options import JobOptions
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.policy.cards import GPU, MEMORY, UNKNOWN, CardLedger, CardsInUse, too_many
from tui_queue.core.units.sizes import size_text

MEASURE_AGAIN = timedelta(seconds=10)  # what others take of the machine changes without a word
LONGEST_PAUSE = timedelta(minutes=5)  # between two tries of a start that a shortage prevents
POLL_AGAIN = timedelta(seconds=5)  # and so do processes that are not ours
CARDS_AGAIN = timedelta(seconds=2)  # a job that has just ended may be listed by the driver a moment longer


AT_ONCE = ""  # stands for a queue of those that are to start at once, whichever theirs are


class Dependency(Struct, frozen=True, kw_only=True):
    """A job that a candidate waits for, and how that one is now; ``state`` is None when it is no more."""

    job_id: int
    outcome: Outcome
    state: State | None

    @property
    def met(self) -> bool:
        """Whether it has come to what is waited for."""
        match self.outcome:
            case Outcome.COMPLETED:
                return self.state is State.COMPLETED
            case Outcome.FAILED:
                return self.state is State.FAILED
            case Outcome.ENDED:
                return self.state is None or self.state.ended

    @property
    def possible(self) -> bool:
        """Whether it may yet come to that without an act of the user."""
        return self.met or (self.state is not None and not self.state.ended)

    @property
    def text(self) -> str:
        """What is waited for, in words."""
        word = "" if self.outcome is Outcome.COMPLETED else f" {self.outcome}"
        return f"after #{self.job_id}{word}"

    @property
    def unmet(self) -> Reason:
        """Why it can't be met any more."""
        return Reason.of(ReasonKind.UNMET, dependency=self.text, state=self.state or "removed")


class Candidate(Struct, frozen=True, kw_only=True):
    """What decides about a pending job; candidates of higher ``priority`` come first, then those of lower ``place``.

    Before all others come those that the user wants started ``at_once``, even if their queues are paused or full.
    """

    id: int
    queue: str
    priority: int
    place: int
    at_once: bool = False
    held: bool = False
    hold_reason: Reason = NO_REASON
    not_before: datetime | None = None
    again: bool = False  # it waits for its next attempt
    waited: tuple[Dependency, ...] = ()
    options: JobOptions = field(default_factory=JobOptions)
    schedule_id: int | None = None


class QueueState(Struct, frozen=True, kw_only=True):
    """A queue as it is now: ``slots`` runs at a time, ``running`` of them in use; it may rest until it ``opens_at``.

    ``failed_job`` is the one that has paused it.
    """

    slots: int
    running: int
    paused: bool = False
    failed_job: int = 0
    opens_at: datetime | None = None


class Context(Struct, frozen=True, kw_only=True):
    """All that a decision rests on. ``limit`` is for all queues together; None is no limit.

    ``total`` tells how much of a resource there is, None for an unknown one; ``used`` is what is taken of each.
    ``cards`` are the GPUs of the queue, None while their driver has not answered; ``cards_in_use`` is what jobs have of
    them. ``free`` measures what a gate looks at: bytes, or the present load; None where that can't be measured.
    ``promised`` is what jobs that have only just begun were let in for and may not have taken yet. ``lives`` tells
    whether a process, by number and start time, is still there. ``most`` is how many may start now, None for no limit,
    and ``shortage`` is why no more may. ``leftovers`` are what ended runs have left; what they were given they hold.
    """

    now: datetime
    scheduled: bool = True
    queue_states: Mapping[str, QueueState]
    limit: int | None = None
    total: Callable[[str], int | None] = lambda _: None
    used: Mapping[str, int] = field(default_factory=dict)
    cards: Callable[[], tuple[Card, ...] | None] = lambda: ()
    cards_in_use: CardsInUse = field(default_factory=CardsInUse)
    free: Callable[[str], float | None] = lambda _: None
    promised: Mapping[str, float] = field(default_factory=dict)
    lives: Callable[[tuple[int, int]], bool] = lambda _: False
    most: int | None = None
    shortage: Reason = NO_REASON
    leftovers: Sequence[Leftover] = ()

    def left_by(self, job_id: int) -> Leftover | None:
        """Return what the runs of a job have left."""
        return next((left for left in self.leftovers if left.job_id == job_id), None)


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided: ``reason`` is empty for a job that may start now, with these ``cards``.

    ``due`` is when time alone may change that.
    """

    reason: Reason = NO_REASON
    due: datetime | None = None
    cards: tuple[int, ...] = ()


START = Decision()
_HELD = Reason.of(ReasonKind.HELD)
_NO_SCHEDULER = Reason.of(ReasonKind.NO_SCHEDULER)
_NO_SLOTS = Reason.of(ReasonKind.NO_SLOTS)
_SLOTS = Reason.of(ReasonKind.SLOTS)
_OTHERS_FIRST = Reason.of(ReasonKind.STARTING)


def decide(
    pending: Mapping[str, Iterable[Candidate]], context: Context, *, explain: bool
) -> Iterator[tuple[Candidate, Decision]]:
    """Yield candidates in the order they are served, each with its verdict.

    ``pending`` has those of each queue in order. Unless it is to ``explain``, a queue is left as soon as nothing in it
    can start any more, however many jobs it has.
    """
    ledger = _Ledger(context)

    def queue_state(queue: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        for candidate in candidates:
            if not explain and queue != AT_ONCE and ledger.why_none_of(queue):
                return
            yield candidate

    queue_states = [queue_state(queue, candidates) for queue, candidates in pending.items()]
    for candidate in heapq.merge(*queue_states, key=_turn):
        yield candidate, ledger.decision(candidate)


def _turn(candidate: Candidate) -> tuple[bool, int, int]:
    return not candidate.at_once, -candidate.priority, candidate.place


class _Ledger:
    """What is left to give while candidates are served."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._left = {
            name: queue_state.slots - queue_state.running for name, queue_state in context.queue_states.items()
        }
        self._left_to_start = context.most
        running = sum(queue_state.running for queue_state in context.queue_states.values())
        self._left_of_all = None if context.limit is None else context.limit - running
        self._used = dict(context.used)
        self._promised = dict(context.promised)
        self._wanted: dict[str, int] = {}  # resource: who waits for it, and is served before all behind him

    def decision(self, candidate: Candidate) -> Decision:
        """Decide about one; what it takes is not there for the next."""
        own = self._why_not_by_itself(candidate)
        if own is not None:
            return own
        if self._context.leftovers and (reason := self._left_before(candidate)):
            return Decision(reason=reason)
        if reason := self._why_not_served(candidate):
            queue_state = self._context.queue_states.get(candidate.queue)
            return Decision(reason=reason, due=queue_state.opens_at if queue_state else None)
        if shortage := self._resources(candidate):
            due = self._context.now + CARDS_AGAIN if self._may_be_left(candidate) else None
            return Decision(reason=Reason.of(ReasonKind.RESOURCE, shortage=shortage), due=due)
        if shortage := self._gates(candidate):
            return Decision(reason=Reason.of(ReasonKind.GATE, shortage=shortage), due=self._context.now + MEASURE_AGAIN)
        cards = self._take(candidate)
        return Decision(cards=cards) if cards else START

    def _why_not_served(self, candidate: Candidate) -> Reason:
        if candidate.at_once:
            return self._why_not_at_all(candidate.queue) or self._shortage()
        return self.why_none_of(candidate.queue)

    def why_none_of(self, queue: str) -> Reason:
        """Return why no job of a queue can start now; empty when one can."""
        return self._why_not_at_all(queue) or self._why_not_by_queue(queue) or self._shortage()

    def _why_not_at_all(self, queue: str) -> Reason:
        if not self._context.scheduled:
            return _NO_SCHEDULER
        return NO_REASON if queue in self._context.queue_states else Reason.of(ReasonKind.NO_QUEUE, queue=queue)

    def _why_not_by_queue(self, queue: str) -> Reason:
        queue_state = self._context.queue_states[queue]
        if queue_state.paused:
            why = f": job {queue_state.failed_job} failed" if queue_state.failed_job else ""
            return Reason.of(ReasonKind.QUEUE_PAUSED, why=why)
        if queue_state.opens_at is not None:
            return Reason.of(ReasonKind.QUEUE_CLOSED, time=moment(queue_state.opens_at))
        if queue_state.slots == 0:
            return _NO_SLOTS
        if self._left[queue] <= 0:
            return _SLOTS
        if self._left_of_all is not None and self._left_of_all <= 0:
            return Reason.of(ReasonKind.LIMIT, limit=self._context.limit)
        return NO_REASON

    def _shortage(self) -> Reason:
        if self._left_to_start is not None and self._left_to_start <= 0:
            return self._context.shortage or _OTHERS_FIRST
        return NO_REASON

    def _why_not_by_itself(self, candidate: Candidate) -> Decision | None:
        if candidate.held:
            return Decision(reason=candidate.hold_reason or _HELD)
        for waited in candidate.waited:
            if not waited.possible:
                return Decision(reason=waited.unmet)
        unmet = [waited.text for waited in candidate.waited if not waited.met]
        if unmet:
            listed = ", ".join(unmet[:3]) + (f" and {len(unmet) - 3} more" if len(unmet) > 3 else "")
            return Decision(reason=Reason.of(ReasonKind.DEPENDENCY, dependencies=listed))
        for process in candidate.options.after_pids:
            if self._context.lives(process):
                return Decision(
                    reason=Reason.of(ReasonKind.PROCESS, pid=process[0]), due=self._context.now + POLL_AGAIN
                )
        if candidate.not_before is not None and candidate.not_before > self._context.now:
            if candidate.hold_reason.kind is ReasonKind.SHORTAGE:
                if candidate.not_before - self._context.now > LONGEST_PAUSE:  # the clock was set back
                    return None
                return Decision(reason=candidate.hold_reason, due=candidate.not_before)
            kind = ReasonKind.RETRY if candidate.again else ReasonKind.NOT_BEFORE
            return Decision(reason=Reason.of(kind, time=moment(candidate.not_before)), due=candidate.not_before)
        return None

    def _left_before(self, candidate: Candidate) -> Reason:
        """Return whose processes must have ended first: of its own runs, and of the one that its schedule queued it
        behind.
        """
        if own := self._context.left_by(candidate.id):
            count = processes_text(len(own.processes))
            return Reason.of(ReasonKind.LEFTOVERS, processes=f"{count} left of attempt {own.attempt}")
        if candidate.schedule_id is not None:
            for waited in candidate.waited:
                left = self._context.left_by(waited.job_id)
                if left is not None and left.schedule_id == candidate.schedule_id:
                    return Reason.of(ReasonKind.LEFTOVERS, processes=left.text)
        return NO_REASON

    def _gates(self, candidate: Candidate) -> str:
        for name, least in candidate.options.gates:
            if name == MEMORY:
                if shortage := self._card_memory(candidate, least):
                    return shortage
                continue
            measured, promised = self._context.free(name), self._promised.get(name, 0)
            if measured is None:
                return f"{name}: can't be measured here"
            if name == "load":
                if measured + promised > least:
                    return f"load {measured + promised:.1f}, above {least:g}"
            elif measured - promised < least:
                return f"{name}: {size_text(max(0, int(measured - promised)))} of {size_text(int(least))} free"
        return ""

    def _card_memory(self, candidate: Candidate, least: float) -> str:
        if self._cards is None:
            return UNKNOWN
        return self._cards.low(candidate.options, _cards_wanted(candidate), least)

    def _resources(self, candidate: Candidate) -> str:
        short = held = ""
        for name, wanted in candidate.options.resources:
            if name == GPU:
                if self._cards is None:
                    return UNKNOWN
                if never := self._cards.never(candidate.options, wanted):
                    return never
                short = short or self._cards.lack(candidate.options, wanted)
                continue
            total = self._context.total(name) or 0
            if wanted > total:
                return too_many(name, wanted, total)
            if name in self._wanted:
                short = short or f"{name} (behind #{self._wanted[name]})"
            elif wanted > (free := total - self._used.get(name, 0)):
                lack = f"{name}: {size_text(max(0, free))} of {size_text(wanted)} free"
                held = held or self._held_by_leftovers(name, wanted - free)
                short = short or held or lack
        if short and not held:  # what ended runs have left may stay for days
            self._reserve(candidate)
        return short

    def _held_by_leftovers(self, name: str, short: int) -> str:
        """Return that processes of ended runs hold what a job lacks of a resource; empty where they do not."""
        holders = [(left, dict(left.resources).get(name, 0)) for left in self._context.leftovers]
        holding = [left for left, amount in holders if amount]
        if not holding or sum(amount for _, amount in holders) < short:
            return ""
        more = f" and {len(holding) - 1} more" if len(holding) > 1 else ""
        return f"{name}: {holding[0].text}{more}"

    def _reserve(self, candidate: Candidate) -> None:
        for name, wanted in candidate.options.resources:
            if name == GPU and self._cards is not None:
                self._cards.reserve(candidate.id, candidate.options, wanted)
            else:
                self._wanted.setdefault(name, candidate.id)

    def _take(self, candidate: Candidate) -> tuple[int, ...]:
        """Take what a job gets; return the numbers of its cards."""
        self._left[candidate.queue] -= 1
        if self._left_of_all is not None:
            self._left_of_all -= 1
        if self._left_to_start is not None:
            self._left_to_start -= 1
        for name, wanted in candidate.options.resources:
            self._used[name] = self._used.get(name, 0) + wanted
        memory = 0.0
        for name, least in candidate.options.gates:
            if name == MEMORY:
                memory = least
            self._promised[name] = self._promised.get(name, 0) + (1 if name == "load" else least)
        wanted = _cards_wanted(candidate)
        if (wanted or memory) and self._cards is not None:
            return self._cards.take(candidate.options, wanted, memory)
        return ()

    def _may_be_left(self, candidate: Candidate) -> bool:
        """Whether a card that a job could get may come free without a word: when a run ends, its watcher says so."""
        return bool(_cards_wanted(candidate)) and (self._cards is None or self._cards.any_occupied())

    @cached_property
    def _cards(self) -> CardLedger | None:
        """The cards, asked for when a job is about them; None while the driver has not answered."""
        cards = self._context.cards()
        return None if cards is None else CardLedger(cards, self._context.cards_in_use)


def _cards_wanted(candidate: Candidate) -> int:
    return dict(candidate.options.resources).get(GPU, 0)


def moment(time: datetime) -> str:
    """Return a time as a reason names it: local, to the minute, or to the second where it is not a whole one."""
    local = time.astimezone()
    return f"{local:%Y-%m-%d %H:%M}" if not local.second else f"{local:%Y-%m-%d %H:%M:%S}"
