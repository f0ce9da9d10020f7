"""The interface of executors: how a run starts, is watched, and ends."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from tui_queue.core.model.job import Job, RunEnd
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.model.usage import Process


class RunStarted(Struct, frozen=True):
    """The command has started."""

    at: datetime


class RunNeverStarted(Struct, frozen=True, kw_only=True):
    """The command was not started and never will be by this attempt.

    ``obstacle`` says what stood in the way; it is ``everyones`` where it stands in the way of other starts too. With
    ``number_free`` nothing is left that could act for this attempt, so that another one may have its number.
    """

    obstacle: str
    everyones: bool = False
    number_free: bool = False


class RunLost(Struct, frozen=True):
    """The run is over, and how it ended is not known."""


RunEvent = RunStarted | RunEnd | RunNeverStarted | RunLost


class Executor(Protocol):
    """A way to run claimed jobs; every method acts on the job's present attempt."""

    def grace_s(self, job: Job) -> float:
        """Return the seconds between asking a run to end and ending it."""

    def require_visible_processes(self) -> None:
        """Raise StoreError where runs could not be watched or ended, so that none may be started."""

    def warm_up(self) -> None:
        """Get ready to start runs. Raises OSError."""

    async def start(self, job: Job) -> AsyncIterator[RunEvent]:
        """Start the run and return its events, the last of which is its end.

        A caller that asks for more after the end has stored it: it may be kept nowhere else.
        """

    def adopt(self, job: Job, *, rebooted: bool) -> AsyncIterator[RunEvent]:
        """Return the events of a run that another scheduler let go, from its beginning.

        With ``rebooted`` the machine was started again since: nothing runs, and the disk lacks the latest records.
        """

    async def secure_output(self, job: Job) -> None:
        """Put the output of an ended run on disk, as far as it still exists."""

    async def cancel(self, job: Job) -> None:
        """End the run, by force after a grace; nothing happens to one that has not started yet."""

    async def pause(self, job: Job) -> bool:
        """Stop every process of the run where it is; return False when no process of it was reached."""

    async def resume(self, job: Job) -> bool:
        """Let a paused run go on; return False when no process of it was reached."""

    async def limit(self, job: Job) -> None:
        """Have a run end after the job's time limit, counted from its start, or not at all where it has none now."""

    def has_limit(self, job: Job) -> bool:
        """Whether the run was told the job's time limit since its start, and keeps to it; reads a file."""

    async def signal(self, job: Job, number: int, *, everybody: bool) -> bool:
        """Send a signal to the run's leading process, or to every one; return False when none was reached."""

    def close(self) -> None:
        """Start no more runs; those that are under way go on. To start more, open the queue again."""

    def pid(self, job: Job) -> int | None:
        """Return the number of the leading process of the run, if it is known; reads a file."""

    def job_of(self, pid: int, running: Iterable[Job]) -> int:
        """Return the number of the job that a process belongs to. Raises NoSuchJobError; blocks."""

    def log_path(self, job: Job) -> str | None:
        """Where the output lies; None before the first attempt."""

    def silent_s(self, job: Job, now: datetime) -> float:
        """Return the seconds since the run has printed anything; blocks.

        Where the job may be silent for a while only, that is by the watcher's clock, which stands still in a suspend.
        """

    def warning(self, job: Job) -> tuple[int, int] | None:
        """Return which signal warned the run of its time limit, and how many processes had it; reads a file."""

    def given(self, job: Job) -> Mapping[str, Any]:
        """Return the nice level, processors and limits of the run where they are not as captured; reads a file."""

    def owns_log(self, job: Job) -> bool:
        """Whether the output is that of this job, and not of one that had its number before a restore; reads a file."""

    def processes(self, jobs: Iterable[Job]) -> Mapping[int, Sequence[Process]]:
        """Return the processes of these jobs' runs by job number, as far as they can be seen; blocks."""

    def recorded_leftovers(self, left: Leftover) -> tuple[tuple[int, int], ...]:
        """Return those of the recorded processes that live, by number and start time; blocks for no disk."""

    def found_leftovers(self, left: Leftover) -> tuple[tuple[int, int], ...]:
        """Search all processes for those that an ended run has left, the oldest first; blocks."""

    def signal_leftovers(self, left: Leftover, number: int) -> None:
        """Send a signal to all that an ended run has left; blocks."""

    async def end_leftovers(self, left: Leftover, grace_s: float) -> None:
        """End all that an ended run has left, by force after the grace; return when none is left."""

    def usage_path(self, job: Job) -> str | None:
        """Where the usage of the latest attempt is recorded; None before the first one."""

    def forget(self, job_id: int) -> None:
        """Delete all files of a job's runs."""
