"""Everything about one job, on the whole screen."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_queue.core.printable import printable
from tui_queue.ui.keymap import keys_of, with_keys


class JobDetails(ModalScreen[None]):
    """Shows lines of a label and a text; scrolls."""

    DEFAULT_CSS = """
    JobDetails {
        align: center middle;

        #details {
            width: 100%; max-width: 110; height: auto; max-height: 100%; padding: 0 1;
            border: round $primary; border-title-color: $foreground; border-subtitle-color: $text-muted;
            background: $surface; scrollbar-size: 1 1;
        }
        Static { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i", "close", "Close", id="details.close", tooltip="Go back"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._heading = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Put all lines into one text."""
        with VerticalScroll(id="details") as box:
            box.border_title = Content(printable(self._heading))
            box.border_subtitle = Content(with_keys("{details.close} closes", keys_of(self)))
            yield Static(_drawn(self._lines))

    def on_mount(self) -> None:
        """Let the keys that scroll go to the text."""
        self.query_one("#details").focus()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#details").scroll_relative(y=lines, animate=False)


def _drawn(lines: Sequence[tuple[str, str]]) -> Text:
    width = max((cell_len(label) for label, _ in lines), default=0)
    text = Text()
    for place, (label, words) in enumerate(lines):
        text.append("\n" if place else "")
        text.append(f"{label}{' ' * (width - cell_len(label))}  ", style="cyan")
        text.append(printable(words))
    return text
