"""The listings that there are beside the jobs, by name."""

from collections.abc import Callable, Mapping

from tui_queue.core.commands import Commands
from tui_queue.ui.screens.batches import BatchesScreen
from tui_queue.ui.screens.history import HistoryScreen
from tui_queue.ui.screens.listing import Listing
from tui_queue.ui.screens.queues import QueuesScreen
from tui_queue.ui.screens.schedules import SchedulesScreen
from tui_queue.ui.undo import Undo

LISTINGS: Mapping[str, Callable[[Commands, Undo], Listing]] = {
    "queues": QueuesScreen,
    "schedules": SchedulesScreen,
    "batches": BatchesScreen,
    "history": HistoryScreen,
}
