"""The sentences of the dashboard about jobs; pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from tui_queue.core.model.command_line import command_line
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.leftover import processes_text
from tui_queue.core.model.overview import Overview
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.columns import NATURAL
from tui_queue.ui.keymap import with_keys

_ALL_ENDS = ("Every process it has started is ended.", "Every process they have started is ended.")
# Ids of bindings stand for their keys.
EMPTY = "The queue is empty. Press {job.add} to add a job."
NONE_LIKE_THAT = "No job is like that. Press {app.back} to show all."
_WAITS = {
    ReasonKind.SLOTS: "This job waits: all {slots} slots are in use. Press {queue.more} for more.",
    ReasonKind.NO_SLOTS: "This job waits: there are no slots. Press {queue.more} for one.",
    ReasonKind.HELD: "This job is held. Press {job.hold} to release it.",
    ReasonKind.QUEUE_PAUSED: "This job waits: its queue is paused.",
    ReasonKind.NO_SCHEDULER: "This job waits: no process schedules the queue.",
    ReasonKind.STARTING: "This job is about to start.",
    ReasonKind.CLAIMED: "This job is about to start.",
}


def stopping(running: int, pending: int, left: Sequence[Job] = ()) -> str:
    """Say what a cancel of these numbers of jobs does, and of ended ones that have ``left`` processes."""
    steps = [f"stop {count(running, 'running job')}"] if running else []
    if pending:
        steps.append(f"take out {count(pending, 'pending one' if running else 'pending job')}")
    if left:
        steps.append(f"end {processes_text(sum(job.processes_left for job in left))} that {named(left)} left")
    said = " and ".join(steps)
    return said[:1].upper() + said[1:]


def removing(jobs: Sequence[Job], alive: Sequence[Job]) -> str:
    """Ask whether jobs are to be removed; those that are ``alive``, or whose processes are, are cancelled first."""
    if not alive:
        return f"Remove {count(len(jobs), 'ended job')} and their logs?"
    left = [job for job in alive if job.state.ended]
    if len(jobs) == 1 and not left:
        return f"Cancel and remove {named(jobs)}?"
    running = sum(job.takes_slot for job in alive)
    which = "it" if len(jobs) == 1 else "them" if len(alive) == len(jobs) else f"all {len(jobs)}"
    return f"{stopping(running, len(alive) - running - len(left), left)}, and remove {which}?"


def was_removed(ids: Sequence[int]) -> str:
    """Say that jobs were removed, and which key brings them back; ids of bindings stand for their keys."""
    if len(ids) == 1:
        return f"Removed job {ids[0]} · {{job.undo}} restores it"
    return f"Removed {len(ids):,} jobs · {{job.undo}} restores them"


def kept(draft: JobDraft | None, *, single: bool) -> str:
    """Say that what was typed into a form comes back, and which key brings it; ids of bindings stand for their keys."""
    key = "job.add" if draft is None else "job.edit" if single else "job.clone"
    return f"What you typed is kept; {{{key}}} brings it back."


def has_run(running: Sequence[Job], now: datetime) -> str:
    """Say how long running jobs have run; there is at least one."""
    taken = duration(sum(job.elapsed_s(now) or 0 for job in running))
    return f"It has run for {taken}." if len(running) == 1 else f"They have run for {taken} in all."


def what_ends(running: Sequence[Job], now: datetime) -> str:
    """Say what a cancel of running jobs ends; empty without any."""
    return f"{has_run(running, now)} {_ALL_ENDS[len(running) > 1]}" if running else ""


def of(jobs: Sequence[Job]) -> str:
    """Return what a button calls one job, or several."""
    return f"job {jobs[0].id}" if len(jobs) == 1 else count(len(jobs), "job")


def processes_of(left: Sequence[Job]) -> str:
    """Return how many processes ended jobs have left."""
    return processes_text(sum(job.processes_left for job in left))


def count(how_many: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1."""
    return f"{how_many} {noun}{'' if how_many == 1 else 's'}"


def more_wait(unshown: int, at_once: int) -> str:
    """Say that not all pending jobs are shown, and which key shows ``at_once`` more; empty where all are."""
    if not unshown:
        return ""
    which = "them" if unshown <= at_once else f"the next {at_once:,}"
    return f"{unshown:,} more wait; {{table.bottom}} shows {which}"


def shown_of(overview: Overview, order: str, more: str) -> str:
    """Say how many of all jobs are shown, and in which order; or ``more``, if there is more to say."""
    shown, of_all = len(overview.jobs), sum(overview.counts.values())
    if not of_all:
        return "none yet"
    count_of = f"{shown:,}" if shown == of_all else f"{shown:,} of {of_all:,}"
    return f"{count_of} · {more or ('as they start' if order == NATURAL else f'by {order}')}"


def only_those_shown(selected: int, unshown: int, older: bool) -> str:
    """Say which jobs are not selected because they are not shown; empty where all are."""
    rest = [f"{unshown:,} more that wait"] if unshown else []
    rest += ["older ended ones"] if older else []
    return f"Selected the {selected:,} jobs that are shown, not {' nor '.join(rest)}." if rest else ""


def named(jobs: Sequence[Job]) -> str:
    """Return what a question calls one job, or several."""
    return f"job {jobs[0].id}, {jobs[0].name}" if len(jobs) == 1 else count(len(jobs), "job")


def one_at_a_time(how_many: int) -> str:
    """Say that a key is for one job where it applies to several; ids of bindings stand for their keys."""
    return f"That is for one job at a time; {how_many} of those selected could be meant. {{app.back}} selects none."


def in_place_of_output(job: Job, overview: Overview | None, keys: Mapping[str, str]) -> str:
    """Say why a job has no output; ``keys`` are those of each binding by its id."""
    if job.state is State.PENDING:
        if job.reason.remark or (words := _WAITS.get(job.reason.kind)) is None:
            return f"This job waits: {printable(job.reason)}."
        return with_keys(words, keys).replace("{slots}", str(_slots_of(job.queue, overview)))
    if job.state is State.RUNNING:
        return "No output yet."
    return f"No output; ended with: {printable(job.reason)}."


def _slots_of(name: str, overview: Overview | None) -> int:
    queues = {queue.name: queue.slots for queue in overview.queues} if overview else {}
    slots = queues.get(name)
    return slots if slots is not None else overview.default_slots if overview else 0


def window_title(overview: Overview) -> str:
    """Return the title of the terminal."""
    running, pending = overview.count(State.RUNNING), overview.count(State.PENDING)
    return f"{running} running, {pending} waiting" if running or pending else "tui-queue"


def copyable(jobs: Sequence[Job], log_path: Callable[[Job], str | None]) -> dict[str, tuple[str, str]]:
    """Return what can be copied of jobs, by the line that offers it: the text, and its name."""
    texts = {
        "number": [str(job.id) for job in jobs],
        "command": [command_line(job) for job in jobs],
        "log": [path for job in jobs if (path := log_path(job))],
        "directory": list(dict.fromkeys(job.cwd for job in jobs)),
        "UUID": [job.uuid for job in jobs],
    }
    separators = {"number": " "}
    return {
        f"{what:<10}{separators.get(what, '  ').join(lines)}": (separators.get(what, "\n").join(lines), f"the {what}")
        for what, lines in texts.items()
        if lines
    }
