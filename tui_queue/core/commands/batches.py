"""The commands for batches."""

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.model.batch import Batch
from tui_queue.core.model.job import Job


class BatchCommands:
    """Read the batches. A verb for a batch is one for its jobs."""

    def __init__(self, context: CommandContext) -> None:
        self._store = context.store

    async def all(self) -> tuple[Batch, ...]:
        """Return every batch, the latest first."""
        return await self._store.batches.all()

    async def jobs(self, name: str) -> list[Job]:
        """Return the jobs of a batch. Raises NoSuchJobError when it has none."""
        return [job.shown for job in await self._store.queries.batch(name)]
