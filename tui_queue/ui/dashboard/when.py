"""When something happens to a job, in words from now: how long it may take yet, when it begins, how long ago it ended.

The words are rough, so that a row seldom changes: each change is sent to the terminal.
"""

from datetime import UTC, datetime

from rich.text import Text

from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.units.durations import duration
from tui_queue.ui.dashboard.cells import cell
from tui_queue.ui.dashboard.states import is_quiet, look_of

KEPT_S = 58.0  # for which words stay, also when a forecast changes: nearly the minute after which all are told anew
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_AGO = (45, 30, 20, 15, 10, 5)  # minutes that are told apart: a row of an ended job that rests changes six times
_FAR_DAYS = 7  # from which a day is named
_KEPT = 1000  # jobs whose words are kept


class When:
    """The words about each job; those that rest on a forecast stay for a minute, while that goes up and down."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Job, float, str]] = {}

    def cell(self, job: Job, forecast: Forecast | None, now: datetime, starts: datetime | None = None) -> Text:
        """Return the cell of a job; ``starts`` is when one that waits for a slot may get it."""
        if job.state.ended:
            return cell(ago(job.finished_at, now), "muted")
        if job.state is State.PENDING:
            words = until(job.not_before, now) or self._keep(job, until(starts, now, sure=False), now)
            return cell(words, look_of(job).style)
        return cell("" if job.cancel_requested else self._keep(job, left(forecast), now), "bar")

    def _keep(self, job: Job, words: str, now: datetime) -> str:
        """Return the words of a job, or those before, if they are young."""
        known = self._kept.get(job.id)
        if known is not None and known[0] == job and 0 <= now.timestamp() - known[1] < KEPT_S:
            return known[2]
        if len(self._kept) > _KEPT:
            self._kept.clear()
        if words:
            self._kept[job.id] = job, now.timestamp(), words
        return words


def left(forecast: Forecast | None) -> str:
    """Return how long a running job may take yet; with ``~`` where earlier runs tell it and not the job itself."""
    if forecast is None or forecast.remaining_s is None:
        return ""
    sure = forecast.fraction is not None
    return f"{'' if sure else '~'}{rough(forecast.remaining_s, sure=sure)} left"


def until(at: datetime | None, now: datetime, *, sure: bool = True) -> str:
    """Return when a job that waits begins; empty where that is not known, or is over."""
    if at is None or at <= now:
        return ""
    seconds = (at - now).total_seconds()
    return f"in {'' if sure else '~'}{rough(seconds, sure=sure)}" if seconds < _FAR_DAYS * _DAY else day(at, now)


def ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago something was: ``<5m ago``, ``20m ago``, ``2h ago``, ``yesterday``, ``Nov 28``."""
    if at is None:
        return ""
    seconds = max(0.0, (now - at).total_seconds())
    if seconds < _HOUR:
        minutes = next((step for step in _AGO if seconds >= step * _MINUTE), 0)
        return f"{minutes}m ago" if minutes else "<5m ago"
    days = (now.astimezone().date() - at.astimezone().date()).days
    if days == 0 or seconds < _DAY / 4:
        return f"{seconds // _HOUR:.0f}h ago"
    return "yesterday" if days == 1 else day(at, now)


def day(at: datetime, now: datetime) -> str:
    """Return the day, with the year where that is another one."""
    local = at.astimezone()
    return f"{local:%b} {local.day}" if local.year == now.astimezone().year else f"{local:%b %Y}"


def rough(seconds: float, *, sure: bool = True) -> str:
    """Return a span without its seconds, in whole hours where it is long, or long and not ``sure``."""
    if seconds < _MINUTE:
        return "<1m"
    minutes = round(seconds / _MINUTE)
    if minutes < 60 or (not sure and minutes < 100):
        return f"{minutes}m"
    if seconds >= 2 * _DAY:
        return f"{seconds / _DAY:.0f}d"
    if seconds >= 10 * _HOUR or not sure:
        return f"{seconds / _HOUR:.0f}h"
    return f"{minutes // 60}h{minutes % 60:02}m"


def took_cell(job: Job, now: datetime | None = None) -> Text:
    """Return how long a run has taken: in minutes while it runs, so that its row seldom changes."""
    seconds = job.elapsed_s(now or datetime.now(UTC))
    if seconds is None:
        return Text()
    words = duration(seconds)
    if not job.state.ended and seconds < _MINUTE:
        words = "<1m"
    elif seconds < _HOUR and (not job.state.ended or seconds >= 10 * _MINUTE):
        words = f"{seconds // _MINUTE:.0f}m"
    return cell(words, "muted" if is_quiet(job) else "")
