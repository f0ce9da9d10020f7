"""What every command works with: the parts of an open queue, and the ways to wake its other processes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_queue.core.errors import BadInputError
from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import JobDraft
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.scheduling import wakeup
from tui_queue.core.scheduling.background import Background
from tui_queue.core.scheduling.lease import Lease
from tui_queue.core.store.store import Store
from tui_queue.core.units.sizes import size_text

if TYPE_CHECKING:
    from tui_queue.core.cleanup.cleaner import Cleaner


class CommandContext:
    """The parts of one open queue.

    ``wake`` is the directory of its listeners, ``scripts`` that of copied scripts. ``leave_out`` returns the names of
    variables that the user's settings leave out of environments, ``python`` the interpreter that they name.
    """

    def __init__(
        self,
        store: Store,
        executor: Executor,
        lease: Lease,
        background: Background,
        *,
        cleaner: "Callable[[], Cleaner]",
        capacity: Capacity,
        environments: EnvironmentFiles,
        leave_out: Callable[[], tuple[str, ...]],
        python: Callable[[], str],
        wake: str,
        scripts: str,
    ) -> None:
        self.store = store
        self.executor = executor
        self.lease = lease
        self.background = background
        self._cleaner = cleaner
        self.capacity = capacity
        self.environments = environments
        self.leave_out = leave_out
        self.python = python
        self.wake = wake
        self.scripts = scripts

    @property
    def cleaner(self) -> "Cleaner":
        """What removes ended jobs; made when it is needed."""
        return self._cleaner()

    def wake_listeners(self) -> None:
        """Tell every process of the queue that something has changed."""
        wakeup.wake_listeners(self.wake)

    def wake_scheduler(self) -> None:
        """Make sure that a process schedules, and tell every process that something has changed."""
        self.background.ensure()
        self.wake_listeners()

    def check_resources(self, draft: JobDraft) -> None:
        """Raise BadInputError for a resource that does not exist, or of which a job asks more than there is."""
        for name, wanted in draft.options.resources:
            total = self.capacity.total(name)
            if total is None:
                raise BadInputError(
                    "resource", f"{name}: no such resource; give its total in the settings, [resources]."
                )
            if wanted > total:
                raise BadInputError("resource", f"{name}={size_text(wanted)}: there are {size_text(total)} in all.")
