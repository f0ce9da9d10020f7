"""The list screens, by name."""

from collections.abc import Callable, Mapping

from tui_queue.core.commands.commands import Commands
from tui_queue.ui.dashboard.summary import QueueStatus
from tui_queue.ui.dashboard.undo import Undo
from tui_queue.ui.lists.batches import BatchesScreen
from tui_queue.ui.lists.queues import QueuesScreen
from tui_queue.ui.lists.schedules import SchedulesScreen
from tui_queue.ui.lists.statistics import StatisticsScreen
from tui_queue.ui.lists.table_screen import TableScreen

LIST_SCREENS: Mapping[str, Callable[[Commands, Undo, QueueStatus], TableScreen]] = {
    "queues": QueuesScreen,
    "schedules": SchedulesScreen,
    "batches": BatchesScreen,
    "history": StatisticsScreen,
}
