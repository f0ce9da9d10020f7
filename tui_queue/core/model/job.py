"""What the queue is about: jobs, their states, their runs."""

import os
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from tui_queue.core.analysis.usage_chart import Activity, Usage
from tui_queue.core.model.options import JobOptions, Lost
from tui_queue.core.timing.recurrence import Missed, Overlap

DEFAULT_QUEUE = "default"


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
    cwd: str
    name: str
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
    """A stored job. Times are aware and in UTC; ``exit_code`` and ``signal`` are of its latest run.

    ``devices`` are the numbers of the single things (GPUs) that its present run has been given, by resource;
    ``first_attempt`` is the one that retries are counted from.
    """

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
    held: bool
    not_before: datetime | None
    after: tuple[After, ...]
    batch: str
    options: JobOptions
    state: State
    reason: str
    paused: Pause
    devices: Mapping[str, tuple[int, ...]]
    exit_code: int | None
    signal: int | None
    attempt: int
    first_attempt: int
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_python(self) -> bool:
        """Whether an interpreter runs the file, rather than the file itself."""
        return self.path.endswith(".py")

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
    ``kernel``.
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


class Run(Struct, frozen=True, kw_only=True):
    """One start of a job. ``script`` is the hash of what was run, if known; ``oom`` whose memory was exhausted."""

    job_id: int
    attempt: int
    started_at: datetime | None
    finished_at: datetime | None
    exit_code: int | None
    signal: int | None
    reason: str
    cpu_s: float | None
    max_rss_kib: int | None
    script: str
    oom: str


class QueueOptions(Struct, frozen=True, kw_only=True):
    """How a queue is to be served. ``hours`` are when it starts jobs, as ``parse_hours`` reads them in ``zone``;
    empty: always.

    Outside of them what runs goes on, or is stopped until they come again (``pause_outside``). ``lost`` is what becomes
    of jobs that say nothing of it themselves.
    """

    hours: str = ""
    zone: str = "UTC"
    pause_outside: bool = False
    lost: Lost = Lost.LEAVE
    lost_age_s: int = 0


class Queue(Struct, frozen=True, kw_only=True):
    """A named lane; ``slots`` None means as many as the settings say."""

    name: str
    slots: int | None = None
    paused: bool = False
    options: QueueOptions = field(default_factory=QueueOptions)


class Schedule(Struct, frozen=True, kw_only=True):
    """A rule that makes jobs. ``zone`` names the time zone of a cron rule; ``said`` is what there was to say last time.

    ``id`` is 0 and ``next_at`` None for one that is not stored yet.
    """

    id: int = 0
    name: str
    rule: str
    zone: str
    missed: Missed = Missed.ONCE
    overlap: Overlap = Overlap.QUEUE
    paused: bool = False
    draft: JobDraft
    created_at: datetime
    next_at: datetime | None = None
    last_at: datetime | None = None
    said: str = ""


class Deed(Struct, frozen=True, kw_only=True):
    """What somebody did to a job: ``verb`` in the past tense; ``who`` by name, host, and the door they came by."""

    at: datetime
    verb: str
    who: str


class Details(Struct, frozen=True, kw_only=True):
    """Everything about one job. ``why`` says of one that failed what it died of, ``script`` whether that has changed.

    ``output`` are the last lines of its latest run, ``estimate`` how long it may still take, ``starts`` when one that
    waits for a slot may get it, ``silent_s`` the seconds since a running job has printed anything, ``told`` of which
    news hooks were told, and what went wrong with that; ``deeds`` who did what to it; ``waits_for`` and ``waited_by``
    are the jobs right before and after it, ``around`` those and the ones a few steps further. ``usage`` is what its
    latest run has used of processors and memory, ``activity`` what the processes of a running one do now. ``logs`` says
    where the output of each run lies, compressed or not; it is empty where there is none.
    """

    job: Job
    runs: tuple[Run, ...]
    logs: tuple[str, ...]
    why: tuple[str, ...] = ()
    script: str = ""
    output: tuple[str, ...] = ()
    estimate: str = ""
    starts: str = ""
    silent_s: float | None = None
    told: tuple[str, ...] = ()
    deeds: tuple[Deed, ...] = ()
    waits_for: tuple[Job, ...] = ()
    waited_by: tuple[Job, ...] = ()
    around: tuple[Job, ...] = ()
    usage: tuple[Usage, ...] = ()
    activity: Activity | None = None


class Holder(Struct, frozen=True, kw_only=True):
    """The process that schedules now, or did last."""

    epoch: int
    pid: int
    host: str
    tty: str
    since: datetime


class Overview(Struct, frozen=True, kw_only=True):
    """One consistent look: the jobs to show, how many there are by state, the queues, who schedules.

    ``unshown`` are the active jobs that are wanted and were too many to be among ``jobs``; ``older`` says whether there
    are such ended ones. ``slots`` are those of all queues, ``default_slots`` those of a queue that says nothing itself.
    """

    jobs: tuple[Job, ...]
    unshown: int = 0
    older: bool = False
    counts: dict[State, int]
    queues: tuple[Queue, ...]
    slots: int
    default_slots: int
    limit: int | None
    holder: Holder | None

    def count(self, state: State) -> int:
        """How many jobs are in ``state``, shown or not."""
        return self.counts.get(state, 0)


class Surroundings(Struct, frozen=True, kw_only=True):
    """Where the queue runs: the load, free bytes of memory and of the disk of the logs, None where not known.

    ``ended`` is how many jobs have ended in each of the last minutes, the present one last.
    """

    load: float | None
    mem: float | None
    disk: float | None
    ended: tuple[int, ...]


def encode_args(args: tuple[str, ...]) -> bytes:
    """Join arguments for storage: each ends with a NUL, which no argument can contain."""
    return b"".join(os.fsencode(arg) + b"\0" for arg in args)


def decode_args(stored: bytes) -> tuple[str, ...]:
    """Undo ``encode_args``."""
    return tuple(os.fsdecode(part) for part in stored.split(b"\0")[:-1])
