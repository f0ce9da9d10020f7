"""Searches one log for a pattern in threads: counts the lines that match, and finds the next one."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from tui_queue.core.logs.file import LogFile
from tui_queue.core.logs.search import Pattern, Search, find_after, find_before, next_line
from tui_queue.core.system.worker_thread import Reader

BLOCKS = 32  # that are searched between two reports of progress


class Finder:
    """One pattern in one log. One thread counts, another one finds, each with the file opened for itself."""

    def __init__(self, log: LogFile, words: str) -> None:
        """Raises BadInputError for words that can't be searched for."""
        self.pattern = Pattern(words)
        self.search = Search(self.pattern)
        self.is_counting = True
        self.part = 0.0  # the counted share of the log, from 0 to 1
        self._counted, self._log = log.again(), log.again()
        self._counter, self._reader = Reader(), Reader()
        self._more = asyncio.Event()

    def count_more(self) -> None:
        """Count in the new output too."""
        self._more.set()

    async def count(self, tell: Callable[[], None]) -> None:
        """Count until cancelled, and call ``tell`` after each step.

        Raises BadInputError where a line takes too long, and OSError.
        """
        while True:
            self._more.clear()
            self.is_counting, self.part = await self._counter.ask(self._count)
            tell()
            if not self.is_counting:
                await self._more.wait()

    async def after(self, offset: int, tell: Callable[[int], None]) -> int | None:
        """Return the first match in a line after that of an offset; ``tell`` gets the progress. Raises as ``count``."""
        if (known := self.search.known_after(offset + 1)) is not None:
            return known
        begin = await self._reader.ask(partial(next_line, self._log, offset)) if offset >= 0 else 0
        return await self._first(find_after(self._log, self.pattern, begin), tell)

    async def before(self, offset: int, tell: Callable[[int], None]) -> int | None:
        """Return the last match before an offset; ``tell`` gets the progress. Raises as ``count``."""
        if (known := self.search.known_before(offset)) is not None:
            return known
        return await self._first(find_before(self._log, self.pattern, offset), tell)

    def close(self) -> None:
        """Close the log, as soon as no thread reads it any more."""
        self._counter.close(self._counted.close)
        self._reader.close(self._log.close)

    async def _first(self, steps: Iterator[tuple[bool, int]], tell: Callable[[int], None]) -> int | None:
        while some := await self._reader.ask(lambda: list(islice(steps, BLOCKS))):
            found, place = some[-1]
            if found:
                return place
            tell(place)
        return None

    def _count(self) -> tuple[bool, float]:
        goes_on = all(self.search.step(self._counted) for _ in range(BLOCKS))
        return goes_on, self.search.scanned / max(1, self._counted.size)
