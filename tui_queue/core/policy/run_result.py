"""What the end of a run means for its job: its state, its reason, and whether there is another attempt. Pure."""

from datetime import datetime, timedelta

from msgspec import Struct

from tui_queue.core.model.job import Job, RunEnd, State
from tui_queue.core.model.options import JobOptions, Lost
from tui_queue.core.model.queue import QueueOptions
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.units.durations import LONGEST_S, duration
from tui_queue.core.units.signals import signal_name


class NextAttempt(Struct, frozen=True, kw_only=True):
    """That a job is to have another attempt, ``delay_s`` from now; ``reason`` is why it is held, if it is."""

    delay_s: float = 0.0
    not_before: datetime | None = None
    held: bool = False
    reason: Reason = NO_REASON


ASKED = NextAttempt(held=True, reason=Reason.of(ReasonKind.ASKS))  # the user decides


def result_of(end: RunEnd, options: JobOptions) -> tuple[State, Reason]:
    """Return the final state that an end means, and its reason."""
    left = f"; could not be ended: {', '.join(map(str, end.survivors))}" if end.survivors else ""
    if end.silent:
        return State.FAILED, Reason.of(ReasonKind.SILENT, span=duration(options.silence_s), survivors=left)
    if end.log_full:
        return State.FAILED, Reason.of(ReasonKind.LOG_FULL, survivors=left)
    if end.timed_out:
        return State.FAILED, Reason.of(ReasonKind.TIMEOUT, survivors=left)
    if end.cancelled:
        return State.CANCELLED, Reason.of(ReasonKind.CANCELLED, survivors=left)
    if end.error is not None:
        if end.error:
            return State.FAILED, Reason.of(ReasonKind.NOT_STARTED, error=end.error)
        return State.FAILED, Reason.of(ReasonKind.LOST, detail="outcome unknown")
    if end.signal is not None:
        memory = ", out of memory" if end.oom else ""
        return State.FAILED, Reason.of(ReasonKind.SIGNAL, signal=f"{end.signal} ({signal_name(end.signal)}{memory})")
    if end.exit_code and end.exit_code not in options.success_codes:
        return State.FAILED, Reason.of(ReasonKind.EXIT, code=end.exit_code)
    return State.COMPLETED, Reason.of(ReasonKind.EXIT, code=end.exit_code or 0)


def next_attempt(job: Job, state: State, end: RunEnd, queue: QueueOptions, now: datetime) -> NextAttempt | None:
    """Return whether a job whose run has ended so is to have another attempt."""
    if state is not State.FAILED:
        return None
    if end.error == "":
        return _after_a_loss(job, queue, now)
    options = job.options
    done = job.attempt - job.first_attempt
    if done >= options.retries or (options.retry_on and end.exit_code not in options.retry_on):
        return None
    delay = min(options.retry_delay_s * options.retry_growth**done, LONGEST_S)
    return NextAttempt(delay_s=delay, not_before=now + timedelta(seconds=delay) if delay else None)


def _after_a_loss(job: Job, queue: QueueOptions, now: datetime) -> NextAttempt | None:
    """It is unknown what that attempt has done: only where the job or its queue says so there is another one."""
    wish, age_s = queue.lost, queue.lost_age_s
    if job.options.lost is not None:
        wish, age_s = job.options.lost, job.options.lost_age_s
    if wish is Lost.LEAVE or (age_s and job.started_at is not None and now - job.started_at > timedelta(seconds=age_s)):
        return None
    if wish is Lost.ASK:
        return ASKED
    return NextAttempt()
