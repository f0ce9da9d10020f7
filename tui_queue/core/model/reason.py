"""Reasons: why a job is pending, and how it or one of its runs ended."""

from enum import StrEnum
from typing import Self


class ReasonKind(StrEnum):
    """What a reason says. The program decides by the kind alone; the text is for people."""

    NONE = ""
    # Why a job is pending.
    STARTING = "starting"  # nothing keeps it from starting
    CLAIMED = "claimed"  # the scheduler has claimed it, and its run has not started yet
    HELD = "held"
    ASKS = "asks"  # its run was lost, and the user decides whether it runs again
    RESTORED = "restored"  # it may have run after the backup was made that the store was restored from
    DEPENDENCY = "dependency"
    UNMET = "unmet"  # a dependency that can't be met any more
    PROCESS = "process"
    NOT_BEFORE = "not_before"
    RETRY = "retry"
    NO_SCHEDULER = "no_scheduler"
    NO_QUEUE = "no_queue"
    QUEUE_PAUSED = "queue_paused"
    QUEUE_CLOSED = "queue_closed"
    NO_SLOTS = "no_slots"  # its queue has none at all
    SLOTS = "slots"  # all are taken
    LIMIT = "limit"
    RESOURCE = "resource"
    GATE = "gate"
    SHORTAGE = "shortage"  # something that a start needs is used up or away; it is tried again
    LEFTOVERS = "leftovers"  # processes that an attempt before, or the run that it follows, has left
    START_FAILS = "start_fails"  # held, since its start fails again and again while others of its queue start
    # How a run or a job ended.
    EXIT = "exit"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    SILENT = "silent"  # also of a running job that has printed nothing for too long
    LOG_FULL = "log_full"
    NOT_STARTED = "not_started"
    LOST = "lost"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


_TEXTS = {
    ReasonKind.NONE: "",
    ReasonKind.STARTING: "starting",
    ReasonKind.CLAIMED: "starting",
    ReasonKind.HELD: "held",
    ReasonKind.ASKS: "interrupted: release runs it again, cancel leaves it",
    ReasonKind.RESTORED: "restored, may have run since: release runs it, cancel leaves it",
    ReasonKind.DEPENDENCY: "{dependencies}",
    ReasonKind.UNMET: "{dependency}: {state}",
    ReasonKind.PROCESS: "after process {pid}",
    ReasonKind.NOT_BEFORE: "begins {time}",
    ReasonKind.RETRY: "retry {time}",
    ReasonKind.NO_SCHEDULER: "no scheduler",
    ReasonKind.NO_QUEUE: "no queue {queue}",
    ReasonKind.QUEUE_PAUSED: "queue paused{why}",
    ReasonKind.QUEUE_CLOSED: "queue opens {time}",
    ReasonKind.NO_SLOTS: "no slots",
    ReasonKind.SLOTS: "slots",
    ReasonKind.LIMIT: "limit of {limit} for all queues",
    ReasonKind.RESOURCE: "{shortage}",
    ReasonKind.GATE: "{shortage}",
    ReasonKind.SHORTAGE: "can't start now: {what}; next try {time}",
    ReasonKind.LEFTOVERS: "{processes}",
    ReasonKind.START_FAILS: "can't start, tried {times} times: {what}",
    ReasonKind.EXIT: "exit {code}",
    ReasonKind.SIGNAL: "signal {signal}",
    ReasonKind.TIMEOUT: "timeout{survivors}",
    ReasonKind.SILENT: "silent for {span}{survivors}",
    ReasonKind.LOG_FULL: "its log is full{survivors}",
    ReasonKind.NOT_STARTED: "could not start: {error}",
    ReasonKind.LOST: "interrupted ({detail})",
    ReasonKind.CANCELLED: "cancelled by user{survivors}",
    ReasonKind.REPLACED: "replaced by its schedule",
    ReasonKind.UNKNOWN: "{text}",
}
# How the text of each kind begins, by which a text that was stored without a kind is told apart.
_BEGINNINGS = {kind: text.partition("{")[0] for kind, text in _TEXTS.items()} | {ReasonKind.UNMET: "after #"}
_LONGEST_FIRST = sorted(_BEGINNINGS.items(), key=lambda each: -len(each[1]))


class Reason(str):
    """A reason: its ``kind``, and as a string its one rendering. False when there is none.

    ``remark`` is what else is known of the job; the string ends with it.
    """

    kind: ReasonKind
    remark: str

    def __new__(cls, text: str = "", kind: ReasonKind = ReasonKind.NONE, remark: str = "") -> Self:
        """Make a reason of a kind from its text."""
        reason = super().__new__(cls, text)
        reason.kind, reason.remark = kind, remark
        return reason

    @classmethod
    def of(cls, kind: ReasonKind, **details: object) -> Self:
        """Render a reason: ``Reason.of(ReasonKind.EXIT, code=3)``. ``survivors`` and ``why`` may be left out."""
        return cls(_TEXTS[kind].format_map({"survivors": "", "why": "", **details}), kind)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the reason that a text without a kind is, as an older version has stored or exported it."""
        return cls(text, kind_of(text))

    @classmethod
    def stored(cls, text: str, kind: str) -> Self:
        """Return the reason in a row. An older version that still runs writes the text alone, without a kind."""
        if not text:
            return cls()
        if not kind or not text.startswith(_BEGINNINGS[ReasonKind(kind)]):
            return cls.parse(text)
        return cls(text, ReasonKind(kind))

    def with_remark(self, remark: "Reason") -> "Reason":
        """Return the reason with a remark behind it; a remark alone gives its kind."""
        return Reason("; ".join(filter(None, [self, remark])), self.kind or remark.kind, remark) if remark else self

    def __reduce__(self) -> tuple[type[Self], tuple[str, ReasonKind, str]]:
        return type(self), (str(self), self.kind, self.remark)


def kind_of(text: str) -> ReasonKind:
    """Return the kind of a text that an older version has stored or exported."""
    if not text:
        return ReasonKind.NONE
    return next((kind for kind, begin in _LONGEST_FIRST if begin and text.startswith(begin)), ReasonKind.UNKNOWN)


NO_REASON = Reason()
STARTING = Reason.of(ReasonKind.STARTING)
CLAIMED = Reason.of(ReasonKind.CLAIMED)
CANCELLED = Reason.of(ReasonKind.CANCELLED)
WAITS_FOR_INPUT = "waits for input"  # a remark about a job that runs
