"""Starts the work of the log pane that goes on beside its keys."""

from collections.abc import Callable, Coroutine
from typing import Any

from textual.widget import Widget
from textual.worker import Worker


def start_worker(
    widget: Widget, work: Callable[[], Coroutine[Any, Any, None]], *, group: str = "default", exclusive: bool = False
) -> Worker[None]:
    """Start work that ends with the widget; an exclusive one ends those of its group.

    The work is a function, since a coroutine that is cancelled before it begins would never be awaited.
    """
    return widget.run_worker(work, group=group, exclusive=exclusive)
