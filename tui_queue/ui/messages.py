"""News that is not a widget's own, and how it is followed."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.message import Message

LOOKS = "look"  # the group of workers that end with their screen


class QueueChanged(Message):
    """The queue has changed: look again. Any number of them merge into one."""

    def can_replace(self, message: Message) -> bool:
        """One look is enough for all that has happened until then."""
        return isinstance(message, QueueChanged)


async def follow(changed: asyncio.Event, look: Callable[[], Awaitable[None]]) -> None:
    """Look after each change, one look at a time, until cancelled; keys do not wait for it."""
    while True:
        await changed.wait()
        changed.clear()
        await look()
