"""The connections that this process has to databases, also those that are never closed.

SQLite gives each new connection of a process the index of the log that the others of that process have. After the queue
has been moved away and back no other process shares that index, and to go on with it would damage the database.
"""

import os
from collections import Counter

_LEFT = -1  # instead of how many times the queue had been moved: it went to another host, and the connection stays

_connections: Counter[tuple[str, int]] = Counter()  # by path, and how many times the queue had been moved


class Held:
    """The connections to the database at ``path`` that were opened at this number of moves (``moved``) of the queue."""

    def __init__(self, path: str, moved: int) -> None:
        self._path = os.path.realpath(path)
        self._key = self._path, moved

    def has_outdated(self) -> bool:
        """Whether this process has a connection from before the queue was moved."""
        return any(
            path == self._path and (path, moved) != self._key for (path, moved), count in _connections.items() if count
        )

    def opened(self) -> None:
        """Count a connection in."""
        _connections[self._key] += 1

    def closed(self) -> None:
        """Count one out that was closed."""
        _connections[self._key] -= 1

    def left(self) -> None:
        """Remember one that stays open although the queue has gone to another host."""
        self.closed()
        _connections[self._path, _LEFT] += 1
