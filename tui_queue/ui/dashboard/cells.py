"""The cells of tables: how states, reasons, forecasts and times are shown; pure."""

from datetime import UTC, datetime

from rich.text import Text

from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable

SIGNS = {
    State.PENDING: ("○", "wait"),
    State.RUNNING: ("▶", "run"),
    State.COMPLETED: ("✓", "done"),
    State.FAILED: ("✗", "fail"),
    State.CANCELLED: ("–", "cancel"),
}
INTERRUPTED = ("!", "fail")
# Join or vary emoji; the width depends on the terminal.
_UNSURE = str.maketrans("", "", "\u200d\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_BAR = 12  # cells that a bar takes at most


def cell(text: str, style: str = "") -> Text:
    """Return any text as one line without markup or control characters, whose width is the same in all terminals."""
    return Text(printable(text).translate(_UNSURE), style=style, no_wrap=True, overflow="ellipsis")


def state_cell(job: Job) -> Text:
    """Return sign and word of a job's state; a running job may be cancelling or paused, a pending one held."""
    sign, style = sign_of(job)
    word = str(job.state)
    if job.state is State.RUNNING and job.cancel_requested:
        word = "cancelling"
    elif job.paused:
        sign, word, style = "‖", "paused", "hold"
    elif job.held and job.state is State.PENDING:
        word, style = "held", "hold"
    return cell(f"{sign} {word}", style)


def sign_of(job: Job) -> tuple[str, str]:
    """Return the sign and the colour that stand beside a job's state."""
    if job.state is State.FAILED and job.reason.kind is ReasonKind.LOST:
        return INTERRUPTED
    return SIGNS[job.state]


def exit_cell(job: Job, forecast: Forecast | None = None, width: int = 14) -> Text:
    """Return why a job is pending, how far it has come, or how it ended, in few characters."""
    if job.state is State.PENDING:
        return cell(_without_today(job.reason), "wait")
    if job.state is State.RUNNING:
        return cell(job.reason, "worry") if job.reason else forecast_cell(forecast, width)
    left = f", {job.processes_left} left" if job.processes_left else ""
    if job.signal is not None:
        return cell(f"signal {job.signal}{left}", sign_of(job)[1])
    if job.exit_code is not None:
        return cell(f"{job.exit_code}{left}", "" if job.state is State.COMPLETED else sign_of(job)[1])
    how = job.reason if job.state is State.FAILED else ""
    return cell(f"{how}{left}".removeprefix(", "), sign_of(job)[1])


def forecast_cell(forecast: Forecast | None, width: int) -> Text:
    """Return a bar with the part that is done and the time to go, as far as they are known."""
    if forecast is None or (forecast.fraction is None and forecast.remaining_s is None):
        return Text()
    to_go = "" if forecast.remaining_s is None else _rough_duration(forecast.remaining_s)
    if forecast.fraction is None:
        return cell(f"{to_go} to go", "run")
    words = f" {forecast.fraction:>4.0%}{f' {to_go}' if to_go else ''}"
    room = max(3, min(_BAR, width - len(words)))
    done = min(int(forecast.fraction * room + 0.5), room if forecast.fraction == 1 else room - 1)
    return Text.assemble(("█" * done, "run"), ("░" * (room - done), "run"), words, no_wrap=True)


def _rough_duration(seconds: float) -> str:
    """Return a duration without its seconds from a minute on, as an estimate is not that exact."""
    return duration(seconds) if seconds < 60 else f"{seconds / 60:.0f}m" if seconds < 3600 else duration(seconds)


def _without_today(reason: str) -> str:
    return reason.replace(f"{datetime.now(UTC).astimezone():%Y-%m-%d} ", "")


def short_time(at: datetime | None, now: datetime) -> str:
    """Return the local time of day, or the day where it is not today; empty for None."""
    if at is None:
        return ""
    local = at.astimezone()
    today = now.astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%b %d}"


def headline(job: Job, now: datetime | None = None) -> Text:
    """Return one line about a job: number, name, state with its reason, time taken."""
    sign, style = sign_of(job)
    reason = "" if job.state in (State.COMPLETED, State.CANCELLED) else job.reason
    words = Text.assemble(
        (f" {job.id} ", "bold"), printable(job.name), " ", (f"{sign} {job.state}{job.left_text}", style), no_wrap=True
    )
    if reason:
        words.append(f" · {printable(reason)}", style)
    if (taken := job.elapsed_s(now or datetime.now(UTC))) is not None and job.state.ended:
        words.append(f" · {duration(taken)}")
    if job.attempt > 1:
        words.append(f" · attempt {job.attempt}")
    words.append(" ")
    return words
