"""The listings that there are beside the jobs, by name."""

from collections.abc import Callable, Mapping

from tui_queue.core.commands.commands import Commands
from tui_queue.ui.dashboard.undo import Undo
from tui_queue.ui.lists.batches import BatchesScreen
from tui_queue.ui.lists.queues import QueuesScreen
from tui_queue.ui.lists.schedules import SchedulesScreen
from tui_queue.ui.lists.statistics import HistoryScreen
from tui_queue.ui.lists.table_screen import Listing

LISTINGS: Mapping[str, Callable[[Commands, Undo], Listing]] = {
    "queues": QueuesScreen,
    "schedules": SchedulesScreen,
    "batches": BatchesScreen,
    "history": HistoryScreen,
}
