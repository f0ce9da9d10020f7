"""The log pane of the dashboard: the output of the job under the cursor, or of all that are selected."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace
from rich.text import Text
from textual.binding import Binding

from tui_queue.core.model.job import Job, State
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.cells import headline
from tui_queue.ui.log.view import LogView

MOST = 50  # logs that are shown together
_OF_ONE = {"search", "next", "only", "error", "line"}  # actions


class JobLog(LogView):
    """Shows what jobs have printed; of one job any attempt."""

    BINDINGS = [
        Binding(
            "left_square_bracket",
            "attempt(-1)",
            "Attempt before",
            key_display="[",
            show=False,
            id="log.before",
            tooltip="Show the output of the attempt before",
        ),
        Binding(
            "right_square_bracket",
            "attempt(1)",
            "Next attempt",
            key_display="]",
            show=False,
            id="log.after",
            tooltip="Show the output of the next attempt",
        ),
    ]

    def __init__(self, *, id: str, log_path: Callable[[Job], str | None]) -> None:  # noqa: A002
        """``log_path`` says where the output of a job's attempt is."""
        super().__init__(id=id)
        self._log_path = log_path
        self._jobs: Sequence[Job] = ()
        self._nothing = ""
        self._wanted: tuple[int, int, int, str] | None = None  # a job, its attempt, a place there, and words
        self._attempt: int | None = None  # that somebody wants to see; None: the latest

    def want(self, job_id: int, attempt: int, offset: int, words: str) -> None:
        """Go to a place in the log of an attempt, with the words that were found there, once its job is shown."""
        self._wanted = job_id, attempt, offset, words

    def show_jobs(self, jobs: Sequence[Job], placeholder: str) -> None:
        """Show the output of one job, or the latest lines of several; the placeholder where there is none."""
        if [job.id for job in jobs] != [job.id for job in self._jobs]:
            self._attempt = None
        self._jobs, self._nothing = jobs, placeholder
        if len(jobs) > 1:
            self.border_title = f"{len(jobs)} jobs" + (f", {MOST} of them here" if len(jobs) > MOST else "")
            paths = {str(job.id): path for job in jobs[:MOST] if job.attempt and (path := self._log_path(job))}
            live = any(job.state is State.RUNNING for job in jobs)
            self.show_several(paths, live=live, placeholder="None of these jobs has any output yet.")
        elif jobs:
            self._show_one(jobs[0])
        else:
            self.border_title = ""
            self.show(None, live=False, placeholder=placeholder)

    def path_of(self, job: Job) -> str | None:
        """Return where the output of a job is: of the attempt that is shown of it, else of the latest; or None."""
        shown = self._attempt if [each.id for each in self._jobs] == [job.id] else None
        return self._log_path(replace(job, attempt=shown or job.attempt))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is for one log while there are several, and the attempts of a job that has had one only."""
        if len(self._jobs) > 1 and (action in _OF_ONE or (action == "toggle" and parameters != ("wrap",))):
            return None
        if action == "attempt":
            return (len(self._jobs) == 1 and self._jobs[0].attempt > 1) or None
        return super().check_action(action, parameters)

    def action_attempt(self, step: int) -> None:
        """Show the output of the attempt before, or of the next one."""
        (job,) = self._jobs
        wanted = max(1, min(job.attempt, (self._attempt or job.attempt) + step))
        self._attempt = wanted if wanted < job.attempt else None
        self._show_one(job)

    def _show_one(self, job: Job) -> None:
        wanted = self._wanted if self._wanted is not None and self._wanted[0] == job.id else None
        if wanted is not None:
            self._wanted = None
            self._attempt = wanted[1] if wanted[1] < job.attempt else None
        attempt = self._attempt or job.attempt
        self.border_title = headline(job)
        if self._attempt:
            self.border_title = Text(f" {job.id} {printable(job.name)} · attempt {attempt} of {job.attempt} ")
        self.show(
            self._log_path(replace(job, attempt=attempt)) if attempt else None,
            live=job.state is State.RUNNING and not self._attempt,
            placeholder=self._nothing,
        )
        if wanted is not None:
            _, _, offset, words = wanted
            self.go_to(offset, words)
