"""The dialog that lists the keys."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_queue.core.units.widths import cells
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.keymap import keys_of, with_keys

Group = tuple[str, Sequence[tuple[str, str]]]

_WIDE = 100  # cells


class Help(ModalScreen[None]):
    """Shows groups of keys, each with what it does."""

    DEFAULT_CSS = (
        """
    Help {
        align: center middle;

        #keys {
            width: 90%; max-width: 60; height: auto; max-height: 100%; padding: 1 2;
            """
        + FRAME
        + """ scrollbar-size: 1 1;
        }
        Grid { height: auto; grid-size: 1; grid-rows: auto; grid-gutter: 1 4; }
        &.-spread #keys { max-width: 110; }
        &.-spread Grid { grid-size: 2; }
        .group { height: auto; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "close", "Close", id="help.close", tooltip="Go back"),
        Binding("m", "pages", "Help pages", id="help.pages", tooltip="Read the help pages"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, groups: Sequence[Group], *, topic: str = "jobs") -> None:
        """Take the help page that fits the screen below."""
        super().__init__()
        self._topic = topic
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Lay out the groups beside or below each other."""
        with VerticalScroll(id="keys") as keys:
            keys.border_title = Content("Keys")
            keys.border_subtitle = Content(with_keys("{help.pages} more help · {help.close} closes", keys_of(self)))
            with Grid():
                for group in self._groups:
                    yield Static(_text_of_group(group), classes="group")

    def on_mount(self) -> None:
        """Let the keys that scroll go to the list."""
        self.query_one("#keys").focus()

    def on_resize(self, event: Resize) -> None:
        """Use a second column where there is room."""
        self.set_class(event.size.width >= _WIDE, "-spread")

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_pages(self) -> None:
        """Show the help pages in the place of the keys."""
        from tui_queue.ui.dialogs.help_pages import HelpPages  # noqa: PLC0415 - Markdown takes long to import

        self.app.switch_screen(HelpPages(self._topic))

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#keys").scroll_relative(y=lines, animate=False)


def _text_of_group(group: Group) -> Text:
    title, keys = group
    width = max((cells(key) for key, _ in keys), default=0)
    text = Text()
    text.append(title, style="bold")
    for key, meaning in keys:
        text.append(f"\n{key}{' ' * (width - cells(key))}", style="key")
        text.append(f"  {meaning}")
    return text
