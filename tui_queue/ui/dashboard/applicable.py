"""Which actions apply to the chosen jobs, and why the others do not."""

from collections.abc import Mapping

from tui_queue.ui.dashboard.bindings import APPLIES
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.why_not import why_not
from tui_queue.ui.keymap import with_keys


class Applicable:
    """The actions for the selected jobs of a table, or for the job under its cursor."""

    def __init__(self, table: JobTable, keys: Mapping[str, str]) -> None:
        """``keys`` are those of each binding as shown, by its id."""
        self._table = table
        self._keys = keys

    def applies(self, action: str) -> bool:
        """Whether an action applies to any of the chosen jobs."""
        return action not in APPLIES or any(map(APPLIES[action], self._table.chosen))

    def why_not(self, action: str) -> str:
        """Return why an action applies to none of them; empty where it does."""
        return with_keys(why_not(action, self._table.chosen, APPLIES.get(action, lambda _: True)), self._keys)
