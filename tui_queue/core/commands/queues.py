"""What the user can do with queues, and with the batches of jobs in them."""

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.model.batch import Batch
from tui_queue.core.model.job import Job
from tui_queue.core.model.queue import Queue


class QueueCommands:
    """Add, change and remove queues. Errors are TuiQueueErrors; then nothing has changed."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._queues = context.store.queues

    async def all(self) -> tuple[Queue, ...]:
        """Return every queue, the default one first."""
        return await self._queues.all()

    async def get(self, name: str) -> Queue:
        """Return one queue. Raises NoSuchQueueError."""
        return await self._queues.get(name)

    async def add(self, queue: Queue) -> Queue:
        """Add a queue. Raises BadInputError when one of that name exists."""
        queue = await self._queues.add(queue)
        self._context.wake_listeners()
        return queue

    async def set(self, queue: Queue) -> Queue:
        """Change a queue as a whole; it takes effect at once. Raises NoSuchQueueError."""
        queue = await self._queues.put(queue)
        self._context.wake_scheduler()
        return queue

    async def remove(self, name: str) -> None:
        """Remove a queue without jobs. Raises WrongStateError."""
        await self._queues.remove(name)
        self._context.wake_listeners()

    async def change_slots(self, name: str, by: int) -> Queue:
        """Change the slots of a queue by this many, but never below 0."""
        queue = await self._queues.get(name)
        slots = self._context.capacity.slots() if queue.slots is None else queue.slots
        return await self.set(replace(queue, slots=max(0, slots + by)))

    async def set_limit(self, limit: int | None) -> None:
        """Set how many jobs may run in all queues together; None for no limit."""
        await self._queues.set_limit(limit)
        self._context.wake_scheduler()


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
