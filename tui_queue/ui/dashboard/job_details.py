"""Everything about one job, on the whole screen, as it is now."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar

from rich.console import Console
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_queue.core.analysis.report import details_lines
from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.overview import Details
from tui_queue.core.units.printable import printable
from tui_queue.core.units.widths import cells
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.messages import SCREEN_WORKERS

_EVERY_S = 2.0  # between two refreshes of a job that has not ended
_PAUSE_S = 0.5  # after a refresh, however often the queue changes
_OTHERS_SHARE = 3  # times the duration of a refresh: a pause that leaves the store to others
_WIDEST = 110  # cells
_FRAME_WIDE = 5  # cells around the text: the border, a blank on each side, the scroll bar


class JobDetails(ModalScreen[None]):
    """Shows lines of a label and a text; refreshes when the queue changes, and by the clock until the job has ended."""

    DEFAULT_CSS = (
        """
    JobDetails {
        align: center middle;

        #details {
            width: 100%; height: auto; max-height: 100%; padding: 0 1;
            """
        + FRAME
        + """ scrollbar-size: 1 1;
        }
        Static { height: auto; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i", "close", "Close", id="details.close", tooltip="Go back"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, commands: Commands, details: Details) -> None:
        """``details`` are what is shown at first."""
        super().__init__()
        self._commands = commands
        self._details = details
        self._lines: Sequence[tuple[str, str]] = ()
        self._changed = asyncio.Event()

    def compose(self) -> ComposeResult:
        """Put all lines into one text."""
        with VerticalScroll(id="details") as box:
            box.styles.max_width = _WIDEST
            yield Static()

    def on_mount(self) -> None:
        """Give the keys that scroll to the text; show it, and refresh it from now on."""
        self.query_one("#details").focus()
        self._show(self._details)
        self._say("")
        self._keep_refreshing()

    def on_resize(self) -> None:
        """Fold the lines for the new width."""
        self._draw()

    def on_queue_changed(self) -> None:
        """Refresh soon."""
        self._changed.set()

    @work(group=SCREEN_WORKERS)
    async def _keep_refreshing(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._details.job.state.ended else _EVERY_S):
                    await self._changed.wait()
            self._changed.clear()
            begun = time.monotonic()
            try:
                self._show(await self._commands.reports.details(str(self._details.job.id)))
                self._say("")
            except TuiQueueError as error:  # another client has removed it
                self._say(f"{printable(str(error))} · ")
            await asyncio.sleep(max(_PAUSE_S, _OTHERS_SHARE * (time.monotonic() - begun)))

    def _show(self, details: Details) -> None:
        self._details = details
        self.query_one("#details").border_title = Content(printable(f"Job {details.job.id}, {details.job.name}"))
        lines = details_lines(details, self._commands.jobs.log_path(details.job), datetime.now(UTC))
        if lines != self._lines:
            self._lines = lines
            self._draw()

    def _draw(self) -> None:
        room = min(_WIDEST, self.app.size.width) - _FRAME_WIDE
        self.query_one(Static).update(_text_of(self._lines, room, self.app.console))

    def _say(self, what: str) -> None:
        closes = with_keys("{details.close} closes", keys_of(self))
        self.query_one("#details").border_subtitle = Content(f"{what}{closes}")

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#details").scroll_relative(y=lines, animate=False)


def _text_of(lines: Sequence[tuple[str, str]], room: int, console: Console) -> Text:
    """Return the lines; what is too long for one goes on below its beginning."""
    width = max((cells(label) for label, _ in lines), default=0) + 2
    text = Text()
    for place, (label, words) in enumerate(lines):
        text.append("\n" if place else "")
        text.append(f"{label}{' ' * (width - cells(label))}", style="key")
        folded = Text(printable(words)).wrap(console, max(1, room - width), overflow="fold")
        text.append("\n".join(f"{' ' * width if below else ''}{part.plain}" for below, part in enumerate(folded)))
    return text
