"""Every verb of the user, one object a noun; the dashboard, the command line and the Python API call the same ones."""

from functools import cached_property
from typing import TYPE_CHECKING

from tui_queue.core.commands.cleanup import CleanupCommands
from tui_queue.core.commands.context import CommandContext
from tui_queue.core.commands.jobs import JobCommands
from tui_queue.core.commands.queues import BatchCommands, QueueCommands
from tui_queue.core.commands.reports import ReportCommands
from tui_queue.core.commands.schedules import ScheduleCommands, TemplateCommands

if TYPE_CHECKING:
    from tui_queue.core.commands.interchange import InterchangeCommands


class Commands:
    """What can be done with a queue. Errors are TuiQueueErrors; then nothing has changed."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self.jobs = JobCommands(context)
        self.queues = QueueCommands(context)
        self.batches = BatchCommands(context)
        self.schedules = ScheduleCommands(context)
        self.templates = TemplateCommands(context)
        self.cleanup = CleanupCommands(context)
        self.reports = ReportCommands(context)

    @cached_property
    def interchange(self) -> "InterchangeCommands":
        """Imports and exports."""
        from tui_queue.core.commands.interchange import InterchangeCommands  # noqa: PLC0415 - few commands need it

        return InterchangeCommands(self._context)

    def set_client(self, client: str) -> None:
        """Say through which client the user acts, for the audit trail."""
        self._context.store.jobs.client = client

    @property
    def grace_s(self) -> float:
        """Seconds that a cancelled run has to end by itself before it is killed."""
        return self._context.executor.grace_s

    def settings_changed(self) -> None:
        """Make every process of the queue read the settings again."""
        self._context.wake_scheduler()

    async def work_left(self, *, schedules: bool = True) -> bool:
        """Return whether a job is running, or pending and not held, or a notification unsent.

        With ``schedules`` also whether a schedule will add a job.
        """
        return await self._context.store.queries.work_left(schedules=schedules)

    async def hand_over(self) -> bool:
        """Make sure that a background process schedules what is left; return whether anything is left."""
        left = await self.work_left()
        if left:
            self._context.background.ensure()
        return left
