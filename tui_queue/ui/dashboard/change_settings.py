"""Asks for other settings, and applies at once those of the dashboard that can be."""

from collections.abc import Mapping
from typing import Protocol

from textual.screen import Screen

from tui_queue.core.errors import TuiQueueError
from tui_queue.ui.command_result import show_error
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.log_placement import LogPlacement
from tui_queue.ui.dashboard_settings import dashboard_settings_of


class Dressed(Protocol):
    """What has colours of a theme."""

    def put_on(self, theme: str) -> None:
        """Draw in the colours of a theme."""


async def changed_settings(screen: Screen[None], path: str) -> Mapping[str, object]:
    """Ask for other settings and save them in their file; return those that the user has changed."""
    from tui_queue.ui.dialogs.settings import remarks, settings_form  # noqa: PLC0415 - the first picture does without

    try:
        form = settings_form(path)
    except TuiQueueError as error:
        show_error(screen, error)
        return {}
    changes = await screen.app.push_screen_wait(form) or {}
    if changes:
        screen.notify(" ".join(["Saved.", *remarks(changes)]), markup=False)
    return changes


def change_looks(
    changes: Mapping[str, object], path: str, *, host: Dressed, table: JobTable, placement: LogPlacement
) -> None:
    """Let the dashboard look as the changed settings, of the file at this path, say."""
    if theme := changes.get("dashboard.theme"):
        host.put_on(str(theme))
    if "dashboard.columns" in changes:
        read = dashboard_settings_of({"columns": changes["dashboard.columns"]}, path)
        table.have_columns(read.columns)
    if order := changes.get("dashboard.order"):
        table.order_by(str(order))
    if split := changes.get("dashboard.split"):
        placement.put(str(split))
