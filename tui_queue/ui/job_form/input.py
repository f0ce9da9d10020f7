"""Input fields that handle fast keys in order and show control characters safely."""

import re
from functools import lru_cache
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.reactive import reactive
from textual.widgets import Input

from tui_queue.core.units.widths import cells
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.keymap import bindings_by_key
from tui_queue.ui.terminal.private import POSITION_TO_CELL

# How a screen looks that holds lines of a label and a field; to be put inside its own style.
FORM_CSS = (
    """
    align: center middle;

    #form {
        width: 100%; max-width: 96; height: auto; max-height: 100%; overflow-y: auto; padding: 1 2;
    """
    + FRAME
    + """
    }
    .field { height: 1; }
    .field Label { width: 19; color: $text-muted; }
    .field:focus-within Label { color: $foreground; text-style: bold; }
    .field Input { width: 1fr; background: $panel; }
    Checkbox { background: $surface; border: none; padding: 0; }
"""
)


class Line(Input):
    """An Input that obeys keys in the order they come, however soon one follows another, with a steady cursor."""

    cursor_blink = reactive(False, init=False)  # each turn of it would be written to the terminal

    async def on_key(self, event: Key) -> None:
        """Do what a key is bound to; Textual would do it behind what has been typed since."""
        if (binding := bindings_by_key(type(self)).get(event.key)) is not None:
            event.prevent_default()
            event.stop()
            await self.run_action(binding.action)


class Field(Line):
    """An Input that draws each character it cannot show as one sign, so that pasted text is never obeyed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # A burst of keys goes to whoever has the focus as it arrives; with priority Tab moves it in time.
        Binding("tab", "complete", "Complete, or next field", show=False, priority=True),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
    ]

    def on_mount(self) -> None:
        """Draw signs, and let the cursor stand where they do."""
        self.highlighter = _Signs(self)
        POSITION_TO_CELL.replace(self, lambda _, position: cells(_signs(self.value[:position])))

    def on_paste(self, event: Paste) -> None:
        """Take all lines as one, and what a backslash continues too: Input would drop all but the first."""
        event.prevent_default()
        event.stop()
        lines = re.sub(r"\\\r?\n|\\\r", "", event.text).strip("\r\n").splitlines()
        self.replace(" ".join(lines), *self.selection)

    def action_complete(self) -> None:
        """Take the suggestion that is shown; without one go to the next field."""
        before = self.value
        settled = self.message_queue_size == 0  # else it belongs to less than what has been typed
        if settled and self.cursor_at_end:
            self.action_cursor_right()
        if self.value == before:
            self.screen.focus_next()


class _Signs(Highlighter):
    """What an Input draws in the place of its value; Rich would leave some control characters out."""

    def __init__(self, field: Input) -> None:
        self._field = field

    def __call__(self, text: str | Text) -> Text:
        """Return the value of the field with a sign for each character that has none."""
        return Text(_signs(self._field.value), no_wrap=True, overflow="ignore", end="")

    def highlight(self, text: Text) -> None:
        """Colour nothing."""


@lru_cache(maxsize=8)
def _signs(text: str) -> str:
    """Return ``text`` with one visible sign for each character that has none, so that positions stay."""
    return text if text.isprintable() else "".join(map(_sign, text))


def _sign(char: str) -> str:
    if char < " ":
        return chr(0x2400 + ord(char))  # Unicode's pictures of control characters, in their order
    return char if char.isprintable() else "\ufffd"
