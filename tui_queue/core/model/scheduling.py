"""Who schedules a queue."""

from msgspec import Struct

from tui_queue.core.model.overview import Holder


class Scheduling(Struct, frozen=True, kw_only=True):
    """The process that schedules now, and the one in the background, which may leave that to a dashboard.

    ``version`` is that of the program that schedules, empty where that has not said it. ``background`` is the number of
    a process on this host, 0 while it has only just begun.
    """

    holder: Holder | None
    version: str = ""
    background: int | None = None
