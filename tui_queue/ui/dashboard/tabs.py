"""The line of tabs at the top of every screen: which screens there are, with their keys, and on which host this is."""

import getpass
import socket
from collections.abc import Mapping

from rich.text import Text
from textual.widgets import Static

from tui_queue.core.units.printable import printable

TABS = {  # words by the ids of the bindings that open the screens
    "view.jobs": "Jobs",
    "view.queues": "Queues",
    "view.schedules": "Schedules",
    "view.batches": "Batches",
    "view.history": "Statistics",
}
_WORDS_FROM, _USER_FROM, _PROGRAM_FROM = 80, 100, 110  # cells of the screen
_PROGRAM = "tui-queue"


class Tabs(Static):
    """Shows the screens by their keys; the one that is open stands out."""

    def __init__(self, active: str, keys: Mapping[str, str]) -> None:
        """``active`` is the id of the binding that opens this screen; ``keys`` are those of each binding, by its id."""
        super().__init__(classes="tabs", markup=False)
        self._active = active
        self._keys = keys
        self._where = _where()

    def on_mount(self) -> None:
        """Draw in the colours of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw())

    def on_unmount(self) -> None:
        """Let the signal go, which would keep this line for as long as the app."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Choose again what fits."""
        self._draw()

    def _draw(self) -> None:
        self.update(line_of_tabs(self._active, self._keys, self.size.width, self._where), layout=False)


def line_of_tabs(active: str, keys: Mapping[str, str], width: int, where: tuple[str, str]) -> Text:
    """Return the line for a width in cells; ``where`` is the user and the host."""
    tabs = Text(no_wrap=True)
    for name, word in TABS.items():
        key = keys.get(name, "").partition(" ")[0]
        shown = f"{key} {word}" if width >= _WORDS_FROM or name == active else key
        if name == active:
            tabs.append(f" {shown} ", "tab")
        else:
            tabs.append(f" {key}", "key").append(f"{shown[len(key) :]} ")
    user, host = where
    end = Text(no_wrap=True)
    if width >= _PROGRAM_FROM:
        end.append(f"{_PROGRAM}  ", "muted")
    if user and width >= _USER_FROM:
        end.append(f"{user}@", "muted")
    end.append(f"{host} ", "bold")
    if (room := width - tabs.cell_len - end.cell_len) < 1:
        return tabs
    return Text.assemble(tabs, " " * room, end, no_wrap=True)


def _where() -> tuple[str, str]:
    """Return the names of the user and of the host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # the number has no name
        user = ""
    return printable(user), printable(socket.gethostname().partition(".")[0])
