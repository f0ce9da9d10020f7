"""The texts of notifications, and the environment of a hook; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_queue.core.model.command_line import command_line
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import BatchEnd, Event
from tui_queue.core.system.environment import minimal
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.core.policy.start_failures import Hampered

NO_JOB_STARTS = "No job can start"
TERMINALS = ("auto", "osc9", "osc777", "osc99", "bell", "off")  # ways to tell it that something has happened


def title(job: Job, event: Event) -> str:
    """Return the news in a few words."""
    what = {Event.ENDED: str(job.state), Event.SILENT: "is silent", Event.ASKS: "was interrupted"}[event]
    return f"Job {job.id} {what}: {printable(job.name)}"


def body(job: Job, event: Event) -> str:
    """Return what else there is to know, in one line."""
    if event is Event.SILENT:
        return f"It has printed nothing for {duration(job.options.silence_s)}."
    if event is Event.ASKS:
        return "Release runs it again, cancel leaves it."
    took = duration(job.elapsed_s(datetime.now(UTC)))
    return f"{printable(job.reason)}{f' after {took}' if took else ''}"


def of_start(hampered: "Hampered") -> tuple[str, str]:
    """Return what keeps jobs from starting in a few words, and what else there is to know in one line."""
    job = hampered.job
    what = printable(hampered.what)
    if hampered.held:
        return f"Job {job.id} is held: {printable(job.name)}", f"It can't start: {what}. Release tries it again."
    who = NO_JOB_STARTS if hampered.everyone else f"Job {job.id} can't start: {printable(job.name)}"
    return who, f"{what[:1].upper()}{what[1:]}. The start is tried again, at least every five minutes."


def of_several(jobs: Sequence[Job]) -> tuple[str, str]:
    """Return that several jobs have ended in a few words, and how, in one line."""
    counts = _counts(Counter(job.state for job in jobs))
    failed = next((job for job in jobs if job.state is State.FAILED), None)
    return f"{len(jobs):,} jobs have ended: {counts}", f"{counts}{_first_failed(failed)}"


def of_batch(end: BatchEnd) -> tuple[str, str]:
    """Return that a batch has ended in a few words, and how, in one line."""
    counts = _counts(end.counts)
    return f"Batch {printable(end.name)} has ended: {counts}", f"{counts}{_first_failed(end.first_failed)}"


def _counts(counts: Mapping[State, int]) -> str:
    return ", ".join(f"{counts[state]:,} {state}" for state in State if counts.get(state))


def _first_failed(job: Job | None) -> str:
    return "" if job is None else f"; first failed: job {job.id}, {printable(job.name)}: {printable(job.reason)}"


def mail(job: Job, text: str, log: str | None) -> str:
    """Return the text of a mail."""
    lines = {
        "Job": f"{job.id}, {job.name}",
        "Command": command_line(job),
        "Directory": job.cwd,
        "Queue": job.queue,
        "Batch": job.batch,
        "Attempt": str(job.attempt),
        "Started": _time(job.started_at),
        "Ended": _time(job.finished_at),
        "Output": log or "",
    }
    told = "".join(f"{label:<11}{printable(line)}\n" for label, line in lines.items() if line)
    return f"{text}\n\n{told}"


def with_headings(heading: str, addresses: Sequence[str], text: str) -> bytes:
    """Return a mail as sendmail reads it."""
    from email.message import EmailMessage  # noqa: PLC0415 - takes long, and few jobs need it

    made = EmailMessage()
    made["Subject"], made["To"] = heading, ", ".join(addresses)
    made.set_content(text, cte="8bit")
    return made.as_bytes(policy=made.policy.clone(max_line_length=998, cte_type="8bit"))


def environment(job: Job, event: str, heading: str, text: str, log: str | None) -> Mapping[str, str]:
    """Return what a hook finds about a job; times are ISO 8601, what is not known is empty."""
    # Not TUI_QUEUE_LOG: that marks the processes of a run, which its end ends.
    return {
        "TUI_QUEUE_EVENT": event,
        "TUI_QUEUE_TITLE": heading,
        "TUI_QUEUE_TEXT": text,
        "TUI_QUEUE_JOB": str(job.id),
        "TUI_QUEUE_UUID": job.uuid,
        "TUI_QUEUE_NAME": job.name,
        "TUI_QUEUE_STATE": job.state,
        "TUI_QUEUE_REASON": job.reason,
        "TUI_QUEUE_EXIT_CODE": "" if job.exit_code is None else str(job.exit_code),
        "TUI_QUEUE_SIGNAL": "" if job.signal is None else str(job.signal),
        "TUI_QUEUE_ATTEMPT": str(job.attempt),
        "TUI_QUEUE_QUEUE": job.queue,
        "TUI_QUEUE_BATCH": job.batch,
        "TUI_QUEUE_COMMAND": command_line(job),
        "TUI_QUEUE_DIRECTORY": job.cwd,
        "TUI_QUEUE_STARTED": _time(job.started_at),
        "TUI_QUEUE_ENDED": _time(job.finished_at),
        "TUI_QUEUE_OUTPUT": log or "",
    }


def for_hook(variables: Mapping[str, str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Return the environment of a hook: a minimal one, what the settings ``keep``, and ``variables`` about the job."""
    return minimal(keep=("TUI_QUEUE_HOME", *keep)) | dict(variables)


def _time(time: datetime | None) -> str:
    return "" if time is None else time.astimezone().isoformat()
