"""A list of files to choose one from."""

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static
from textual_fspicker.base_dialog import Dialog, FileSystemPickerScreen
from textual_fspicker.parts import CurrentDirectory, DirectoryNavigation

from tui_queue.core.units.printable import printable
from tui_queue.ui.dialogs.frame import FRAME
from tui_queue.ui.keymap import keys_of, with_keys


class FileBrowser(FileSystemPickerScreen, inherit_bindings=False):
    """Chooses one file; names that a terminal would obey, or could not draw, are left out."""

    DEFAULT_CSS = (
        """
    FileBrowser {
        Dialog { width: 90%; max-width: 100; height: 90%; """
        + FRAME
        + """ }
        Dialog OptionList, Dialog OptionList:focus { background: $surface; background-tint: $surface; }
        #keys { height: 1; padding: 0 1; color: $text-muted; }
    }
    """
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "hidden", "Hidden files", show=False, id="browse.hidden", tooltip="Show them, or not"),
        Binding("escape", "dismiss(None)", "Back", show=False, id="browse.leave", tooltip="Choose none"),
    ]

    class Place(CurrentDirectory):
        """Where we are; a directory may be called anything."""

        def update(self, content: object = "", *, layout: bool = True) -> None:
            """Draw the directory as plain text."""
            super().update(Text(printable(str(content)), no_wrap=True), layout=layout)

    class Navigation(DirectoryNavigation):
        """The entries of one directory."""

        def hide(self, path: Path) -> bool:
            """Leave out what cannot be drawn as it is."""
            return printable(path.name) != path.name or super().hide(path)

    def __init__(self, place: str, title: str) -> None:
        """Begin in the directory ``place``."""
        super().__init__(place, title)
        self._begins_in = place
        self._shown_title = title

    def compose(self) -> ComposeResult:
        """Stack the place, its entries, and the keys."""
        with Dialog() as dialog:
            dialog.border_title = Content(printable(self._shown_title))
            yield self.Place()
            yield self.Navigation(self._begins_in)
            keys = "Enter choose   Backspace up   {browse.hidden} hidden   {browse.leave} back"
            yield Static(with_keys(keys, keys_of(self)), id="keys", markup=False)

    @on(DirectoryNavigation.Changed)
    def _moved(self, event: DirectoryNavigation.Changed) -> None:
        self.query_one(self.Place).current_directory = event.navigation.location

    @on(DirectoryNavigation.Selected)
    def _chosen(self, event: DirectoryNavigation.Selected) -> None:
        self.dismiss(event.path)
