"""The cells of tables: how states, reasons, forecasts and times are shown; pure."""

from datetime import UTC, datetime, timedelta

from rich.text import Text

from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.leftover import processes_text
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.states import look_of

# Join or vary emoji; the width depends on the terminal.
_UNSURE = str.maketrans("", "", "\u200d\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_OUT_OF_MEMORY = "out of memory"  # as the reason has it
SIGN_ALONE_BELOW = 60  # cells of a pane that has no room for the words of states
_LIT, _HALF, _REST = "━", "╸", "─"  # of a bar


def cell(text: str, style: str = "") -> Text:
    """Return any text as one line without markup or control characters, whose width is the same in all terminals."""
    return Text(printable(text).translate(_UNSURE), style=style, no_wrap=True, overflow="ellipsis")


def state_cell(job: Job, width: int) -> Text:
    """Return sign and word of a job's state for a pane of this width; a narrow one has room for the sign alone."""
    look = look_of(job)
    return cell(look.words(width) if width >= SIGN_ALONE_BELOW else look.sign, look.style)


def why_cell(job: Job, forecast: Forecast | None, width: int) -> Text:
    """Return how far a job has come, why it waits, or what it died of, in few characters."""
    if job.state is State.PENDING:
        return cell(_without_day(job), look_of(job).style)
    if job.state is State.RUNNING:
        return cell(job.reason, "worry") if job.reason else progress_cell(forecast, width)
    left = f"{processes_text(job.processes_left)} left" if job.processes_left else ""
    return cell(", ".join(filter(None, [_end(job), left])), "cause" if job.state is State.FAILED else "muted")


def _end(job: Job) -> str:
    """Return how a job has ended, where that is not what its state says."""
    if job.state is State.CANCELLED:
        return job.reason.removeprefix("cancelled ")
    if job.state is State.COMPLETED:
        return f"exit {job.exit_code}" if job.exit_code else ""
    if job.signal is not None and _OUT_OF_MEMORY in job.reason:
        return f"{_OUT_OF_MEMORY} ({128 + job.signal})"  # as a shell reports it
    return job.reason


def progress_cell(forecast: Forecast | None, width: int) -> Text:
    """Return a bar with the part that is done; empty where that is not known."""
    if forecast is None or forecast.fraction is None:
        return Text()
    words = f" {forecast.fraction:>4.0%}"
    lit, rest = bar(forecast.fraction, max(3, width - len(words) - 1))
    return Text.assemble((lit, "bar"), (rest, "rule"), (words, "bar"), no_wrap=True)


def bar(fraction: float, room: int) -> tuple[str, str]:
    """Return what is lit of a bar, to half a cell, and what rests; it is full only at the end."""
    halves = max(0, min(int(fraction * 2 * room + 0.5), 2 * room if fraction >= 1 else 2 * room - 1))
    lit = _LIT * (halves // 2) + _HALF * (halves % 2)
    return lit, _REST * (room - len(lit))


def _without_day(job: Job) -> str:
    """Return why a job waits, without the day of a time that is today, or less than a day away."""
    now = datetime.now(UTC)
    reason = job.reason.replace(f"{now.astimezone():%Y-%m-%d} ", "")
    at = job.not_before
    return reason.replace(f"{at.astimezone():%Y-%m-%d} ", "") if at and at - now < timedelta(days=1) else reason


def short_time(at: datetime | None, now: datetime) -> str:
    """Return the local time of day, or the day where it is not today; empty for None."""
    if at is None:
        return ""
    local = at.astimezone()
    today = now.astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%b %d}"


def headline(job: Job, width: int, now: datetime | None = None) -> Text:
    """Return one line about a job for a screen of this width: number, name, state with its reason, time taken."""
    look = look_of(job)
    reason = "" if job.state in (State.COMPLETED, State.CANCELLED) else job.reason
    state = f"{look.words(width)}{job.left_text}", look.style
    words = Text.assemble((f"  {job.id} ", "bold"), printable(job.name), "  ", state, no_wrap=True)
    if reason:
        words.append(f" · {printable(reason)}", look.style)
    if (taken := job.elapsed_s(now or datetime.now(UTC))) is not None and job.state.ended:
        words.append(f" · {duration(taken)}")
    if job.attempt > 1:
        words.append(f" · attempt {job.attempt}")
    return words
