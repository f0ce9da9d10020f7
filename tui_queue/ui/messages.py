"""The message that the queue has changed, and how screens follow it."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.message import Message

SCREEN_WORKERS = "look"  # the group of workers that end with their screen


class QueueChanged(Message):
    """The queue has changed: refresh. Any number of these messages merge into one."""

    def can_replace(self, message: Message) -> bool:
        """One refresh shows all that has changed until then."""
        return isinstance(message, QueueChanged)


async def follow(changed: asyncio.Event, refresh: Callable[[], Awaitable[None]]) -> None:
    """Refresh after each change, one refresh at a time, until cancelled; keys do not wait for it."""
    while True:
        await changed.wait()
        changed.clear()
        await refresh()
