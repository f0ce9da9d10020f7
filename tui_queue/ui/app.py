"""The Textual application: one dashboard, its looks, and the palette."""

import os
from collections.abc import Iterable
from typing import Any

from textual._compositor import CompositorUpdate
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.theme import Theme

from tui_queue.core.commands import Commands
from tui_queue.core.notices import Channels
from tui_queue.ui.announcing import announcement
from tui_queue.ui.driver import TerminalDriver
from tui_queue.ui.messages import QueueChanged
from tui_queue.ui.screens.dashboard import Dashboard
from tui_queue.ui.wire import Sent

THEME = Theme(
    name="tui-queue",
    primary="#5fafd7",
    secondary="#87afaf",
    accent="#d7af5f",
    warning="#d7af5f",
    error="#d75f5f",
    success="#87af5f",
    foreground="#d0d0d0",
    background="#16181d",
    surface="#1c1f26",
    panel="#262a33",
    dark=True,
)


class TuiQueueApp(App[None]):
    """The dashboard of a queue; ``farewell`` is what to say once it has been left."""

    TITLE = "tui-queue"
    CSS_PATH = "app.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    BINDINGS = [Binding("q", "leave", "Quit", id="app.leave", tooltip="Leave; running jobs go on")]

    def __init__(self, commands: Commands, *, background: bool, channels: Channels) -> None:
        super().__init__(driver_class=TerminalDriver)
        self.farewell = ""
        self._dashboard = Dashboard(commands, background=background, channels=channels)
        self.animation_level = "none"

    def get_default_screen(self) -> Screen[None]:
        """Return the one screen that everything else opens above."""
        return self._dashboard

    def on_mount(self) -> None:
        """Put the looks on."""
        self.register_theme(THEME)
        self.theme = THEME.name

    def on_resize(self) -> None:
        """Have all drawn again: terminals differ in what they make of what they show."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.wire.forget()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Send what differs, and nothing where nothing does."""
        driver = self._driver
        if isinstance(driver, TerminalDriver) and isinstance(renderable, CompositorUpdate) and not self._batch_count:
            text = driver.wire.difference(renderable, self.console)
            if text == "":
                self.post_display_hook()
                return
            renderable = renderable if text is None else Sent(text)
        super()._display(screen, renderable)

    def queue_changed(self) -> None:
        """Look at the queue again, soon; called whenever somebody changed it."""
        if self.is_running:
            self._dashboard.post_message(QueueChanged())

    def announce(self, title: str, text: str, way: str) -> None:
        """Have the terminal tell whoever looks elsewhere; ``way`` is as the settings name it."""
        if self._driver is not None and (sequence := announcement(title, text, way, os.environ)):
            self._driver.write(sequence)
            self._driver.flush()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Put every verb of the dashboard into the palette."""
        if screen is self._dashboard:
            yield from self._dashboard.palette()
        yield from super().get_system_commands(screen)

    def leave_with(self, code: int) -> None:
        """Leave with an exit code; while the dashboard is being put together Textual can't, then soon after that."""
        if self._dashboard.is_mounted:
            self.exit(return_code=code)
        else:
            self._dashboard.call_later(self.exit, return_code=code)

    async def action_quit(self) -> None:
        """Leave in the one way there is."""
        await self.action_leave()

    async def action_leave(self) -> None:
        """Leave; what goes on without us is said on the way out."""
        self.farewell = await self._dashboard.farewell()
        self.exit()
