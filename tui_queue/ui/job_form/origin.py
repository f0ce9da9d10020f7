"""The lines of the form that say whose environment the job gets, and which Python runs it."""

from contextlib import suppress
from datetime import UTC, datetime

from textual.app import ComposeResult
from textual.containers import Vertical

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import JobDraft
from tui_queue.ui.job_form.fields import from_home
from tui_queue.ui.job_form.note import Note


class Origin(Vertical):
    """Says what a job takes from the moment in which it is added."""

    DEFAULT_CSS = "Origin { height: auto; }"

    def __init__(self, commands: Commands, like: JobDraft | None) -> None:
        """``like`` is the draft whose environment the job keeps, if it has one."""
        super().__init__()
        self._commands = commands
        self._like = like if like is not None and like.options.environment else None

    def compose(self) -> ComposeResult:
        """Stack the two lines."""
        yield Note(id="origin-environment")
        yield Note(id="origin-python")

    def on_mount(self) -> None:
        """Say whose environment it is, which does not change while the form is open."""
        self._note("python").display = False
        whose = f"this dashboard's, open since {_time(self._commands.opened_at, datetime.now(UTC))}"
        self._note("environment").show(f"Environment: {whose if self._like is None else 'as it was captured before'}")

    async def show_python(self, draft: JobDraft | None) -> None:
        """Say which Python would run a draft and why, where it is a .py file for which the user names none."""
        chosen = None
        if draft is not None:
            with suppress(TuiQueueError):  # the user hears it when the job is added
                chosen = await self._commands.jobs.interpreter(draft, like=self._like)
        if not self.is_attached:  # the form has been answered meanwhile
            return
        note = self._note("python")
        note.display = chosen is not None
        if chosen is not None:
            path = from_home(chosen.path) if chosen.path else ""
            note.show(f"Python: {path or chosen.why.text}", f" ({chosen.why.text})" if path else "")

    def _note(self, name: str) -> Note:
        return self.query_one(f"#origin-{name}", Note)


def _time(at: datetime, now: datetime) -> str:
    """Return the local time of day, with the date where it is not today."""
    local = at.astimezone()
    return f"{local:%H:%M}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M}"
