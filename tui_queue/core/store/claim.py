"""Claims pending jobs: rows to candidates, decisions to rows."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.model.card import CardUser
from tui_queue.core.model.job import Job, Outcome, State
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.model.options import Leftovers, options_from_json
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.policy.admission import AT_ONCE, Candidate, Context, Decision, Dependency, QueueState, decide
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.policy.cards import GPU, MEMORY, CardsInUse
from tui_queue.core.store import schedules
from tui_queue.core.store.leftovers import all_leftovers
from tui_queue.core.store.queues import all_queues, limit_of
from tui_queue.core.store.retry_waits import wait_ends_at
from tui_queue.core.store.rows import job_of, microseconds, time_of
from tui_queue.core.store.shortage import shortage_of
from tui_queue.core.timing.opening_hours import parse_hours

if TYPE_CHECKING:
    from tui_queue.core.policy.start_failures import Trials

SETTLED = timedelta(seconds=30)  # by then a job has taken what it was let in for, and measuring shows it

_RUNNING = "SELECT id, queue, options, devices, started_at, paused, timeout_s FROM jobs WHERE state = 'running'"
_WAITED = """
    (SELECT json_group_array(json_array(json_extract(value, '$[0]'), json_extract(value, '$[1]'),
        (SELECT state FROM jobs AS other WHERE other.id = json_extract(value, '$[0]')))) FROM json_each(after))"""
_AS_CANDIDATE = f"""
    SELECT id, queue, priority, place, held, reason, reason_kind, not_before, retry_wait, attempt >= first_attempt,
        options, schedule_id, at_once,
        CASE after WHEN '[]' THEN '[]' ELSE {_WAITED} END"""
_CANDIDATES = f"""{_AS_CANDIDATE}
    FROM jobs WHERE state = 'pending' AND queue = ? AND at_once = 0 AND held <= ? ORDER BY priority DESC, place"""
_AT_ONCE = f"""{_AS_CANDIDATE}
    FROM jobs INDEXED BY jobs_at_once WHERE state = 'pending' AND at_once = 1 ORDER BY priority DESC, place"""
_WAITING = f"""
    SELECT id, held, reason, reason_kind, options, {_WAITED} FROM jobs INDEXED BY jobs_waiting
    WHERE state = 'pending' AND after <> '[]'"""
_CLAIM = """
    UPDATE jobs SET state = 'running', reason = '', reason_kind = '', attempt = attempt + 1, started_at = NULL,
        not_before = NULL, retry_wait = '', devices = ?
    WHERE id = ? RETURNING *"""
_CLAIM_RUN = "INSERT INTO runs (job_id, attempt, epoch, boot, claimed_at) VALUES (?, ?, ?, ?, ?)"
_CANCEL_UNMET = "UPDATE jobs SET state = 'cancelled', reason = ?, reason_kind = ?, finished_at = ? WHERE id = ?"
_HOLD_UNMET = "UPDATE jobs SET held = 1, reason = ?, reason_kind = ? WHERE id = ?"
_PAUSE_OUTSIDE = """
    UPDATE jobs SET paused = 'hours' WHERE state = 'running' AND paused = '' AND queue = ? AND at_once = 0
    RETURNING *"""
_RESUME_INSIDE = """
    UPDATE jobs SET paused = '' WHERE state = 'running' AND paused = 'hours' AND queue = ? RETURNING *"""
_LET_GO = "UPDATE jobs SET held = 0, reason = '', reason_kind = '' WHERE id = ?"


_Choice = tuple[Candidate, tuple[int, ...]]  # a job to start, and the cards that it gets


class Claimed(Struct, frozen=True, kw_only=True):
    """Jobs that are to be started, in order, others whose runs are to be told, and when to look again by the clock.

    ``awaited`` says whether any pending job waits for another one, ``settled`` whether jobs were added by schedules, or
    cancelled, held or let go for their dependencies. ``leftovers`` are what ended runs have left, ``limits`` the time
    limits of the jobs that run already, by number. ``reserved`` is how many jobs may be started next.
    """

    jobs: tuple[Job, ...]
    awaited: bool = False
    settled: bool = False
    cancel: tuple[Job, ...] = ()
    pause: tuple[Job, ...] = ()
    resume: tuple[Job, ...] = ()
    due: datetime | None = None
    leftovers: tuple[Leftover, ...] = ()
    limits: Mapping[int, int | None] = {}
    reserved: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything looks different now."""
        return bool(self.jobs or self.cancel or self.pause or self.resume or self.settled)


def claim_jobs(
    db: sqlite3.Connection,
    *,
    epoch: int,
    capacity: Capacity,
    over: Collection[int],
    trials: "Trials | None",
    boot: str,
    now: datetime,
) -> Claimed:
    """Mark every job that may start now as running. The slots of the jobs ``over`` are free already.

    Where something stands in the way of starts, ``trials`` says how many jobs may be tried.
    """
    fired = schedules.fire(db, now, waiting=capacity.waiting())
    awaited, settled = settle_waiting(db, now)
    running = [row for row in db.execute(_RUNNING) if row["id"] not in over]
    queues = all_queues(db)
    context = scheduling_context(db, running, queues, capacity, now, most=None if trials is None else trials.most)
    resting = any(row["paused"] == "hours" for row in running)
    paused, resumed, changes = _keep_hours(db, queues, context, resting=resting)
    chosen, due = _choose(db, context, trials)
    due += changes if fired.due is None else [*changes, fired.due]
    wishes = {queue.name: queue.options.leftovers for queue in queues if queue.options.leftovers is not None}
    return Claimed(
        jobs=tuple(
            mark_as_running(db, candidate.id, cards, wishes.get(candidate.queue), epoch=epoch, boot=boot, now=now)
            for candidate, cards in chosen
        ),
        awaited=awaited,
        settled=settled or fired.added,
        cancel=fired.replaced,
        pause=paused,
        resume=resumed,
        due=min(due, default=None),
        leftovers=tuple(context.leftovers),
        limits={row["id"]: row["timeout_s"] for row in running},
    )


def mark_as_running(
    db: sqlite3.Connection,
    job_id: int,
    cards: tuple[int, ...],
    wish: Leftovers | None,
    *,
    epoch: int,
    boot: str,
    now: datetime,
) -> Job:
    """Claim one job; return it as it is to run: its queue says what becomes of leftovers where it says nothing."""
    devices = json.dumps({GPU: cards}) if cards else "{}"
    job = job_of(db.execute(_CLAIM, (devices, job_id)).fetchone())
    db.execute(_CLAIM_RUN, (job.id, job.attempt, epoch, boot, microseconds(now)))
    if wish is None or job.options.leftovers:
        return job
    return replace(job, options=replace(job.options, leftovers=wish))


def _choose(db: sqlite3.Connection, context: Context, trials: "Trials | None") -> tuple[list[_Choice], list[datetime]]:
    """Return the jobs that may start now with their cards, and when time alone may let others."""
    pending = candidates(db, context)
    if trials is not None and trials.tried:
        chosen, due = _choose_of(_without(pending, trials.tried), context)
        if chosen or not trials.most:
            return chosen, [*due, *_until(trials)]
        pending = candidates(db, context)
    chosen, due = _choose_of(pending, context)
    return chosen, [*due, *_until(trials)]


def _until(trials: "Trials | None") -> list[datetime]:
    return [] if trials is None or trials.most else [trials.until]


def _choose_of(pending: Mapping[str, Iterator[Candidate]], context: Context) -> tuple[list[_Choice], list[datetime]]:
    chosen: list[_Choice] = []
    due: list[datetime] = []
    for candidate, decision in decide(pending, context, explain=False):
        if not decision.reason:
            chosen.append((candidate, decision.cards))
        elif decision.due is not None:
            due.append(decision.due)
    return chosen, due


def _without(pending: Mapping[str, Iterator[Candidate]], others: Collection[int]) -> dict[str, Iterator[Candidate]]:
    return {queue: (each for each in found if each.id not in others) for queue, found in pending.items()}


def explain(
    db: sqlite3.Connection, *, capacity: Capacity, scheduled: bool, now: datetime
) -> Iterator[tuple[Candidate, Decision]]:
    """Yield pending jobs in the order they are served, each with its verdict."""
    shortage = shortage_of(db)
    context = scheduling_context(
        db,
        db.execute(_RUNNING).fetchall(),
        all_queues(db),
        capacity,
        now,
        scheduled=scheduled,
        most=0 if shortage else None,
        shortage=shortage,
    )
    return decide(candidates(db, context, held=True), context, explain=True)


def scheduling_context(
    db: sqlite3.Connection,
    running: list[sqlite3.Row],
    queues: Collection[Queue],
    capacity: Capacity,
    now: datetime,
    *,
    scheduled: bool = True,
    most: int | None = None,
    shortage: Reason = NO_REASON,
) -> Context:
    """Return all that a decision rests on."""
    in_use: dict[str, int] = {}
    used: dict[str, int] = {}
    promised: dict[str, float] = {}
    taken: set[int] = set()
    card_memory: dict[int, float] = {}
    anywhere: list[float] = []
    for row in running:
        in_use[row["queue"]] = in_use.get(row["queue"], 0) + 1
        if row["options"] == "{}":
            continue
        options = options_from_json(row["options"])
        cards = () if row["devices"] == "{}" else json.loads(row["devices"]).get(GPU, ())
        taken.update(cards)
        for name, wanted in options.resources:
            used[name] = used.get(name, 0) + wanted
        begun = time_of(row["started_at"])
        # A start that lies ahead was written before the clock was set back: it says nothing.
        if begun is None or timedelta() <= now - begun < SETTLED:
            for name, least in options.gates:
                promised[name] = promised.get(name, 0) + (1 if name == "load" else least)
                if name == MEMORY:
                    card_memory |= {card: card_memory.get(card, 0) + least for card in cards}
                    anywhere += [] if cards else [least]
    leftovers = all_leftovers(db)
    for left in leftovers:
        for name, wanted in left.resources:
            used[name] = used.get(name, 0) + wanted
    slots = capacity.slots()
    return Context(
        now=now,
        scheduled=scheduled,
        queue_states={queue.name: queue_state_of(queue, in_use.get(queue.name, 0), slots, now) for queue in queues},
        limit=limit_of(db),
        total=capacity.total,
        used=used,
        cards=capacity.cards,
        cards_in_use=CardsInUse(
            taken=frozenset(taken), promised=card_memory, anywhere=tuple(anywhere), left=_card_users(leftovers)
        ),
        free=capacity.free,
        promised=promised,
        lives=capacity.lives,
        most=most,
        shortage=shortage,
        leftovers=leftovers,
    )


def _card_users(leftovers: Collection[Leftover]) -> dict[int, tuple[CardUser, ...]]:
    """Return the processes that count as users of a card, by its number: their run was given it."""
    return {
        card: tuple(CardUser(pid=pid, job_id=left.job_id) for pid, _ in left.processes)
        for left in leftovers
        for card in left.devices.get(GPU, ())
    }


def queue_state_of(queue: Queue, running: int, slots: int, now: datetime) -> QueueState:
    """Return how a queue stands; ``slots`` counts where it has no number of its own."""
    opens_at = None
    if queue.options.hours:
        hours = parse_hours(queue.options.hours, queue.options.zone)
        opens_at = None if hours.open_at(now) else hours.opens_at(now)
    return QueueState(
        slots=slots if queue.slots is None else queue.slots,
        running=running,
        paused=queue.paused,
        failed_job=queue.options.failed_job,
        opens_at=opens_at,
    )


def candidates(db: sqlite3.Connection, context: Context, *, held: bool = False) -> dict[str, Iterator[Candidate]]:
    """Return the pending jobs of each queue in order, read as they are asked for; those to start at once apart.

    Thousands that are ``held``, before those that may start, would cost each claim more than all else.
    """
    as_candidate = partial(_candidate, context.now)
    pending = {queue: map(as_candidate, db.execute(_CANDIDATES, (queue, held))) for queue in context.queue_states}
    return {AT_ONCE: map(as_candidate, db.execute(_AT_ONCE)), **pending}


def settle_waiting(db: sqlite3.Connection, now: datetime) -> tuple[bool, bool]:
    """Cancel or hold jobs whose dependencies can't be met any more, let go those for which they can again.

    Returns whether any job has dependencies, and whether anything was changed.
    """
    any_waits, any_changed, changed = False, False, True
    while changed:  # jobs that depend on a job that is cancelled here come next
        any_waits = changed = False
        for job_id, held, text, kind, stored, waited in db.execute(_WAITING).fetchall():
            any_waits = True
            impossible = [each for each in _waited(waited) if not each.possible]
            if not impossible:
                if held and Reason.stored(text, kind).kind is ReasonKind.UNMET:
                    db.execute(_LET_GO, (job_id,))
                    any_changed = True
                continue
            why = impossible[0].unmet
            if options_from_json(stored).unmet == "cancel":
                db.execute(_CANCEL_UNMET, (why, why.kind, microseconds(now), job_id))
                changed = any_changed = True
            elif not held:
                db.execute(_HOLD_UNMET, (why, why.kind, job_id))
                any_changed = True
    return any_waits, any_changed


def _keep_hours(
    db: sqlite3.Connection, queues: Collection[Queue], context: Context, *, resting: bool
) -> tuple[tuple[Job, ...], tuple[Job, ...], list[datetime]]:
    """Mark what runs outside the hours of its queue as paused where the queue wants that, and inside as not.

    ``resting`` says whether anything is paused for that reason.
    Returns the jobs to pause, those to resume, and when the next of these hours begin or end.
    """
    paused: list[Job] = []
    resumed: list[Job] = []
    changes = []
    for queue in queues:
        opens_at = context.queue_states[queue.name].opens_at
        if opens_at is not None:
            changes.append(opens_at)
            if queue.options.pause_outside:
                paused += map(job_of, db.execute(_PAUSE_OUTSIDE, (queue.name,)).fetchall())
            continue
        hours = parse_hours(queue.options.hours, queue.options.zone) if queue.options.hours else None
        if hours is not None and (closes_at := hours.closes_at(context.now)) is not None:
            changes.append(closes_at)
        if resting:
            resumed += map(job_of, db.execute(_RESUME_INSIDE, (queue.name,)).fetchall())
    return tuple(paused), tuple(resumed), changes


def _candidate(now: datetime, row: sqlite3.Row) -> Candidate:
    job_id, queue, priority, place, held, text, kind, stored_time, retry_wait, again, *rest = row
    options, schedule_id, at_once, waited = rest
    not_before = time_of(stored_time)
    if retry_wait and not_before is not None:
        not_before = wait_ends_at(retry_wait, not_before, now)
    return Candidate(
        id=job_id,
        queue=queue,
        priority=priority,
        place=place,
        at_once=bool(at_once),
        held=bool(held),
        hold_reason=Reason.stored(text, kind) if text else NO_REASON,
        not_before=not_before,
        again=bool(again),
        waited=_waited(waited),
        options=options_from_json(options),
        schedule_id=schedule_id,
    )


def _waited(stored: str) -> tuple[Dependency, ...]:
    if stored == "[]":
        return ()
    return tuple(
        Dependency(job_id=job_id, outcome=Outcome(outcome), state=None if state is None else State(state))
        for job_id, outcome, state in json.loads(stored)
    )
