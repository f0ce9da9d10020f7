"""Awaits a command for a screen, and shows its error."""

from collections.abc import Awaitable
from typing import TypeVar

from textual.widget import Widget

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.units.printable import printable

T = TypeVar("T")

_PATIENCE_S = 3.0  # after which the user is told that a command takes long


async def result_of(screen: Widget, command: Awaitable[T]) -> T | None:
    """Return the result of a command, or None where it failed; an error and a long wait are shown as toasts."""

    def say_that_it_takes_long() -> None:
        screen.notify("The disk of the queue does not answer. Waiting for it.", severity="warning")

    timer = screen.set_timer(_PATIENCE_S, say_that_it_takes_long)
    try:
        return await command
    except TuiQueueError as error:
        show_error(screen, error)
        return None
    finally:
        timer.stop()


def show_error(screen: Widget, error: TuiQueueError) -> None:
    """Show what is wrong as a toast."""
    screen.notify(printable(str(error)), severity="error", markup=False)
