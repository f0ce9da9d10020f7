"""Whose a queue was when a connection to its database was opened, and whether that is so still.

The user may move the queue to another host at any time, so each transaction asks anew.
"""

from tui_queue.core.errors import StoreError
from tui_queue.core.store.host_file import HostFile, Owner


class MovedError(StoreError):
    """The queue is no longer whose it was when the connection was opened."""


class Tenure:
    """What one connection may do; without ``host`` the database is this host's alone. Its methods block."""

    def __init__(self, host: HostFile | None, owner: Owner) -> None:
        self.owner = owner
        self.moved = 0 if host is None else host.moved  # how many times the queue had been moved then
        self._host = host

    def check_to_write(self) -> None:
        """Raise OtherHostError where another host has the queue, MovedError where it has come back."""
        if self._host is not None:
            self._host.check()
            if self.owner is Owner.OTHERS or self._host.moved != self.moved:
                raise self._error()

    def check_to_read(self) -> None:
        """Raise MovedError where the owner is another one now."""
        if self._host is not None and (self._host.owner(), self._host.moved) != (self.owner, self.moved):
            raise self._error()

    def is_kept(self) -> bool:
        """Whether the queue is this host's still, which alone may tidy up behind the connection."""
        try:
            return self._host is None or (self._host.owner() is not Owner.OTHERS and self._host.moved == self.moved)
        except StoreError:
            return False

    @staticmethod
    def _error() -> MovedError:
        return MovedError("The queue was moved to another host, or back, at this moment; try again.")
