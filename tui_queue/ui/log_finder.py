"""Looks for a pattern in one log while the keys stay quick: counts the lines that match, and finds the next one."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from tui_queue.core.log_search import Pattern, Search, find_after, find_before, next_line
from tui_queue.core.logs import LogFile

BLOCKS = 32  # that are looked through before anybody is told how far we are


class Finder:
    """One pattern in one log, which is read in threads and through a file of its own."""

    def __init__(self, log: LogFile, words: str) -> None:
        """Raises BadInputError for words that can't be looked for."""
        self.pattern = Pattern(words)
        self.search = Search(self.pattern)
        self.is_counting = True
        self.log = log.again()
        self._more = asyncio.Event()

    @property
    def part(self) -> float:
        """What part of the log has been counted, from 0 to 1."""
        return self.search.scanned / max(1, self.log.size)

    def look_again(self) -> None:
        """Go on with what the log has got meanwhile."""
        self._more.set()

    async def count(self, tell: Callable[[], None]) -> None:
        """Count until cancelled, and tell after each step. Raises BadInputError where a line takes too long."""
        while True:
            self._more.clear()
            self.is_counting = await asyncio.to_thread(self._count)
            tell()
            if not self.is_counting:
                await self._more.wait()

    async def after(self, offset: int, tell: Callable[[int], None]) -> int | None:
        """Return the first match in a line behind that of an offset; tell how far we are. Raises BadInputError."""
        if (known := self.search.known_after(offset + 1)) is not None:
            return known
        begin = await asyncio.to_thread(next_line, self.log, offset) if offset >= 0 else 0
        return await self.first(find_after(self.log, self.pattern, begin), tell)

    async def before(self, offset: int, tell: Callable[[int], None]) -> int | None:
        """Return the last match before an offset; tell how far we are. Raises BadInputError."""
        if (known := self.search.known_before(offset)) is not None:
            return known
        return await self.first(find_before(self.log, self.pattern, offset), tell)

    async def first(self, steps: Iterator[tuple[bool, int]], tell: Callable[[int], None]) -> int | None:
        """Return what is found at last."""
        while some := await asyncio.to_thread(lambda: list(islice(steps, BLOCKS))):
            found, place = some[-1]
            if found:
                return place
            tell(place)
        return None

    def close(self) -> None:
        """Let go of the log."""
        self.log.close()

    def _count(self) -> bool:
        return all(self.search.step(self.log) for _ in range(BLOCKS))
