"""The lines of the form that say what a job takes from this moment: its environment, its Python, and when it starts."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from textual.app import ComposeResult
from textual.containers import Vertical

from tui_queue.core.analysis.report import starts_text
from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.units.printable import printable
from tui_queue.ui.job_form.fields import from_home
from tui_queue.ui.job_form.note import Note

_PAUSE_S = 0.3  # after the last key, before it is tried out what adding the job would come to


class Origin(Vertical):
    """Says what comes of a draft beside its command."""

    DEFAULT_CSS = "Origin { height: auto; }"

    def __init__(self, commands: Commands, like: JobDraft | None, *, is_new: bool) -> None:
        """``like`` is the draft whose environment the job keeps, if it has one; only a new job starts some time."""
        super().__init__()
        self._commands = commands
        self._like = like if like is not None and like.options.environment else None
        self._is_new = is_new

    def compose(self) -> ComposeResult:
        """Stack the lines."""
        for name in ("environment", "python", "starts"):
            yield Note(id=f"origin-{name}")

    def on_mount(self) -> None:
        """Say whose environment it is, which does not change while the form is open."""
        for name in ("python", "starts"):
            self._note(name).display = False
        self._note("environment").show(f"Environment: {self._whose}")

    @property
    def _whose(self) -> str:
        whose = f"this dashboard's, open since {_time(self._commands.opened_at, datetime.now(UTC))}"
        return whose if self._like is None else "as it was captured before"

    async def show(self, draft: JobDraft | None, *, many: bool) -> None:
        """Say what comes of a draft; of ``many`` each starts at another time."""
        await self._show_python(draft)
        if draft is None or many or not self._is_new:
            self._say("starts", "")
            return
        await asyncio.sleep(_PAUSE_S)  # who types on cancels this
        try:
            (details,) = await self._commands.jobs.try_out([draft])
        except TuiQueueError as error:  # what only the queue knows: that it has no such resource, say
            self._say("starts", printable(str(error)), wrong=True)
            return
        self._say("starts", f"Starts: {starts_text(details)}", f" (queue {printable(draft.queue)})")
        if details.environment and self._like is None:
            self._say("environment", f"Environment: {self._whose}", f" ({details.environment.partition(',')[0]})")

    async def _show_python(self, draft: JobDraft | None) -> None:
        """Say which Python would run a draft and why, where it is a .py file for which the user names none."""
        chosen = None
        if draft is not None:
            with suppress(TuiQueueError):  # the user hears it when the job is added
                chosen = await self._commands.jobs.interpreter(draft, like=self._like)
        path = from_home(chosen.path) if chosen is not None and chosen.path else ""
        why = "" if chosen is None else chosen.why.text
        self._say("python", f"Python: {path or why}" if why else "", f" ({why})" if path else "")

    def _say(self, name: str, text: str, place: str = "", *, wrong: bool = False) -> None:
        if self.is_attached:  # else the form has been answered
            note = self._note(name)
            note.display = bool(text)
            note.show(text, place, wrong=wrong)

    def _note(self, name: str) -> Note:
        return self.query_one(f"#origin-{name}", Note)


def _time(at: datetime, now: datetime) -> str:
    """Return the local time of day, with the date where it is not today."""
    local = at.astimezone()
    return f"{local:%H:%M}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M}"
