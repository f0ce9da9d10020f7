"""A dialog that asks for a choice from a list."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui_queue.core.units.printable import printable
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.keymap import keys_of, with_keys


class Picker(ModalScreen[str | None]):
    """Asks for one of the names; with ``remove`` a key takes one away, which it may refuse by returning False."""

    DEFAULT_CSS = (
        """
    Picker {
        align: center middle;

        #choose {
            width: 90%; max-width: 64; height: auto; max-height: 100%; padding: 1 2;
            """
        + FRAME
        + """
        }
        OptionList { height: auto; max-height: 15; background: $surface; }
        OptionList, OptionList:focus { border: none; padding: 0; background-tint: $surface; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="choose.leave", tooltip="Choose nothing"),
        Binding("j", "cursor('down')", "Down", show=False),
        Binding("k", "cursor('up')", "Up", show=False),
        Binding("d,delete", "remove", "Remove", id="choose.remove", tooltip="Remove what stands under the cursor"),
    ]

    def __init__(
        self, question: str, names: Sequence[str], *, remove: Callable[[str], Awaitable[bool]] | None = None
    ) -> None:
        super().__init__()
        self._question = question
        self._names = list(names)
        self._remove = remove

    def compose(self) -> ComposeResult:
        """Put the names below the question."""
        with Vertical(id="choose") as box:
            box.border_title = Content(printable(self._question))
            removes = "   {choose.remove} removes it" if self._remove else ""
            keys = f"Enter takes it{removes}   {{choose.leave}} goes back"
            box.border_subtitle = Content(with_keys(keys, keys_of(self)))
            yield OptionList(*(Option(Content(printable(name))) for name in self._names))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._names[event.option_index])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take the key away where nothing can be removed."""
        return action != "remove" or self._remove is not None

    @work(exclusive=True, group="remove")
    async def action_remove(self) -> None:
        """Remove the name under the cursor; there is nothing to choose without any."""
        names = self.query_one(OptionList)
        place = names.highlighted
        if self._remove is None or place is None or not await self._remove(self._names[place]):
            return
        del self._names[place]
        names.remove_option_at_index(place)
        if not self._names:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Answer with nothing."""
        self.dismiss(None)

    def action_cursor(self, where: str) -> None:
        """Move to the name above or below."""
        names = self.query_one(OptionList)
        (names.action_cursor_down if where == "down" else names.action_cursor_up)()
