"""A dialog that asks before something is done; its button names the act."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui_queue.core.units.printable import printable
from tui_queue.ui.dialogs.frame import FRAME_OF_LOSS
from tui_queue.ui.keymap import keys_of, shown, with_keys


class Confirm(ModalScreen[bool]):
    """Asks, with No as the answer that a hasty Enter gives; the answer is True for yes.

    The key that has asked confirms too, while the question is there.
    """

    DEFAULT_CSS = (
        """
    Confirm {
        align: center middle;

        #question {
            width: 90%; max-width: 64; height: auto; max-height: 100%; padding: 1 2;
        """
        + FRAME_OF_LOSS
        + """
        }
        #question Static { height: auto; max-height: 6; margin-bottom: 1; }
        #detail { color: $text-muted; }
        #buttons { height: auto; }
        Button { min-width: 10; margin-right: 2; }
    }
    """
    )
    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes", tooltip="Do it"),
        Binding("escape,n", "answer(False)", "No", id="confirm.no", tooltip="Leave it"),
        Binding("left,up", "app.focus_previous", "Other answer", show=False),
        Binding("right,down", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(self, question: str, *, detail: str = "", yes: str = "Yes", no: str = "No", keys: str = "") -> None:
        """``yes`` and ``no`` name the acts; ``keys`` are those that have asked, as they are shown."""
        super().__init__()
        self._keys = keys.split()
        self._question = question
        self._detail = detail
        self._labels = {"yes": yes, "no": no}

    def compose(self) -> ComposeResult:
        """Stack the question, what there is to know about it, and the two answers."""
        with Vertical(id="question"):
            yield Static(_plain(self._question), markup=False)
            if self._detail:
                yield Static(_plain(self._detail), id="detail", markup=False)
            with Horizontal(id="buttons"):
                yield Button(self._label("yes"), id="yes", compact=True)
                yield Button(self._label("no"), id="no", compact=True)

    def _label(self, answer: str) -> Content:
        key = with_keys(f"{{confirm.{answer}}}", keys_of(self))
        if answer == "yes" and self._keys:
            key = self._keys[0]
        return Content.assemble((key, "bold"), " ", printable(self._labels[answer]))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_answer(event.button.id == "yes")

    def on_key(self, event: Key) -> None:
        """Do it for the key that has asked."""
        if shown(event.key) in self._keys:
            event.stop()
            self.action_answer(True)

    def action_answer(self, answer: bool) -> None:
        """Give the answer."""
        self.dismiss(answer)


def _plain(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
