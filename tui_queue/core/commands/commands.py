"""Every verb of the user, one object a noun; the dashboard, the command line and the Python API call the same ones."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from tui_queue.core.commands.context import CommandContext, why
from tui_queue.core.commands.jobs import JobCommands
from tui_queue.core.errors import StoreError
from tui_queue.core.model.job import Job
from tui_queue.core.system.worker_thread import in_thread

if TYPE_CHECKING:
    from tui_queue.core.commands.batches import BatchCommands
    from tui_queue.core.commands.cleanup import CleanupCommands
    from tui_queue.core.commands.interchange import InterchangeCommands
    from tui_queue.core.commands.kept_files import KeptFiles
    from tui_queue.core.commands.queues import QueueCommands
    from tui_queue.core.commands.reports import ReportCommands
    from tui_queue.core.commands.scheduler import SchedulerCommands
    from tui_queue.core.commands.schedules import ScheduleCommands
    from tui_queue.core.commands.templates import TemplateCommands


class Commands:
    """What can be done with a queue. Errors are TuiQueueErrors; then nothing has changed.

    ``opened_at`` is when this process has opened the queue: jobs that it adds get the environment that it had then.
    """

    def __init__(self, context: CommandContext) -> None:
        self.opened_at = datetime.now(UTC)
        self._context = context
        self.jobs = JobCommands(context)

    # What few commands need is imported when it is needed, so that the others start sooner.

    @cached_property
    def queues(self) -> "QueueCommands":
        """Queues, and the limit of all together."""
        from tui_queue.core.commands.queues import QueueCommands  # noqa: PLC0415

        return QueueCommands(self._context)

    @cached_property
    def reports(self) -> "ReportCommands":
        """What is to be told of jobs and of the machine."""
        from tui_queue.core.commands.reports import ReportCommands  # noqa: PLC0415

        return ReportCommands(self._context)

    @cached_property
    def batches(self) -> "BatchCommands":
        """Batches."""
        from tui_queue.core.commands.batches import BatchCommands  # noqa: PLC0415

        return BatchCommands(self._context)

    @cached_property
    def scheduler(self) -> "SchedulerCommands":
        """The process that schedules."""
        from tui_queue.core.commands.scheduler import SchedulerCommands  # noqa: PLC0415

        return SchedulerCommands(self._context)

    @cached_property
    def schedules(self) -> "ScheduleCommands":
        """Schedules."""
        from tui_queue.core.commands.schedules import ScheduleCommands  # noqa: PLC0415

        return ScheduleCommands(self._context)

    @cached_property
    def templates(self) -> "TemplateCommands":
        """Templates."""
        from tui_queue.core.commands.templates import TemplateCommands  # noqa: PLC0415

        return TemplateCommands(self._context)

    @cached_property
    def cleanup(self) -> "CleanupCommands":
        """The removal of what has ended."""
        from tui_queue.core.commands.cleanup import CleanupCommands  # noqa: PLC0415

        return CleanupCommands(self._context)

    @cached_property
    def interchange(self) -> "InterchangeCommands":
        """Imports and exports."""
        from tui_queue.core.commands.interchange import InterchangeCommands  # noqa: PLC0415

        return InterchangeCommands(self._context)

    @cached_property
    def kept_files(self) -> "KeptFiles":
        """Scripts and inputs that are kept with jobs."""
        from tui_queue.core.commands.kept_files import KeptFiles  # noqa: PLC0415

        return KeptFiles(self._context)

    def set_client(self, client: str) -> None:
        """Say through which client the user acts, for the audit trail."""
        self._context.store.jobs.client = client

    def call_after_each(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` in the event loop after each change that is made by these commands."""
        self._context.changed = changed

    def grace_s(self, job: Job) -> float:
        """Return the seconds that a cancelled run has to end by itself before it is killed."""
        return self._context.executor.grace_s(job)

    def settings_changed(self) -> None:
        """Make every process of the queue read the settings again."""
        self._context.wake_scheduler()

    async def work_left(self, *, schedules: bool = True) -> bool:
        """Return whether a job is running, left by another host, or pending and not blocked, or a notification unsent.

        With ``schedules`` also whether a schedule will add a job.
        """
        if await self._context.store.queries.work_left(schedules=schedules):
            return True
        return not await in_thread(self._context.incoming.is_empty)

    @property
    def elsewhere(self) -> str:
        """What to tell a user of a host that does not run the queue; empty on the one that does."""
        host = self._context.store.other_host
        return "" if host is None else host.notice()

    @property
    def other_host(self) -> str:
        """The name of the other host that runs the queue; empty where this one does."""
        return self._context.other_host

    def require_start(self) -> None:
        """Raise StoreError where no scheduler can start jobs and none is under way elsewhere."""
        try:
            self._context.executor.require_visible_processes()
        except StoreError:
            if not self._context.lease.is_held():
                raise

    async def hand_over(self) -> bool:
        """Make sure that a background process schedules what is left; return whether anything is left.

        Raises StoreError where something is left and no scheduler can start it, or be started.
        """
        left = await self.work_left()
        if left and not self._context.store.is_elsewhere:
            self.require_start()
            try:
                self._context.background.ensure()
            except OSError as error:
                raise StoreError(
                    f"No process in the background could be started: {why(error)}. Running jobs go on; pending ones "
                    "wait for `tui-queue run --background`."
                ) from None
        return left

    def bring_back_scheduler(self) -> None:
        """Start a background process again that was killed; called now and then by a command that waits."""
        if not self._context.store.is_elsewhere:
            self._context.background.bring_back()
