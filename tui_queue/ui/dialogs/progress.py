"""A dialog that waits for something that takes long."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.keymap import keys_of, with_keys


class ProgressDialog(ModalScreen[bool]):
    """Waits, ``patience_s`` seconds at most, with the words on screen; False if the user stopped that with Esc."""

    DEFAULT_CSS = (
        """
    ProgressDialog {
        align: center middle;

        #wait {
            width: 90%; max-width: 64; height: auto; max-height: 100%; padding: 1 2;
            """
        + FRAME
        + """
        }
        Static { height: auto; }
        #detail { color: $text-muted; margin-top: 1; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "answer(True)", "Go on now", id="wait.enough", tooltip="Go on without waiting"),
        Binding("escape", "answer(False)", "Back", id="wait.back", tooltip="Go back"),
    ]

    def __init__(self, text: str, *, detail: str, until: Awaitable[object], patience_s: float) -> None:
        """In ``detail`` ids of bindings in braces stand for their keys."""
        super().__init__()
        self._text = text
        self._detail = detail
        self._until = until
        self._patience_s = patience_s
        self._answer: bool | None = None
        self._given = False

    def compose(self) -> ComposeResult:
        """Stack what it waits for and what can be done about it."""
        with Vertical(id="wait"):
            yield Static(self._text, markup=False)
            yield Static(with_keys(self._detail, keys_of(self)), id="detail", markup=False)

    def on_mount(self) -> None:
        """Begin to wait."""
        self._wait()

    @work
    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._until
        self.action_answer(True)

    def action_answer(self, answer: bool) -> None:
        """Wait no longer."""
        self._answer = answer
        self._give()

    def on_screen_resume(self) -> None:
        """Give the answer that came while something else was in front."""
        self._give()

    def _give(self) -> None:
        # Textual closes it later than it is told to, and must not be told twice.
        if self._answer is not None and self.is_active and not self._given:
            self._given = True
            self.dismiss(self._answer)
