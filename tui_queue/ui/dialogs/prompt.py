"""A dialog that asks for one line."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.job_form.input import Field
from tui_queue.ui.job_form.note import Note
from tui_queue.ui.keymap import keys_of, with_keys


class Prompt(ModalScreen[str | None]):
    """Asks until ``check`` has nothing to say against the answer, or Esc."""

    DEFAULT_CSS = (
        """
    Prompt {
        align: center middle;

        #ask {
            width: 90%; max-width: 64; height: auto; padding: 1 2;
            """
        + FRAME
        + """
        }
        Static { height: auto; margin-bottom: 1; }
        Input { background: $panel; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="ask.leave", tooltip="Change nothing"),
    ]

    def __init__(self, question: str, *, value: str, check: Callable[[str], object]) -> None:
        super().__init__()
        self._question = question
        self._value = value
        self._check = check

    def compose(self) -> ComposeResult:
        """Stack the question, the line, and what is wrong with it."""
        with Vertical(id="ask") as box:
            box.border_subtitle = Content(with_keys("Enter takes it   {ask.leave} goes back", keys_of(self)))
            yield Static(printable(self._question), markup=False)
            yield Field(self._value, id="answer", compact=True)
            yield Note(id="note")

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._check(event.value)
        except BadInputError as error:
            self.query_one(Note).show(str(error), wrong=True)
        else:
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Answer with nothing."""
        self.dismiss(None)
