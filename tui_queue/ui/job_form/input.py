"""Input fields that handle fast keys in order and show control characters safely."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input

from tui_queue.core.units.widths import cells
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.job_form.edits import Edits, end_of_difference
from tui_queue.ui.keymap import bindings_by_key, has_key
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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "undo", "Undo", show=False, id="field.undo"),
        Binding("ctrl+y", "redo", "Redo", show=False, id="field.redo"),
    ]

    cursor_blink = reactive(False, init=False)  # each turn of it would be written to the terminal

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what Input takes."""
        self._edits = Edits()
        super().__init__(*args, **kwargs)
        self._edits = Edits(self.value)

    async def on_key(self, event: Key) -> None:
        """Do what a key is bound to; Textual would do it behind what has been typed since."""
        binding = bindings_by_key(type(self)).get(event.key)
        if binding is not None and has_key(self, binding):
            event.prevent_default()
            event.stop()
            await self.run_action(binding.action)

    def watch_value(self, value: str) -> None:
        """Keep what stood here before."""
        self._edits.change(value)

    def action_undo(self) -> None:
        """Take the last edit back."""
        self._put(self._edits.undo())

    def action_redo(self) -> None:
        """Do what was taken back last again."""
        self._put(self._edits.redo())

    def _put(self, value: str | None) -> None:
        if value is not None:
            before, self.value = self.value, value
            self.cursor_position = end_of_difference(before, value)

    def action_copy(self) -> None:
        """Copy what is selected; with nothing selected the user may want to quit by that key."""
        if self.selection.is_empty:
            self.app.action_help_quit()
        else:
            super().action_copy()


class Field(Line):
    """An Input that draws each character it cannot show as one sign, so that pasted text is never obeyed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # A burst of keys goes to the widget that has the focus as it arrives; with priority Tab moves it in time.
        Binding("tab", "complete", "Complete, or next field", show=False, priority=True),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
    ]

    def on_mount(self) -> None:
        """Draw signs, and let the cursor stand where they do."""
        self.highlighter = _Signs(self)
        POSITION_TO_CELL.replace(self, lambda _, position: cells(_signs(self.value[:position])))

    @dataclass
    class Lines(Message):
        """Several lines were pasted into a field that has asked to be told."""

        lines: list[str]

    tells_of_lines = False  # rather than take them as one

    def on_paste(self, event: Paste) -> None:
        """Take all lines as one, and what a backslash continues too: Input would drop all but the first."""
        event.prevent_default()
        event.stop()
        lines = lines_of(event.text)
        if self.tells_of_lines and sum(1 for line in lines if line.strip()) > 1:
            self.post_message(self.Lines(lines))
        else:
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


def lines_of(text: str) -> list[str]:
    """Return the lines of a pasted text; what a backslash continues is one."""
    return re.sub(r"\\\r?\n|\\\r", "", text).strip("\r\n").splitlines()


@lru_cache(maxsize=8)
def _signs(text: str) -> str:
    """Return ``text`` with one visible sign for each character that has none, so that positions stay."""
    return text if text.isprintable() else "".join(map(_sign, text))


def _sign(char: str) -> str:
    if char < " ":
        return chr(0x2400 + ord(char))  # Unicode's pictures of control characters, in their order
    return char if char.isprintable() else "\ufffd"
