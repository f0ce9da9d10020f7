"""The line in which the user types which jobs to show."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.filter import Filter
from tui_queue.core.parsing.filter import parse_filter, remark
from tui_queue.ui.job_form.input import Line


class FilterBar(Horizontal):
    """Reads the filter while the user types it; what is wrong with it stands beside it."""

    DEFAULT_CSS = """
    FilterBar {
        display: none; height: 1; padding: 0 1; background: $panel;
        &.-open { display: block; }
        #filter-sign { width: 2; color: $key; }
        #filter { width: 1fr; background: $panel; }
        #filter-note {
            width: auto; max-width: 60%; height: 1; color: $text-error;
            text-wrap: nowrap; text-overflow: ellipsis;
            &.-remark { color: $text-muted; max-width: 75%; }
        }
    }
    """

    @dataclass
    class Changed(Message):
        """The user wants to see other jobs."""

        only: Filter

    class Entered(Message):
        """The user has finished typing."""

    def compose(self) -> ComposeResult:
        """Put the line before the note on it."""
        yield Static("/", id="filter-sign")
        yield Line(placeholder="words  state:failed  name:train  queue:gpu  batch:night", id="filter", compact=True)
        yield Static(id="filter-note", markup=False)

    @property
    def is_asked(self) -> bool:
        """Whether the user is typing into it."""
        return self.query_one(Input).has_focus

    def open(self, text: str | None = None) -> None:
        """Let the user type; with a text that is the filter at once."""
        self.add_class("-open")
        if text is not None:
            self.query_one(Input).value = text
        self.screen.set_focus(self.query_one(Input))

    def close(self) -> None:
        """Show all jobs again."""
        self.query_one(Input).value = ""
        self.remove_class("-open")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        note = self.query_one("#filter-note", Static)
        note.remove_class("-remark")
        try:
            only = parse_filter(event.value)
        except BadInputError as error:
            note.update(str(error))
            return
        note.update(words := remark(event.value))
        note.set_class(bool(words), "-remark")
        self.post_message(self.Changed(only))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Entered())
