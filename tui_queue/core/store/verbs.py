"""The verbs for pending, running and ended jobs: to which each applies, and what it changes in one transaction."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from tui_queue.core.errors import WrongStateError
from tui_queue.core.model.job import Job, Pause, State
from tui_queue.core.model.leftover import processes_text
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.model.selection import Done, Left, Selection, Verb
from tui_queue.core.store.chosen import choose
from tui_queue.core.store.leftovers import all_leftovers, end_leftovers, ended_with_leftovers
from tui_queue.core.store.rows import CANCELLED_VALUES, job_of, microseconds

_ALIVE = (State.PENDING, State.RUNNING)
_ENDED = tuple(state for state in State if state.ended)

_CANCEL = """
    UPDATE jobs SET
        cancel_requested = 1,
        reason      = CASE state WHEN 'pending' THEN :cancelled ELSE reason END,
        reason_kind = CASE state WHEN 'pending' THEN :cancelled_kind ELSE reason_kind END,
        finished_at = CASE state WHEN 'pending' THEN :now ELSE finished_at END,
        state       = CASE state WHEN 'pending' THEN 'cancelled' ELSE state END
    WHERE id = :id RETURNING *"""

_RETRY_ENDED = """
    UPDATE jobs SET state = 'pending', reason = '', reason_kind = '', exit_code = NULL, signal = NULL, devices = '{}',
        started_at = NULL, finished_at = NULL, cancel_requested = 0, held = 0, not_before = NULL, retry_wait = '',
        first_attempt = attempt + 1, at_once = 0
    WHERE id = :id RETURNING *"""

_RETRY_NOW = "UPDATE jobs SET not_before = NULL WHERE id = :id RETURNING *"

_UNCANCEL = """
    UPDATE jobs SET state = 'pending', reason = '', reason_kind = '', finished_at = NULL, cancel_requested = 0,
        at_once = 0
    WHERE id = :id RETURNING *"""

# As released, also in a paused or full queue.
_START = """
    UPDATE jobs SET at_once = 1, held = 0, reason = '', reason_kind = '', not_before = NULL, retry_wait = '',
        after = CASE WHEN :unmet THEN '[]' ELSE after END
    WHERE id = :id RETURNING *"""

_GO_ON = "UPDATE jobs SET paused = '', at_once = 1 WHERE id = :id RETURNING *"  # outside the hours of its queue too
_HOLD = "UPDATE jobs SET held = 1, at_once = 0, reason = '', reason_kind = '' WHERE id = :id RETURNING *"
_RESUME = "UPDATE jobs SET paused = '' WHERE id = :id RETURNING *"

# What it was held for can't come any more: released it waits for that no longer. Nor for the next try of its start.
_RELEASE = """
    UPDATE jobs SET held = 0, reason = '', reason_kind = '',
        not_before = CASE reason_kind WHEN 'shortage' THEN NULL ELSE not_before END,
        after = CASE WHEN :unmet THEN '[]' ELSE after END
    WHERE id = :id RETURNING *"""

_WAITED_FOR = """
    SELECT json_extract(value, '$[0]'), jobs.id FROM jobs INDEXED BY jobs_waiting, json_each(after)
    WHERE state = 'pending' AND after <> '[]' ORDER BY jobs.id DESC"""

_ALL = "id IN (SELECT value FROM json_each(:ids))"

_RETRY_REFUSAL = "is {state}; retry applies to jobs that have ended or wait for their next attempt. Cancel it first"


class _Rule(Struct, frozen=True, kw_only=True):
    """How a verb is done to one job by a ``statement``.

    - ``states`` are those that it applies to; a job in another one is refused with ``refusal`` if it was named singly.
    - ``usual``: what `--all` stands for, in SQL.
    - ``reaches_leftovers``: it applies to ended jobs too whose runs have left processes.
    - ``ends_leftovers``: it has what runs of the job have left ended.
    - An empty ``statement`` changes nothing of the job itself.
    - ``needless`` says why it would change nothing of a job, if so; ``unfit`` why it does not apply in these states.
    """

    states: Collection[State]
    refusal: str
    usual: str = "TRUE"
    statement: Callable[[Job], str] = lambda _: ""
    reaches_leftovers: bool = False
    ends_leftovers: bool = False
    needless: Callable[[Job], Left | None] = lambda _: None
    unfit: Callable[[Job], Left | None] = lambda _: None


def _state_of(job: Job) -> Left:
    """Return why a verb for other states leaves a job as it is."""
    if job.state.ended:
        return Left.ENDED
    return Left.STARTING if job.is_claimed else Left.PENDING if job.state is State.PENDING else Left.RUNNING


def _not_to_be_retried(job: Job) -> Left | None:
    return None if job.state.ended or job.waits_again else Left.PENDING


def _not_to_be_started(job: Job) -> Left | None:
    return None if job.state is State.PENDING or job.paused else _state_of(job)


def _not_held(job: Job) -> Left | None:
    return None if job.held or job.reason.kind is ReasonKind.SHORTAGE else Left.NOT_HELD


RULES: Mapping[Verb, _Rule] = {
    Verb.CANCEL: _Rule(
        states=_ALIVE,
        refusal="has ended already ({state}); there is nothing to cancel",
        statement=lambda job: "" if job.state.ended else _CANCEL,
        reaches_leftovers=True,
        ends_leftovers=True,
    ),
    Verb.RETRY: _Rule(
        states=(*_ENDED, State.PENDING),
        refusal=_RETRY_REFUSAL,
        usual="state IN ('failed', 'cancelled')",
        statement=lambda job: _RETRY_NOW if job.waits_again else _RETRY_ENDED,
        ends_leftovers=True,
        unfit=_not_to_be_retried,
    ),
    Verb.START: _Rule(
        states=_ALIVE,
        refusal="is {state}; start applies to jobs that are pending or paused. Retry one that has ended",
        statement=lambda job: _START if job.state is State.PENDING else _GO_ON,
        unfit=_not_to_be_started,
    ),
    Verb.UNCANCEL: _Rule(
        states=(State.CANCELLED,),
        refusal="is {state}, or had begun; only a job that was cancelled while it was pending is put back as it was",
        statement=lambda _: _UNCANCEL,
        unfit=lambda job: None if job.started_at is None else Left.ENDED,
    ),
    Verb.REMOVE: _Rule(
        states=_ENDED,
        refusal="is {state}; remove applies to jobs that have ended. Cancel it first, or do both with --cancel",
        statement=lambda _: "DELETE FROM jobs WHERE id = :id RETURNING *",
        usual="finished_at IS NOT NULL",
    ),
    Verb.HOLD: _Rule(
        states=(State.PENDING,),
        refusal="is {state}; only a pending job can be held",
        statement=lambda _: _HOLD,
        usual="held = 0",
        needless=lambda job: Left.HELD if job.held else None,
    ),
    Verb.RELEASE: _Rule(
        states=(State.PENDING,),
        refusal="is {state}; only a pending job can be released",
        statement=lambda _: _RELEASE,
        usual="held = 1",
        needless=_not_held,
    ),
    Verb.PAUSE: _Rule(
        states=(State.RUNNING,),
        refusal="is {state}; only a running job can be paused. Hold a pending one",
        statement=lambda _: "UPDATE jobs SET paused = :pause WHERE id = :id RETURNING *",
        usual="paused = ''",
        needless=lambda job: Left.PAUSED if job.paused else None,
    ),
    Verb.RESUME: _Rule(
        states=(State.RUNNING,),
        refusal="is {state}; only a running job can be resumed. Release a pending one",
        statement=lambda _: _RESUME,
        usual="paused <> ''",
        needless=lambda job: None if job.paused else Left.NOT_PAUSED,
    ),
    Verb.MOVE: _Rule(
        states=(State.PENDING,),
        refusal="is {state}; only pending jobs have a place in the queue",
    ),
    Verb.SIGNAL: _Rule(
        states=(State.RUNNING,),
        refusal="is {state}; only a running job can get a signal",
        reaches_leftovers=True,
        unfit=lambda job: Left.STARTING if job.is_claimed else None,
    ),
}


def plan(db: sqlite3.Connection, verb: Verb, selection: Selection) -> Done:
    """Return to which jobs a verb would be done, as they are, and how many it would leave.

    Raises NoSuchJobError and WrongStateError for a job that was named singly.
    """
    rule = RULES[verb]
    running_on = ended_with_leftovers(db) if rule.reaches_leftovers or verb is Verb.REMOVE else {}
    also = tuple(running_on) if rule.reaches_leftovers else ()
    chosen = choose(db, selection, rule.states, _usual(rule, also), also)
    waits_for = dict(db.execute(_WAITED_FOR).fetchall()) if verb is Verb.REMOVE else {}
    jobs: list[Job] = []
    left, unchanged = Counter(chosen.left), {}
    for job in chosen.jobs:
        why = None if job.id in also else _obstacle(rule, job, waits_for, running_on)
        if why is not None and job.id in chosen.singly:
            raise WrongStateError(_refusal(rule, job, why, waits_for, running_on))
        if why is None and verb is Verb.RETRY and selection.everything and job.held:
            why = Left.CANCELLED_HELD
        if why is None and (why := rule.needless(job)) is not None and job.id in chosen.singly:
            unchanged[job.id] = why
            jobs.append(job)
        elif why is None:
            jobs.append(job)
        if why is not None:
            left[why] += 1
    return Done(jobs=jobs, left=left, unchanged=unchanged)


def _usual(rule: _Rule, also: Sequence[int]) -> str:
    """Return the condition in SQL for what `--all` stands for."""
    if rule.states is _ENDED:
        return rule.usual
    usual = f"{rule.usual} AND state IN ({', '.join(repr(state.value) for state in rule.states)})"
    return f"({usual} OR id IN ({', '.join(map(str, also))}))" if also else usual


def _obstacle(rule: _Rule, job: Job, waits_for: Mapping[int, int], running_on: Mapping[int, int]) -> Left | None:
    if job.state not in rule.states:
        return _state_of(job)
    if (why := rule.unfit(job)) is not None:
        return why
    if job.id in running_on:
        return Left.LEFTOVERS
    return Left.AWAITED if job.id in waits_for else None


def _refusal(rule: _Rule, job: Job, why: Left, waits_for: Mapping[int, int], running_on: Mapping[int, int]) -> str:
    if why is Left.AWAITED:
        return f"Job {waits_for[job.id]} waits for job {job.id}; change or cancel that one first."
    if why is Left.LEFTOVERS:
        count = processes_text(running_on[job.id])
        return f"Job {job.id} has left {count} running; cancel it to end that, then remove it."
    return f"Job {job.id} {rule.refusal.format(state=job.state_word)}."


def act(db: sqlite3.Connection, verb: Verb, selection: Selection, now: datetime, pause: Pause = Pause.USER) -> Done:
    """Do a verb to the jobs of a selection that it applies to; return them as they are then. Raises as ``plan``."""
    planned = plan(db, verb, selection)
    return Done(jobs=done_to(db, verb, planned.jobs, now, pause), left=planned.left, unchanged=planned.unchanged)


def done_to(
    db: sqlite3.Connection, verb: Verb, jobs: Sequence[Job], now: datetime, pause: Pause = Pause.USER
) -> list[Job]:
    """Do a verb to these jobs, which it applies to; return them as they are then."""
    rule = RULES[verb]
    if rule.ends_leftovers:
        for job_id in {left.job_id for left in all_leftovers(db)} & {job.id for job in jobs}:
            end_leftovers(db, job_id)
    alike: dict[tuple[str, bool], list[int]] = {}  # a statement for all jobs that it is the same for
    for job in jobs:
        if statement := rule.statement(job):
            alike.setdefault((statement, job.reason.kind is ReasonKind.UNMET), []).append(job.id)
    changed: dict[int, Job] = {}
    for (statement, unmet), ids in alike.items():
        values = {"ids": json.dumps(ids), "now": microseconds(now), "pause": pause, "unmet": unmet, **CANCELLED_VALUES}
        for row in db.execute(statement.replace("id = :id", _ALL), values):
            changed[row["id"]] = job_of(row)
    return [changed.get(job.id, job) for job in jobs]
