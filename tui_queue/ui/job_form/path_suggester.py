"""Suggests paths."""

import asyncio
import os
from collections.abc import Callable

from textual.suggester import Suggester

from tui_queue.core.units.printable import printable

_PATIENCE_S = 1.0  # how long a completion may take, on a network file system that does not answer


class PathSuggester(Suggester):
    """Continues a path from the names on disk; ``base`` tells where a relative one starts."""

    def __init__(self, base: Callable[[], str], *, directories_only: bool = False) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._base = base
        self._directories_only = directories_only

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path continued by one name, or None; a name that is whole already is left alone."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await asyncio.to_thread(_continued, value, self._base(), self._directories_only)
        except TimeoutError:
            return None


def _continued(value: str, base: str, directories_only: bool) -> str | None:
    head, slash, start = value.rpartition(os.sep)
    if not start:
        return None
    try:
        with os.scandir(absolute(head + slash, base)) as entries:
            names = [entry.name for entry in entries if _may_follow(entry, start, directories_only)]
        if not names or (directories_only and start in names):
            return None
        name = min(names)
        directory = os.path.isdir(os.path.join(absolute(head + slash, base), name))
    except (OSError, ValueError):
        return None
    suggestion = head + slash + name + (os.sep if directory else "")
    return suggestion if suggestion != value else None


def _may_follow(entry: "os.DirEntry[str]", start: str, directories_only: bool) -> bool:
    name = entry.name
    if not name.startswith(start) or printable(name) != name or (name[0] == "." and start[0] != "."):
        return False
    return not directories_only or os.path.isdir(entry.path)


def absolute(path: str, base: str) -> str:
    """Return where a typed path leads; a relative one starts at ``base``."""
    return os.path.abspath(os.path.join(os.path.expanduser(base), os.path.expanduser(path)))
