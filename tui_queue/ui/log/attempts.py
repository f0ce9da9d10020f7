"""Chooses the log that the pane shows."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace
from rich.text import Text

from tui_queue.core.model.job import Job, State
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.cells import headline

MOST = 50  # logs that are shown together


class ShownLog(NamedTuple):
    """What the pane shows: a path, paths by names, or only a placeholder; and where it goes to."""

    title: str | Text = ""
    source: str | Mapping[str, str] | None = None
    live: bool = False
    placeholder: str = ""
    place: tuple[int, str] | None = None  # an offset in the file, and the words that were found there


class _Wanted(NamedTuple):
    job_id: int
    attempt: int
    offset: int
    words: str


class AttemptChoice:
    """The jobs whose output is shown, and the attempt of a single one."""

    def __init__(self, log_path: Callable[[Job], str | None], width: Callable[[], int]) -> None:
        """``log_path`` returns where the output of a job's attempt is, ``width`` how many cells the screen has."""
        self.jobs: Sequence[Job] = ()
        self.placeholder = ""
        self._log_path = log_path
        self._width = width
        self._wanted: _Wanted | None = None
        self._attempt: int | None = None  # that the user chose; None: the latest

    def want(self, job_id: int, attempt: int, offset: int, words: str) -> None:
        """Go to a place in the log of an attempt once its job is shown."""
        self._wanted = _Wanted(job_id, attempt, offset, words)

    def choose(self, jobs: Sequence[Job], placeholder: str) -> ShownLog:
        """Return what to show of these jobs; the placeholder is for a job without output."""
        if [job.id for job in jobs] != [job.id for job in self.jobs]:
            self._attempt = None
        self.jobs, self.placeholder = jobs, placeholder
        if len(jobs) > 1:
            return self._of_several()
        return self._of_one(jobs[0]) if jobs else ShownLog(placeholder=placeholder)

    def step(self, attempts: int) -> None:
        """Choose an attempt before or after the chosen one."""
        (job,) = self.jobs
        wanted = max(1, min(job.attempt, (self._attempt or job.attempt) + attempts))
        self._attempt = wanted if wanted < job.attempt else None

    def path_of(self, job: Job) -> str | None:
        """Return where the output of a job is: of the attempt that is shown of it, else of the latest; or None."""
        shown = self._attempt if [each.id for each in self.jobs] == [job.id] else None
        return self._log_path(replace(job, attempt=shown or job.attempt))

    @property
    def has_several(self) -> bool:
        """Whether there are other attempts to choose."""
        return len(self.jobs) == 1 and self.jobs[0].attempt > 1

    def _of_several(self) -> ShownLog:
        jobs = self.jobs
        return ShownLog(
            title=f"  {len(jobs)} jobs" + (f", {MOST} of them here" if len(jobs) > MOST else ""),
            source={str(job.id): path for job in jobs[:MOST] if job.attempt and (path := self._log_path(job))},
            live=any(job.state is State.RUNNING for job in jobs),
            placeholder="None of these jobs has any output yet.",
        )

    def _of_one(self, job: Job) -> ShownLog:
        wanted = self._wanted if self._wanted is not None and self._wanted.job_id == job.id else None
        if wanted is not None:
            self._wanted = None
            self._attempt = wanted.attempt if wanted.attempt < job.attempt else None
        attempt, title = self._attempt or job.attempt, headline(job, self._width())
        if self._attempt:
            title = Text(f"  {job.id} {printable(job.name)} · attempt {attempt} of {job.attempt}")
        return ShownLog(
            title=title,
            source=self._log_path(replace(job, attempt=attempt)) if attempt else None,
            live=job.state is State.RUNNING and not self._attempt,
            placeholder=self.placeholder,
            place=None if wanted is None else (wanted.offset, wanted.words),
        )
