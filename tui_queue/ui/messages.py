"""News that is not a widget's own."""

from textual.message import Message


class QueueChanged(Message):
    """The queue has changed: look again. Any number of them merge into one."""

    def can_replace(self, message: Message) -> bool:
        """One look is enough for all that has happened until then."""
        return isinstance(message, QueueChanged)
