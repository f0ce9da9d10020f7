"""Checks the keys in a user's settings against each other: only places that take keys at the same time conflict."""

from collections.abc import Mapping, Sequence

from tui_queue.ui.app import TuiQueueApp
from tui_queue.ui.dashboard.job_details import JobDetails
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.screen import Dashboard
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.form import EntryForm
from tui_queue.ui.dialogs.help import Help
from tui_queue.ui.dialogs.help_pages import HelpPages
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.dialogs.progress import ProgressDialog
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.job_form.file_browser import FileBrowser
from tui_queue.ui.job_form.form import JobForm
from tui_queue.ui.job_form.input import Field, Line
from tui_queue.ui.keymap import Place, read_keymap
from tui_queue.ui.lists.batches import BatchesScreen
from tui_queue.ui.lists.queues import QueuesScreen
from tui_queue.ui.lists.schedules import SchedulesScreen
from tui_queue.ui.lists.statistics import StatisticsScreen
from tui_queue.ui.lists.table_screen import TableScreen
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.log.search_results import SearchResults

_PLACES: Sequence[Place] = (
    (TuiQueueApp, Dashboard, JobTable),
    (TuiQueueApp, Dashboard, JobLog),
    (TableScreen, QueuesScreen),
    (TableScreen, SchedulesScreen),
    (TableScreen, BatchesScreen),
    (TableScreen, StatisticsScreen),
    (JobForm, Line, Field),
    (EntryForm, Line, Field),
    (Prompt, Line, Field),
    (Picker,),
    (Confirm,),
    (FileBrowser,),
    (SearchResults,),
    (Help,),
    (HelpPages,),
    (JobDetails,),
    (ProgressDialog,),
)


def keymap_of(values: Mapping[str, object], where: str) -> dict[str, str]:
    """Return which keys the settings give to bindings; ``where`` they stand is for the errors. Raises BadInputError."""
    return read_keymap(values, where, _PLACES)
