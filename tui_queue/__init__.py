"""A job queue that a person runs from a terminal; from Python: ``from tui_queue import Queue``."""

# Type checkers take this name for true. typing takes a while to load, in which Ctrl+C would show a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tui_queue.api import AsyncQueue, Queue
    from tui_queue.core.errors import BadInputError, NoSuchJobError, StoreError, TuiQueueError, WrongStateError
    from tui_queue.core.model.job import Job, State

__version__ = "0.1.0"

__all__ = [
    "AsyncQueue",
    "BadInputError",
    "Job",
    "NoSuchJobError",
    "Queue",
    "State",
    "StoreError",
    "TuiQueueError",
    "WrongStateError",
]

_PLACES = {"AsyncQueue": "api", "Job": "core.model.job", "Queue": "api", "State": "core.model.job"}


def __getattr__(name: str) -> "Any":
    """Import what is asked for; a command that needs none of it starts sooner."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'core.errors')}"), name)
