"""The one place for messages: which of them are shown together, and where, so that the row with the cursor is seen."""

from typing import Any

from textual.screen import Screen
from textual.widgets import DataTable

_ENOUGH = 4  # lines below the cursor's row with which messages stay where they usually are
_FOOTER = 1


def cursor_line(screen: Screen[Any]) -> int | None:
    """Return the line of the screen that has the cursor of its table; None where none is seen."""
    for table in screen.query(DataTable):
        if table.region.height > table.header_height and table.row_count:
            return table.region.y + table.header_height + table.cursor_row - table.scroll_offset.y
    return None


def place(screen: Screen[Any], *, expected: bool = False) -> None:
    """Put the messages of a screen below the row with the cursor, or above it where there is too little room.

    Without any, and none ``expected``, nothing is laid out anew.
    """
    racks = screen.query_children("ToastRack")
    if not racks or not (racks.first().display or expected):
        return
    rack, line = racks.first(), cursor_line(screen)
    below = screen.size.height - _FOOTER if line is None else screen.size.height - _FOOTER - line - 1
    is_below = line is None or below >= min(_ENOUGH, line)
    rack.styles.dock = "bottom" if is_below else "top"
    rack.styles.align_vertical = "bottom" if is_below else "top"
    rack.styles.margin = (0, 0, _FOOTER, 0) if is_below else (0, 0, 0, 0)
    rack.styles.max_height = max(1, below if is_below or line is None else line)


class Toasts:
    """Decides how long messages stay: the next one takes the place of those before, but not of an error."""

    def __init__(self) -> None:
        self._error_until = 0.0

    def replaces(self, *, is_error: bool, now: float, lasts_s: float) -> bool:
        """Whether a message takes the place of those that are shown."""
        replaces = now >= self._error_until
        if is_error:
            self._error_until = now + lasts_s
        return replaces
