"""Detects what has happened to jobs between two overviews of the queue."""

from datetime import UTC, datetime

from msgspec import Struct

from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import Channels, Event
from tui_queue.core.model.options import Notify
from tui_queue.core.model.overview import Overview
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.notifications import message
from tui_queue.core.units.printable import printable

NEVER = datetime.min.replace(tzinfo=UTC)


class TerminalNotification(Struct, frozen=True):
    """What has happened to a job, or to all of them (number 0): a heading, and one more line."""

    job_id: int
    heading: str
    text: str


class NotificationDetector:
    """Compares each overview of the queue with the one before."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._before: dict[int, Job] = {}
        self._latest: datetime | None = None  # when the job ended that had ended last
        self._hampered: bool | None = None  # whether no job could start; not known yet

    def detect(self, overview: Overview) -> list[TerminalNotification]:
        """Return what has happened since the last call, as far as the user wants to be notified of it."""
        found = [(job, event) for job in overview.jobs if (event := self._event(job)) is not None]
        self._before = {job.id: job for job in overview.jobs}
        ends = [job.finished_at for job in overview.jobs if job.finished_at is not None]
        self._latest = max([*ends, self._latest or NEVER])
        wanted = ((job, event) for job, event in found if self._channels.wants(job, event))
        return self._of_shortage(overview) + [
            TerminalNotification(job.id, message.title(job, event), message.body(job, event)) for job, event in wanted
        ]

    def _event(self, job: Job) -> Event | None:
        if (before := self._before.get(job.id)) is not None:
            return None if before is job else _event(before, job)
        # One that was added since, or was not loaded, and has ended: it was never seen to run.
        is_new = self._latest is not None and job.finished_at is not None and job.finished_at > self._latest
        return Event.ENDED if is_new and job.started_at is not None else None

    def _of_shortage(self, overview: Overview) -> list[TerminalNotification]:
        before, self._hampered = self._hampered, bool(overview.shortage)
        if before is not False or not self._hampered or self._channels.on is Notify.NEVER:
            return []
        return [TerminalNotification(0, message.NO_JOB_STARTS, printable(overview.shortage))]


def _event(before: Job, now: Job) -> Event | None:
    if now.state.ended and not before.state.ended:
        # The user who cancels a pending job needs no notification of it.
        return None if now.state is State.CANCELLED and before.state is State.PENDING else Event.ENDED
    if _is_silent(now) and not _is_silent(before):
        return Event.SILENT
    if now.held and now.reason.kind is ReasonKind.ASKS and before.reason.kind is not ReasonKind.ASKS:
        return Event.ASKS
    return None


def _is_silent(job: Job) -> bool:
    return job.state is State.RUNNING and job.reason.kind is ReasonKind.SILENT
