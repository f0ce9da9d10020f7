"""Jobs, their states and their runs."""

import os
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from tui_queue.core.model.leftover import processes_text
from tui_queue.core.model.options import JobOptions
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.core.model.reason import CLAIMED, Reason, ReasonKind

NO_NUMBER = 0  # of a job that the host of the queue has yet to take in


class State(StrEnum):
    """Where a job is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self in (State.COMPLETED, State.FAILED, State.CANCELLED)


class Outcome(StrEnum):
    """What a job that is waited for must do."""

    COMPLETED = "completed"
    ENDED = "ended"
    FAILED = "failed"


class After(Struct, frozen=True, kw_only=True):
    """A dependency: the job with this number must have come to this outcome."""

    job_id: int
    outcome: Outcome = Outcome.COMPLETED


class Pause(StrEnum):
    """Why the processes of a running job are stopped."""

    NO = ""
    USER = "user"
    HOURS = "hours"  # outside the hours of its queue


class JobDraft(Struct, frozen=True, kw_only=True):
    """A job as the user asked for it, checked, not yet stored.

    Paths are absolute. Bytes that are not UTF-8 stand as surrogates (``os.fsdecode``).
    """

    path: str
    args: tuple[str, ...] = ()
    name: str
    cwd: str
    python: str | None = None
    timeout_s: int | None = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    held: bool = False
    not_before: datetime | None = None
    after: tuple[After, ...] = ()
    batch: str = ""
    options: JobOptions = field(default_factory=JobOptions)


class Job(Struct, frozen=True, kw_only=True):
    """A stored job, its fields in the order in which JSON shows them.

    Times are aware and in UTC; ``exit_code`` and ``signal`` are of its latest run.

    ``devices`` are the numbers of the single things (GPUs) that its present run has been given, by resource;
    ``first_attempt`` is the one that retries are counted from. ``processes_left`` are those of its run that live on
    after that has ended, where a client has looked: no row has them.
    """

    id: int
    uuid: str
    name: str
    path: str
    args: tuple[str, ...]
    cwd: str
    python: str | None
    queue: str
    priority: int
    batch: str
    timeout_s: int | None
    state: State
    reason: Reason
    held: bool
    paused: Pause
    after: tuple[After, ...]
    options: JobOptions
    devices: Mapping[str, tuple[int, ...]]
    exit_code: int | None
    signal: int | None
    attempt: int
    first_attempt: int
    cancel_requested: bool
    created_at: datetime
    not_before: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    processes_left: int = 0

    @property
    def is_python(self) -> bool:
        """Whether an interpreter runs the file, rather than the file itself."""
        chosen = self.options.interpreter
        runs_itself = chosen is not None and not chosen.path and self.python is None
        return self.path.endswith(".py") and not runs_itself

    @property
    def is_claimed(self) -> bool:
        """Whether the scheduler has claimed the job and its run has not started yet."""
        if self.state is State.RUNNING:
            return self.started_at is None
        return self.state is State.PENDING and self.reason.kind is ReasonKind.CLAIMED

    @property
    def state_word(self) -> str:
        """The state as messages name it: a claimed job is "starting" until its run has started."""
        return "starting" if self.is_claimed else self.state

    @property
    def left_text(self) -> str:
        """What the ended run has left, as it stands behind the state; empty for nothing."""
        return f", {processes_text(self.processes_left)} left" if self.processes_left else ""

    @property
    def waits(self) -> bool:
        """Whether the job is pending and not claimed: it can be held, moved and edited."""
        return self.state is State.PENDING and not self.is_claimed

    @property
    def waits_again(self) -> bool:
        """Whether the job waits for its next attempt, and not for the user."""
        return self.waits and not self.held and self.attempt >= self.first_attempt

    @property
    def takes_slot(self) -> bool:
        """Whether the job takes a slot of its queue."""
        return self.state is State.RUNNING or self.is_claimed

    @property
    def shown(self) -> "Job":
        """The job as every client shows it: a claimed run is no run until it has started."""
        if self.state is not State.RUNNING or self.started_at is not None:
            return self
        return replace(self, state=State.PENDING, reason=CLAIMED, attempt=self.attempt - 1, devices={}, paused=Pause.NO)

    @property
    def draft(self) -> JobDraft:
        """What was asked for."""
        return JobDraft(**{name: getattr(self, name) for name in JobDraft.__struct_fields__})

    def elapsed_s(self, now: datetime) -> float | None:
        """Seconds that the latest run has taken until its end or ``now``; None before it starts."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.finished_at or now) - self.started_at).total_seconds())


class RunEnd(Struct, frozen=True, kw_only=True):
    """How a run ended, as its watcher recorded it.

    ``error`` says why the command could not be started; then there is neither exit code nor signal.
    ``cancelled`` and ``timed_out`` say that its watcher ended it, by wish or because its time was over,
    ``silent`` because it had printed nothing for too long, ``log_full`` too much; ``survivors`` are the numbers of the
    processes that could not be ended. ``oom`` says whose memory was exhausted when it was killed: ``cgroup`` or
    ``kernel``. ``left`` are processes that live on, by number and start time in the boot ``boot``.
    """

    finished_at: datetime
    started_at: datetime | None = None
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    cancelled: bool = False
    timed_out: bool = False
    silent: bool = False
    log_full: bool = False
    survivors: tuple[int, ...] = ()
    cpu_s: float | None = None
    max_rss_kib: int | None = None
    oom: str = ""
    left: tuple[tuple[int, int], ...] = ()
    boot: str = ""


class Run(Struct, frozen=True, kw_only=True):
    """One start of a job. ``script`` is the hash of what was run, if known; ``oom`` whose memory was exhausted."""

    job_id: int
    attempt: int
    started_at: datetime | None
    finished_at: datetime | None
    exit_code: int | None
    signal: int | None
    reason: Reason
    cpu_s: float | None
    max_rss_kib: int | None
    script: str
    oom: str


def encode_args(args: tuple[str, ...]) -> bytes:
    """Join arguments for storage: each ends with a NUL, which no argument can contain."""
    return b"".join(os.fsencode(arg) + b"\0" for arg in args)


def decode_args(stored: bytes) -> tuple[str, ...]:
    """Undo ``encode_args``."""
    return tuple(os.fsdecode(stored).split("\0")[:-1])
