"""What the user changes of the dashboard while it is open: the settings, and the order of the rows."""

from collections.abc import Callable, Mapping

from textual.screen import Screen

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.ui.command_result import show_error
from tui_queue.ui.dashboard.columns import ORDERS
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.job_window import JobWindow
from tui_queue.ui.dashboard.log_placement import LogPlacement
from tui_queue.ui.dashboard_settings import dashboard_settings_of


class Preferences:
    """Asks for them, and applies at once those that can be."""

    def __init__(
        self,
        screen: Screen[None],
        commands: Commands,
        *,
        path: str,
        table: JobTable,
        window: JobWindow,
        placement: LogPlacement,
        put_on: Callable[[str], None],
        draw_signs: Callable[[str], None],
    ) -> None:
        """``path`` is that of the settings; ``put_on`` draws in the colours of a theme."""
        self._screen = screen
        self._commands = commands
        self._path = path
        self._table = table
        self._window = window
        self._placement = placement
        self._put_on = put_on
        self._draw_signs = draw_signs

    async def change(self) -> None:
        """Ask for other settings, and save them."""
        from tui_queue.ui.dialogs.settings import remarks, settings_form  # noqa: PLC0415 - the first picture does without

        try:
            form = settings_form(self._path)
        except TuiQueueError as error:
            show_error(self._screen, error)
            return
        if changes := await self._screen.app.push_screen_wait(form):
            self._apply(changes)
            self._commands.settings_changed()
            self._screen.notify(" ".join(["Saved.", *remarks(changes)]), markup=False)

    def _apply(self, changes: Mapping[str, object]) -> None:
        if theme := changes.get("dashboard.theme"):
            self._put_on(str(theme))
        if signs := changes.get("dashboard.signs"):
            self._draw_signs(str(signs))
        if "dashboard.columns" in changes:
            read = dashboard_settings_of({"columns": changes["dashboard.columns"]}, self._path)
            self._table.have_columns(read.columns)
        if order := changes.get("dashboard.order"):
            self._table.order_by(str(order))
        if split := changes.get("dashboard.split"):
            self._placement.put(str(split))

    async def order(self) -> None:
        """Ask for an order of the rows."""
        from tui_queue.ui.dialogs.picker import Picker  # noqa: PLC0415 - as the form of the settings

        orders = {words: name for name, (words, _) in ORDERS.items()}
        overview = self._window.overview
        partly = overview is not None and (overview.unshown or overview.older)
        which = f"{len(overview.jobs):,} jobs that are shown" if overview is not None and partly else "jobs"
        chosen = await self._screen.app.push_screen_wait(Picker(f"Order the {which} by", list(orders)))
        if chosen is not None:
            self._table.order_by(orders[chosen])
