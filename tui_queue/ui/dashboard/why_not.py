"""Says why a key does not apply to the chosen jobs, and which key does; pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tui_queue.core.model.job import Job, State

# Ids of bindings stand for their keys.
NO_JOB = "No job is here; {job.add} adds one."
NO_LOG = "The log is hidden; {log.split} shows it."
WHOLE_LOG = "The log has the whole screen; {log.zoom} takes it back."

_RETRY = "has ended; {job.retry} retries it."
_CAN = {
    "cancel": "be cancelled",
    "retry": "be retried",
    "start_now": "be started",
    "hold": "be held",
    "pause": "be paused",
    "move": "be moved",
    "signal": "get a signal",
    "page": "show output",
}
# By action and what the job does: what is said of it. Without a line for that, it is that of any job.
_SAID: Mapping[str, Mapping[str, str]] = {
    "cancel": {"": _RETRY},
    "retry": {
        "running": "is running; {job.cancel} cancels it first.",
        "starting": "is starting; {job.cancel} cancels it first.",
        "held": "is held; {job.hold} releases it.",
        "pending": "waits for its start; {job.start} starts it now.",
    },
    "start_now": {"running": "is running already.", "starting": "is starting.", "": _RETRY},
    "hold": {"running": "is running; {job.pause} pauses it.", "starting": "is starting.", "": _RETRY},
    "pause": {
        "held": "is held, and does not run.",
        "pending": "does not run yet; {job.hold} holds it.",
        "starting": "is starting; wait until it runs.",
        "": _RETRY,
    },
    "move": {
        "running": "is running; only jobs that wait have a place.",
        "starting": "is starting; only jobs that wait have a place.",
        "": "has ended; only jobs that wait have a place.",
    },
    "signal": {
        "pending": "does not run yet; no process of it can get a signal.",
        "held": "is held; no process of it can get a signal.",
        "starting": "is starting; no process of it can get a signal yet.",
        "": "has ended; no process of it is left.",
    },
    "page": {"": "has no output yet."},
}


def why_not(action: str, jobs: Sequence[Job], applies: Callable[[Job], bool]) -> str:
    """Return why an action is for none of these jobs; ids of bindings stand for their keys. Empty where it is."""
    if not jobs:
        return NO_JOB
    if action not in _SAID or any(map(applies, jobs)):
        return ""
    if len(jobs) == 1:
        said = _SAID[action]
        return f"Job {jobs[0].id} {said.get(_does(jobs[0]), said.get('', 'does not allow that.'))}"
    counts = Counter(map(_does, jobs))
    are = ", ".join(f"{number:,} {'ended' if state == 'ended' else f'{state}'}" for state, number in counts.items())
    return f"None of the {len(jobs):,} selected jobs can {_CAN[action]}: {are}."


def _does(job: Job) -> str:
    if job.state.ended:
        return "ended"
    if job.is_claimed:
        return "starting"
    return "held" if job.state is State.PENDING and job.held else str(job.state)
