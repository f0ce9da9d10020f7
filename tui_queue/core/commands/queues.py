"""The commands for queues."""

from datetime import UTC, datetime

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.model.queue import Queue
from tui_queue.core.system import event_loop


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

    async def resources(self) -> frozenset[str]:
        """Return the names of the resources that jobs can be given."""
        return await self._context.resources()

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

    async def pause(self, name: str, *, running: bool = False) -> Queue:
        """Start no more jobs of a queue; with ``running`` stop what runs in it too. Raises NoSuchQueueError."""
        stopped = await self._context.store.jobs.pause_queue(name, running=running, now=datetime.now(UTC))
        event_loop.raising(await event_loop.gather(*(self._context.executor.pause(job) for job in stopped)))
        self._context.wake_scheduler()
        return await self._queues.get(name)

    async def resume(self, name: str, *, running: bool = False) -> Queue:
        """Start jobs of a queue again, and let what was paused with it go on. Raises NoSuchQueueError.

        With ``running`` also what the user has paused by itself.
        """
        resumed = await self._context.store.jobs.resume_queue(name, everything=running, now=datetime.now(UTC))
        event_loop.raising(await event_loop.gather(*(self._context.executor.resume(job) for job in resumed)))
        self._context.wake_scheduler()
        return await self._queues.get(name)

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
