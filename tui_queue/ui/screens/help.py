"""All the keys, by what they do."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

Group = tuple[str, Sequence[tuple[str, str]]]


class Help(ModalScreen[None]):
    """A list of keys under headings."""

    DEFAULT_CSS = """
    Help {
        align: center middle;
        background: $background 60%;
    }
    Help > VerticalScroll {
        width: 56;
        max-width: 95%;
        height: auto;
        max-height: 95%;
        padding: 0 2;
        background: $panel;
        border: round $primary;
        border-title-color: $foreground;
    }
    """
    BINDINGS = [Binding("escape,q,question_mark,f1", "dismiss", "Close", id="help.close")]

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Write the groups one below the other."""
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = "Esc closes"
            yield Static(_as_text(self._groups))


def _as_text(groups: Sequence[Group]) -> Text:
    text = Text()
    for place, (heading, keys) in enumerate(groups):
        text.append(f"{'' if place == 0 else chr(10)}{heading}\n", "bold")
        for key, what in keys:
            text.append(f"  {key:<12}", "bold cyan")
            text.append(f"{what}\n")
    text.rstrip()
    return text
