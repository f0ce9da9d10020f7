"""The help pages in the dashboard: a list of topics that a search narrows, and the page of the chosen one."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui_queue import help_pages
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.keymap import keys_of, with_keys

if TYPE_CHECKING:
    from textual.widgets import Markdown

_NARROW = 60  # cells; in fewer the list stands above the page


class HelpPages(ModalScreen[None]):
    """Shows the page ``topic`` at first. A page is built when it is shown."""

    DEFAULT_CSS = (
        """
    HelpPages {
        align: center middle;

        #pages { width: 100%; max-width: 130; height: 100%;"""
        + FRAME
        + """}
        #list { width: 20; height: 100%; }
        OptionList, OptionList:focus {
            height: 1fr; border: none; padding: 0 1; background: $surface; scrollbar-size: 1 1;
        }
        Input { height: 1; border: none; padding: 0 1; background: $surface; }
        #page { width: 1fr; height: 100%; padding: 0 1; scrollbar-size: 1 1; }
        Markdown { padding: 0; margin: 0; background: $surface; }
        &.-narrow Horizontal { layout: vertical; }
        &.-narrow #list { width: 100%; height: 30%; min-height: 2; }
        &.-narrow #page { width: 100%; height: 1fr; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", id="pages.close", tooltip="Go back"),
        Binding("slash", "search", "Search", id="pages.search", tooltip="Show only pages with these words"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
    ]

    def __init__(self, topic: str = "jobs") -> None:
        super().__init__()
        self._topic = topic
        self._page = _empty_page()

    def compose(self) -> ComposeResult:
        """Lay out the list beside the page."""
        with Vertical(id="pages") as pages:
            pages.border_title = Content("Help")
            pages.border_subtitle = Content(
                with_keys("↑ ↓ choose · j k scroll · {pages.search} searches · {pages.close} closes", keys_of(self))
            )
            with Horizontal():
                with Vertical(id="list"):
                    yield Input(placeholder="/ search", compact=True)
                    yield OptionList()
                with VerticalScroll(id="page", can_focus=False):
                    yield self._page

    def on_mount(self) -> None:
        """List all pages, and show the first one."""
        self._list("")
        self.query_one(OptionList).focus()

    def on_resize(self, event: Resize) -> None:
        """Put the list above the page where there is little room."""
        self.set_class(event.size.width < _NARROW, "-narrow")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the pages with these words."""
        self._list(event.value)

    def on_input_submitted(self) -> None:
        """Go from the words to the list."""
        self.query_one(OptionList).focus()

    async def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the page under the cursor."""
        topic = str(event.option_id)
        await self._page.update(help_pages.page(topic))
        self._topic = topic
        self.query_one("#page").scroll_home(animate=False)

    def action_close(self) -> None:
        """Go from the search back to all pages, and from there back to the screen before."""
        words = self.query_one(Input)
        if words.value or words.has_focus:
            words.value = ""
            self.query_one(OptionList).focus()
        else:
            self.dismiss(None)

    def action_search(self) -> None:
        """Ask for words."""
        self.query_one(Input).focus()

    def action_scroll(self, lines: int) -> None:
        """Scroll the page by lines."""
        self.query_one("#page").scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by the height of the page, but for a line."""
        page = self.query_one("#page")
        page.scroll_relative(y=pages * max(1, page.size.height - 1), animate=False)

    def _list(self, text: str) -> None:
        """Fill the list with the pages that have all these words; the cursor stays on its page if it can."""
        words = text.lower().split()
        found = [name for name in help_pages.topics() if all(word in help_pages.page(name).lower() for word in words)]
        options = self.query_one(OptionList)
        options.set_options([Option(name, id=name) for name in found])
        if found:
            options.highlighted = found.index(self._topic) if self._topic in found else 0


def _empty_page() -> "Markdown":
    from textual.widgets import Markdown  # noqa: PLC0415 - takes long

    return Markdown(open_links=False)
