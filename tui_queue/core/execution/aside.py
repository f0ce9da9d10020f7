"""Puts files that are not to be used, and must not be lost, into a directory of their own: ``aside/TIME/``."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress


class Aside:
    """A directory below ``aside/`` beside the store; it comes into being with the first file."""

    def __init__(self, state: str) -> None:
        self._state = state
        self.directory = os.path.join(state, "aside", f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}")

    def put(self, names: Iterable[str]) -> list[str]:
        """Move files and directories, named as they lie below the store's directory; return those that were there."""
        moved = []
        for name in names:
            place = os.path.join(self.directory, name)
            source = os.path.join(self._state, name)
            if not os.path.lexists(source):
                continue
            os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):  # another process was first
                os.rename(source, place)
                moved.append(name)
        return moved
