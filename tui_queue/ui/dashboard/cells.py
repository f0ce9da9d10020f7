"""What the queue's values look like on screen; pure."""

import shlex
from datetime import UTC, datetime

from rich.text import Text

from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable

SIGNS = {
    State.PENDING: ("○", "yellow"),
    State.RUNNING: ("▶", "bold green"),
    State.COMPLETED: ("✓", "green"),
    State.FAILED: ("✗", "bold red"),
    State.CANCELLED: ("–", "grey54"),
}
INTERRUPTED = ("!", "bold magenta")
_UNSURE = str.maketrans("", "", "\u200d\ufe0e\ufe0f")  # join or vary pictures; terminals differ in how wide those are
_BAR = 12  # cells that a bar takes at most


def cell(text: str, style: str = "") -> Text:
    """Return one line of text that can hold anything: no markup, no control characters, no doubt how wide it is."""
    return Text(printable(text).translate(_UNSURE), style=style, no_wrap=True, overflow="ellipsis")


def state_cell(job: Job) -> Text:
    """Return sign and word of a job's state; a running job that is being ended says so."""
    sign, style = sign_of(job)
    word = str(job.state)
    if job.state is State.RUNNING and job.cancel_requested:
        word = "cancelling"
    elif job.paused:
        sign, word, style = "‖", "paused", "white"
    elif job.held and job.state is State.PENDING:
        word, style = "held", "white"
    return cell(f"{sign} {word}", style)


def sign_of(job: Job) -> tuple[str, str]:
    """Return the sign and the colour that stand beside a job's state."""
    if job.state is State.FAILED and job.reason.kind is ReasonKind.LOST:
        return INTERRUPTED
    return SIGNS[job.state]


def exit_cell(job: Job, outlook: Forecast | None = None, width: int = 14) -> Text:
    """Return why a job waits, how far it has come, or how it ended, in few characters."""
    if job.state is State.PENDING:
        return cell(_without_today(job.reason), "yellow")
    if job.state is State.RUNNING:
        return cell(job.reason, "magenta") if job.reason else forecast_cell(outlook, width)
    if job.signal is not None:
        return cell(f"signal {job.signal}", sign_of(job)[1])
    if job.exit_code is not None:
        return cell(str(job.exit_code), "" if job.state is State.COMPLETED else sign_of(job)[1])
    return cell(job.reason if job.state is State.FAILED else "", sign_of(job)[1])


def forecast_cell(outlook: Forecast | None, width: int) -> Text:
    """Return a bar with the part that is done and the time to go, as far as they are known."""
    if outlook is None or (outlook.fraction is None and outlook.remaining_s is None):
        return Text()
    to_go = "" if outlook.remaining_s is None else _roughly(outlook.remaining_s)
    if outlook.fraction is None:
        return cell(f"{to_go} to go", "green")
    words = f" {outlook.fraction:>4.0%}{f' {to_go}' if to_go else ''}"
    room = max(3, min(_BAR, width - len(words)))
    done = min(int(outlook.fraction * room + 0.5), room if outlook.fraction == 1 else room - 1)
    return Text.assemble(("█" * done, "green"), ("░" * (room - done), "green"), words, no_wrap=True)


def _roughly(seconds: float) -> str:
    """Return a span of which the least part is left out, as a guess is none to the second."""
    return duration(seconds) if seconds < 60 else f"{seconds / 60:.0f}m" if seconds < 3600 else duration(seconds)


def _without_today(reason: str) -> str:
    return reason.replace(f"{datetime.now(UTC).astimezone():%Y-%m-%d} ", "")


def moment(at: datetime | None, now: datetime) -> str:
    """Return the local time of day, or the day where it is not today; empty for None."""
    if at is None:
        return ""
    local = at.astimezone()
    today = now.astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%b %d}"


def parameters(job: Job | JobDraft) -> str:
    """Return the parameters as a shell line."""
    return shlex.join(job.args)


def headline(job: Job, now: datetime | None = None) -> Text:
    """Return one line about a job: number, name, state with its reason, time taken."""
    sign, style = sign_of(job)
    reason = "" if job.state in (State.COMPLETED, State.CANCELLED) else job.reason
    words = Text.assemble(
        (f" {job.id} ", "bold"), printable(job.name), " ", (f"{sign} {job.state}", style), no_wrap=True
    )
    if reason:
        words.append(f" · {printable(reason)}", style)
    if (taken := job.elapsed_s(now or datetime.now(UTC))) is not None and job.state.ended:
        words.append(f" · {duration(taken)}")
    if job.attempt > 1:
        words.append(f" · attempt {job.attempt}")
    words.append(" ")
    return words
