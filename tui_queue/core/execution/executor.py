"""How a run starts, is watched, and ends."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from tui_queue.core.model.job import Job, RunEnd
from tui_queue.core.model.usage import Process


class RunStarted(Struct, frozen=True):
    """The command has started."""

    at: datetime


class RunNeverStarted(Struct, frozen=True):
    """The command was not started and never will be by this attempt.

    ``complaint`` says what stands in the way; it is empty where the next attempt may succeed.
    """

    complaint: str


class RunLost(Struct, frozen=True):
    """The run is over, and nobody knows how it ended."""


RunEvent = RunStarted | RunEnd | RunNeverStarted | RunLost


class Executor(Protocol):
    """Something that can run a claimed job; every method speaks of the job's present attempt."""

    @property
    def grace_s(self) -> float:
        """Seconds between asking a run to end and ending it."""

    def warm_up(self) -> None:
        """Get ready to start runs. Raises OSError."""

    async def start(self, job: Job) -> AsyncIterator[RunEvent]:
        """Let the run go and return its news, the last of which is its end. Raises OSError.

        To ask for more after the end says that the end is stored: it may be kept nowhere else.
        """

    def adopt(self, job: Job, *, rebooted: bool) -> AsyncIterator[RunEvent]:
        """Return the news of a run that another scheduler let go, from its beginning.

        With ``rebooted`` the machine has been started again since: nothing runs, and not all that happened is on disk.
        """

    async def secure_output(self, job: Job) -> None:
        """Have the output of an ended run on disk when this returns, as far as it is still there."""

    async def cancel(self, job: Job) -> None:
        """Have the run ended, by force after a grace; nothing happens to one that has not started yet."""

    async def pause(self, job: Job) -> bool:
        """Stop every process of the run where it is; False when nobody can be asked."""

    async def resume(self, job: Job) -> bool:
        """Let a paused run go on; False when nobody can be asked."""

    async def signal(self, job: Job, number: int, *, everybody: bool) -> bool:
        """Send a signal to the run's leading process, or to every process of it; False when nobody can be asked."""

    def close(self) -> None:
        """Start no more; what runs goes on. To start again is to open again."""

    def log_path(self, job: Job) -> str | None:
        """Where the output lies; None before the first attempt."""

    def processes(self, jobs: Iterable[Job]) -> Mapping[int, Sequence[Process]]:
        """Return the processes of these jobs' runs by job number, as far as they can be seen; blocks."""

    def usage_path(self, job: Job) -> str | None:
        """Where it is noted what the latest attempt uses; None before the first one."""

    def forget(self, job_id: int) -> None:
        """Delete everything that is kept of a job's runs."""
