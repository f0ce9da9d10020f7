"""The values that screens show: an overview of a queue, details of a job."""

from datetime import datetime

from msgspec import Struct

from tui_queue.core.model.job import Job, Run, State
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.reason import NO_REASON, Reason
from tui_queue.core.model.usage import Activity, Usage


class AuditEntry(Struct, frozen=True, kw_only=True):
    """What a user did to a job: ``verb`` in the past tense; ``who`` has the name, the host and the client."""

    at: datetime
    verb: str
    who: str


class Details(Struct, frozen=True, kw_only=True):
    """Everything about one job.

    - ``logs``: where the output of each run lies, compressed or not; empty where there is none.
    - ``why``: what a failed job died of, a sentence each.
    - ``script``: whether the script has changed since the job was added.
    - ``environment``: what was captured when the job was added.
    - ``differs``: variables in which a failed job differs from the last one of the same command that completed.
    - ``output``: the last lines of its latest run.
    - ``estimate``: how long it may still take.
    - ``starts``: when a job that waits for a slot may get one.
    - ``silent_s``: seconds since a running job has printed anything.
    - ``warned``: whether a process of its latest run was warned of the time limit, once that was due.
    - ``asks``: whether it waits for input from its terminal.
    - ``notified``: the notifications that were sent, and what went wrong with them.
    - ``audit_trail``: who did what to it.
    - ``dependencies``, ``dependents``: the jobs right before and right after it.
    - ``around``: those jobs, and the ones a few steps further.
    - ``usage``: what its latest run has used of processors and memory.
    - ``activity``: what the processes of a running job do now.
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
    warned: str = ""
    asks: bool = False
    environment: str = ""
    differs: str = ""
    notified: tuple[str, ...] = ()
    audit_trail: tuple[AuditEntry, ...] = ()
    dependencies: tuple[Job, ...] = ()
    dependents: tuple[Job, ...] = ()
    around: tuple[Job, ...] = ()
    usage: tuple[Usage, ...] = ()
    activity: Activity | None = None


class Mark(Struct, frozen=True, kw_only=True):
    """A moment of the queue: what ran, the newest job, the epoch of the scheduler, and the time."""

    running: tuple[int, ...]
    newest: int
    epoch: int
    at: datetime


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
    ``shortage`` is what keeps every job from starting, as long as something does; ``other_host`` runs the queue, empty
    where this one does.
    """

    jobs: tuple[Job, ...]
    unshown: int = 0
    older: bool = False
    counts: dict[State, int]
    claimed: int = 0
    queues: tuple[Queue, ...]
    slots: int
    default_slots: int
    limit: int | None
    holder: Holder | None
    shortage: Reason = NO_REASON
    other_host: str = ""

    @property
    def taken(self) -> int:
        """How many slots are taken: by running jobs, and by those that the scheduler has claimed."""
        return self.count(State.RUNNING) + self.claimed

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
