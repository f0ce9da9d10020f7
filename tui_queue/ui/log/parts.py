"""The parts of the log pane that read and draw a log.

They take longer to import than the rest of the dashboard's first picture: the pane loads them behind that.
"""

from collections.abc import Callable, Sequence

from textual.widget import Widget

from tui_queue.ui.log.canvas import LogCanvas, width_for_rows
from tui_queue.ui.log.feed import LogFeed
from tui_queue.ui.log.line_numbers import LineNumbers
from tui_queue.ui.log.search import LogSearch
from tui_queue.ui.log.selection import LogSelection
from tui_queue.ui.log.status import LogStatus
from tui_queue.ui.log.view import Layout


class LogParts:
    """Reads the log (``feed``), draws it (``canvas``), searches in it, counts its lines, and knows what is selected."""

    def __init__(self, widget: Widget, status: LogStatus, columns: Callable[[], tuple[bool, bool, bool]]) -> None:
        """``columns`` returns whether long lines are wrapped, and whether numbers and times of lines are shown."""
        self._widget = widget
        self._columns = columns
        self.feed = LogFeed(widget, status, self._layout)
        self.search = LogSearch(widget, self.feed, status)
        self.numbers = LineNumbers(widget, self.feed)
        self.selection = LogSelection(self.feed)
        self.canvas = LogCanvas(widget, self.feed, self.selection, self.search.spans)
        self.feed.listeners = (self.search, self.numbers)

    def _layout(self, names: Sequence[str]) -> Layout:
        wrap, numbers, times = self._columns()
        size = self._widget.size
        width = width_for_rows(size.width, names, numbers=numbers, times=times)
        return Layout(size.height, width, wrap=wrap, numbers=numbers, times=times)
