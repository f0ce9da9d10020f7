"""Which news there are between two looks at the queue, and how a terminal is told of them."""

import base64
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import Channels, Event
from tui_queue.core.model.overview import Overview
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.notifications.message import body, title
from tui_queue.core.units.printable import printable

BELL = "\a"
TOGETHER_S = 0.5  # news that come within it are said at once
_END = "\x1b\\"
_LONGEST = 200  # characters of a title or a text


class Notification(Struct, frozen=True):
    """What has become of a job, in a few words and in one more line."""

    job_id: int
    title: str
    text: str


def together(news: Sequence[Notification]) -> tuple[str, str]:
    """Return a title and a text for all of it; there is some."""
    if len(news) == 1:
        return news[0].title, news[0].text
    return f"{len(news)} jobs", "; ".join(each.title for each in news[:3])


class NotificationDetector:
    """Compares each look at the queue with the one before."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._before: dict[int, Job] = {}

    def news(self, overview: Overview) -> list[Notification]:
        """Return all that somebody wants to hear and that was not so the last time."""
        now = {job.id: job for job in overview.jobs}
        found = [
            (job, event)
            for job in overview.jobs
            if (before := self._before.get(job.id)) is not None and (event := _event(before, job)) is not None
        ]
        self._before = now
        wanted = ((job, event) for job, event in found if self._channels.wants(job, event))
        return [Notification(job.id, title(job, event), body(job, event)) for job, event in wanted]


class TerminalNotifier:
    """Says what is new through ``say``, all at once that comes together, and then nothing for ``rest_s`` seconds.

    ``later`` calls back after so many seconds.
    """

    def __init__(
        self,
        say: Callable[[Sequence[Notification]], None],
        later: Callable[[float, Callable[[], None]], object],
        *,
        rest_s: float = 0,
    ) -> None:
        self._say = say
        self._later = later
        self._rest_s = rest_s
        self._rests = False
        self._unsaid: list[Notification] = []

    def announce(self, news: Sequence[Notification]) -> None:
        """Say it soon."""
        if news and not self._unsaid and not self._rests:
            self._later(TOGETHER_S, self._say_all)
        self._unsaid += news

    def _say_all(self) -> None:
        news, self._unsaid = self._unsaid, []
        self._rests = bool(news) and self._rest_s > 0
        if self._rests:
            self._later(self._rest_s, self._say_all)
        if news:
            self._say(news)


def _event(before: Job, now: Job) -> Event | None:
    if now.state.ended and not before.state.ended:
        # What somebody has taken out of the queue is no news to them.
        return None if now.state is State.CANCELLED and before.state is State.PENDING else Event.ENDED
    if _is_silent(now) and not _is_silent(before):
        return Event.SILENT
    if now.held and now.reason.kind is ReasonKind.ASKS and before.state is State.RUNNING:
        return Event.ASKS
    return None


def _is_silent(job: Job) -> bool:
    return job.state is State.RUNNING and job.reason.kind is ReasonKind.SILENT


def announcement(title: str, text: str, way: str, env: Mapping[str, str]) -> str:
    """Return what to write to a terminal so that it tells somebody who looks elsewhere; empty for ``off``.

    ``auto`` chooses by TERM and rings the bell too. tmux and screen hand a sequence on when it is wrapped for them
    (tmux only where ``allow-passthrough`` is on); the bell they hand on always. Sources: iTerm2 (OSC 9), rxvt-unicode
    (OSC 777), kitty (OSC 99).
    """
    term = env.get("TERM", "")
    title, text = _plain(title), _plain(text)
    if way == "off":
        return ""
    if way == "bell" or (way == "auto" and term in ("linux", "dumb", "")):
        return BELL
    if way == "osc99" or (way == "auto" and "kitty" in term):
        sequence = (
            f"\x1b]99;i=tui-queue:d=0:e=1;{_encoded(title)}{_END}\x1b]99;i=tui-queue:p=body:e=1;{_encoded(text)}{_END}"
        )
    elif way == "osc777" or (way == "auto" and term.startswith(("rxvt", "foot"))):
        sequence = f"\x1b]777;notify;{title.replace(';', ',')};{text}{_END}"
    else:
        sequence = f"\x1b]9;{title}: {text}{_END}"
    if env.get("TMUX") or term.startswith("tmux"):
        sequence = f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}{_END}"
    elif term.startswith("screen"):
        sequence = "".join(f"\x1bP{part}{_END}" for part in _for_screen(sequence))
    return sequence + (BELL if way == "auto" else "")


def _for_screen(sequence: str) -> list[str]:
    """Split a sequence where it ends a string: that would end screen's own too."""
    return [part for whole in sequence.split(_END) if whole for part in (whole, "\x1b", "\\")]


def _plain(text: str) -> str:
    return printable(text)[:_LONGEST]


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
