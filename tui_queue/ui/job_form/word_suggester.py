"""Suggests known names."""

import re
from collections.abc import Awaitable, Callable, Iterable

from textual.suggester import Suggester

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.units.printable import printable


class WordSuggester(Suggester):
    """Continues what is typed, or with ``several`` the last of its words, to the first of the names that begins so."""

    def __init__(self, names: Callable[[], Awaitable[Iterable[str]]], *, several: bool = False) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names
        self._several = several

    async def get_suggestion(self, value: str) -> str | None:
        """Return the text with its word continued, or None; a name that is whole already is left alone."""
        start = re.split(r"[\s,]", value)[-1] if self._several else value
        if not start:
            return None
        try:
            names = [name for name in await self._names() if name.startswith(start) and printable(name) == name]
        except TuiQueueError:  # the queue can't be read now
            return None
        return None if not names or start in names else value.removesuffix(start) + names[0]


def among(names: Iterable[str], *, several: bool = False) -> WordSuggester:
    """Return a suggester of names that never change."""

    async def known() -> Iterable[str]:
        return names

    return WordSuggester(known, several=several)
