"""Counts the lines of a log for line numbers."""

from textual.widget import Widget

from tui_queue.ui.log.feed import LogFeed
from tui_queue.ui.log.workers import start_worker


class LineNumbers:
    """Counts step by step in a worker, so that other questions to the log get their turn."""

    def __init__(self, widget: Widget, feed: LogFeed) -> None:
        self._widget = widget
        self._feed = feed

    def count(self) -> None:
        """Count, if numbers are shown, until the lines in view have theirs."""
        if self._feed.layout.numbers:
            start_worker(self._widget, self._count, group="numbers", exclusive=True)

    def opened(self) -> None:
        """Begin to count."""
        self.count()

    def restarted(self) -> None:
        """Wait for new output."""

    def grown(self) -> None:
        """Count the new lines."""
        self.count()

    def closed(self) -> None:
        """Stop; the worker ends with all others of the log."""

    async def _count(self) -> None:
        while (log := self._feed.log) is not None and (counted := await self._feed.ask(log.count_lines)) is not None:
            if counted >= 1:
                self._feed.fit()
                return
