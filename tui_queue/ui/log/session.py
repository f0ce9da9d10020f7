"""One log, or several, opened for the pane: the event loop asks, and a thread of its own reads.

So a disk that hangs holds up neither keys nor other logs.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.text import LogText
from tui_queue.core.system.worker_thread import Reader
from tui_queue.core.units.printable import printable
from tui_queue.ui.log.position import LogPosition
from tui_queue.ui.log.view import Span, View

T = TypeVar("T")


class LogSession:
    """Does one thing after another in its thread, and answers with futures."""

    def __init__(self, source: str | Mapping[str, str]) -> None:
        """``source`` is the path of a log, or the paths of several by their names."""
        self._position = LogPosition(source)
        self._title = printable(source) if isinstance(source, str) else "The output"
        self._reader = Reader()
        self._acts = 0  # that were asked for
        self._poll_is_due = False  # one was asked for, and has not begun

    @property
    def log(self) -> LogText | None:
        """The one log; None for several."""
        return self._position.log

    def act(self, what: Callable[[LogPosition], object]) -> "asyncio.Future[View | None]":
        """Change the position; the answer is the view after that, or None where further acts wait already.

        It raises StoreError where the log can't be read.
        """
        self._acts += 1
        return self.ask(partial(self._act, what, self._acts))

    def poll(self) -> "asyncio.Future[View | None] | None":
        """Read the new output; None where a poll waits already."""
        if self._poll_is_due:
            return None
        self._poll_is_due = True
        return self.act(self._poll)

    def here(self) -> "asyncio.Future[int | None]":
        """Return the offset of the line that searches begin at, as ``LogPosition.here``."""
        return self.ask(self._position.here)

    def text_in(self, span: Span) -> "asyncio.Future[str]":
        """Return a part of the text, as ``LogPosition.text_in``."""
        return self.ask(partial(self._position.text_in, span))

    def ask(self, question: Callable[[], T]) -> "asyncio.Future[T]":
        """Call in the thread; the answer raises StoreError where the log can't be read."""
        return self._reader.ask(partial(self._answer, question))

    def close(self) -> None:
        """Close all files, as soon as all questions are answered."""
        self._reader.close(self._position.close)

    def _act(self, what: Callable[[LogPosition], object], number: int) -> View | None:
        what(self._position)
        return self._position.view() if number == self._acts else None

    def _poll(self, position: LogPosition) -> None:
        self._poll_is_due = False
        position.poll()

    def _answer(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except OSError as error:
            raise StoreError(f"{self._title}: can't be read: {error.strerror}.") from None
