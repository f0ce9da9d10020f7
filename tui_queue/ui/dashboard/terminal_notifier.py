"""Sends notifications of jobs to the terminal, and shows those of jobs out of view as toasts."""

from collections.abc import Callable, Sequence

from textual.screen import Screen

from tui_queue.core.model.notification import Channels
from tui_queue.core.model.overview import Overview
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.notifications import NotificationDetector, TerminalNotification

TOGETHER_S = 0.5  # notifications that come within it are sent as one
_TOAST_S = 5.0  # how long a toast stays on screen; one is shown at a time


class Collector:
    """Collects notifications for a moment, gives all of them to ``send``, and waits ``rest_s`` before the next.

    ``later`` calls back after a number of seconds.
    """

    def __init__(
        self,
        send: Callable[[Sequence[TerminalNotification]], None],
        later: Callable[[float, Callable[[], None]], object],
        *,
        rest_s: float = 0,
    ) -> None:
        self._send = send
        self._later = later
        self._rest_s = rest_s
        self._rests = False
        self._unsent: list[TerminalNotification] = []

    def add(self, notifications: Sequence[TerminalNotification]) -> None:
        """Send them soon."""
        if notifications and not self._unsent and not self._rests:
            self._later(TOGETHER_S, self._send_all)
        self._unsent += notifications

    def _send_all(self) -> None:
        notifications, self._unsent = self._unsent, []
        self._rests = bool(notifications) and self._rest_s > 0
        if self._rests:
            self._later(self._rest_s, self._send_all)
        if notifications:
            self._send(notifications)


class TerminalNotifier:
    """Notifies the user of what each overview shows to have happened since the one before."""

    def __init__(
        self, screen: Screen[None], table: JobTable, channels: Channels, announce: Callable[[str, str, str], None]
    ) -> None:
        """``announce`` sends a heading and a text to the terminal, in one of the ways that the settings name."""
        self._screen = screen
        self._table = table
        self._channels = channels
        self._announce = announce
        self._detector = NotificationDetector(channels)
        self._to_terminal = Collector(self._send_to_terminal, screen.set_timer)
        self._to_toasts = Collector(self._show_toast, screen.set_timer, rest_s=_TOAST_S)

    def notify(self, overview: Overview) -> None:
        """Send what has happened since the last call."""
        notifications = self._detector.detect(overview)
        self._to_terminal.add(notifications)
        self._to_toasts.add(self._out_of_view(notifications))

    def _out_of_view(self, notifications: Sequence[TerminalNotification]) -> Sequence[TerminalNotification]:
        """Return those not of the job under the cursor; none while the terminal is not in front."""
        job, wanted = self._table.job, self._screen.app.app_focus and self._channels.terminal != "off"
        return [each for each in notifications if wanted and (job is None or each.job_id != job.id)]

    def _send_to_terminal(self, notifications: Sequence[TerminalNotification]) -> None:
        self._announce(*_together(notifications), self._channels.terminal)

    def _show_toast(self, notifications: Sequence[TerminalNotification]) -> None:
        heading, text = _together(notifications)
        self._screen.notify(text, title=heading, markup=False, timeout=_TOAST_S)


def _together(notifications: Sequence[TerminalNotification]) -> tuple[str, str]:
    """Return a heading and a text for all of them; there is at least one."""
    if len(notifications) == 1:
        return notifications[0].heading, notifications[0].text
    return f"{len(notifications)} jobs", "; ".join(each.heading for each in notifications[:3])
