"""What the queue is about: jobs, their states, their runs."""

import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDraft:
    """A job as the user asked for it, checked, not yet stored.

    Paths are absolute. Bytes that are not UTF-8 stand as surrogates (``os.fsdecode``).
    """

    path: str
    args: tuple[str, ...] = ()
    cwd: str
    name: str
    python: str | None = None
    timeout_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A stored job. Times are aware and in UTC; ``exit_code`` and ``signal`` are of its latest run."""

    id: int
    uuid: str
    name: str
    path: str
    args: tuple[str, ...]
    cwd: str
    python: str | None
    timeout_s: int | None
    queue: str
    priority: int
    state: State
    reason: str
    exit_code: int | None
    signal: int | None
    attempt: int
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_python(self) -> bool:
        """Whether an interpreter runs the file, rather than the file itself."""
        return self.path.endswith(".py")

    def elapsed_s(self, now: datetime) -> float | None:
        """Seconds that the latest run has taken until its end or ``now``; None before it starts."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.finished_at or now) - self.started_at).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended, as its watcher recorded it.

    ``error`` says why the command could not be started; then there is neither exit code nor signal.
    ``cancelled`` and ``timed_out`` say that its watcher ended it, by wish or because its time was over;
    ``survivors`` are the numbers of the processes that could not be ended.
    """

    finished_at: datetime
    started_at: datetime | None = None
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    cancelled: bool = False
    timed_out: bool = False
    survivors: tuple[int, ...] = ()
    cpu_s: float | None = None
    max_rss_kib: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that schedules now, or did last."""

    epoch: int
    pid: int
    host: str
    tty: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One consistent look at the queue: the jobs to show, how many there are by state, who schedules."""

    jobs: tuple[Job, ...]
    counts: dict[State, int]
    slots: int
    holder: Holder | None

    def count(self, state: State) -> int:
        """How many jobs are in ``state``, shown or not."""
        return self.counts.get(state, 0)


def encode_args(args: tuple[str, ...]) -> bytes:
    """Join arguments for storage: each ends with a NUL, which no argument can contain."""
    return b"".join(os.fsencode(arg) + b"\0" for arg in args)


def decode_args(stored: bytes) -> tuple[str, ...]:
    """Undo ``encode_args``."""
    return tuple(os.fsdecode(part) for part in stored.split(b"\0")[:-1])
