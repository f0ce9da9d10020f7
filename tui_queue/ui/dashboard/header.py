"""The two lines at the top of every screen: its tabs, and the status of the queue."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical

from tui_queue.ui.dashboard.summary import QueueStatus, Summary
from tui_queue.ui.dashboard.tabs import Tabs


class Header(Vertical):
    """Stacks the tabs on the status; a screen of few lines has the status alone."""

    def __init__(self, active: str, keys: Mapping[str, str], status: QueueStatus) -> None:
        """``active`` is the id of the binding that opens this screen; ``keys`` are those of each binding, by its id."""
        super().__init__(classes="header")
        self._tabs = Tabs(active, keys)
        self._summary = Summary(status)

    def compose(self) -> ComposeResult:
        """Stack the two lines."""
        yield self._tabs
        yield self._summary
