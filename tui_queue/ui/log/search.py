"""Searches in the log pane: words and expressions, errors, only the lines that match, a line by its number."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from textual.actions import SkipAction
from textual.widget import Widget

from tui_queue.core.errors import BadInputError
from tui_queue.core.logs.search import ERRORS, Pattern
from tui_queue.core.logs.terminal.cells import Row, text_of
from tui_queue.core.units.printable import printable
from tui_queue.core.units.widths import clipped
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.log.feed import LogFeed
from tui_queue.ui.log.finder import Finder
from tui_queue.ui.log.position import LogPosition
from tui_queue.ui.log.status import LogStatus
from tui_queue.ui.log.workers import start_worker

_FIND = "find"  # the group of workers that look for one line; a new one ends the one before
_COUNT = "count"  # the group of the worker that counts the lines that match


class LogSearch:
    """What the user searches for in the log of a feed. Searches run in workers, and hold up no key."""

    def __init__(self, widget: Widget, feed: LogFeed, status: LogStatus) -> None:
        self._widget = widget
        self._feed = feed
        self._status = status
        self._finder: Finder | None = None
        self._errors: Finder | None = None
        self._going_to: tuple[int, str] | None = None  # an offset in the file and words, until the log is open

    # Keys.

    def search(self) -> None:
        """Ask for words, count the lines that have them, and go to the next one."""
        self._find(self._search)

    def step(self, direction: int) -> None:
        """Go to the next match, or to the one before."""
        self._find(partial(self._step_to_match, direction))

    def step_to_error(self, direction: int) -> None:
        """Go to the next line that reports an error, or to the one before."""
        self._find(partial(self._step_to_error, direction))

    def only(self) -> None:
        """Ask for words, and show only the lines that have them; without words all lines again."""
        start_worker(self._widget, self._only)

    def to_line(self) -> None:
        """Ask for the number of a line, or a share of the log in percent, and go there."""
        self._find(self._to_line)

    def leave(self) -> None:
        """End a search; else show all lines again; else drop the words. Raises SkipAction where there is none."""
        if self._status.note:
            self._widget.workers.cancel_group(self._widget, _FIND)
            self._status.tell("")
        elif self._feed.view.only_matching:
            self._feed.only(None)
        elif self._finder is not None:
            self._look_for("")
        else:
            raise SkipAction

    def go_to(self, offset: int, words: str) -> None:
        """Show the line at an offset in the file, and mark these words."""
        if self._feed.log is None:
            self._going_to = offset, words
        else:
            self._look_for(words)
            self._feed.go(offset)

    # The pane.

    def spans(self, row: Row) -> Sequence[tuple[int, int]]:
        """Return where the words are in a row."""
        return self._finder.pattern.spans(text_of(row)) if self._finder is not None else ()

    def remarks(self) -> list[str]:
        """Return the words and how many lines have them."""
        if (finder := self._finder) is None:
            return []
        search, view = finder.search, self._feed.view
        number = search.number(view.hit[0]) if view.hit is not None else 0
        count = f"{number:,} of {search.count:,}" if number else f"{search.count:,}"
        counting = f", {finder.part:.0%} read" if finder.is_counting else ""
        only = "only " if view.only_matching else ""
        return [f"{only}{clipped(printable(finder.pattern.words), 30)}: {count} lines{counting}"]

    # The log.

    def opened(self) -> None:
        """Go to the line that was asked for before the log was open."""
        if self._going_to is not None:
            self.go_to(*self._going_to)
            self._going_to = None

    def restarted(self) -> None:
        """Search the new content."""
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        self._look_for(self._finder.pattern.words if self._finder is not None else "")

    def grown(self) -> None:
        """Count in the new output too."""
        if self._finder is not None:
            self._finder.count_more()

    def closed(self) -> None:
        """Drop all searches."""
        for finder in (self._finder, self._errors):
            if finder is not None:
                finder.close()
        self._finder = self._errors = self._going_to = None

    # The work.

    def _find(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        start_worker(self._widget, work, group=_FIND, exclusive=True)

    async def _search(self) -> None:
        if not self._feed.is_there or (words := await self._ask("Search the log")) is None:
            return
        await self._feed.when_open()
        self._look_for(words)
        if self._finder is not None and (here := await self._feed.here()) is not None:
            self._feed.go(await self._next_or_last(self._finder, here))

    async def _step_to_match(self, direction: int) -> None:
        if self._finder is None:
            self._widget.notify(with_keys("Press {log.search} first to search.", keys_of(self._widget)), timeout=3)
        else:
            await self._step(self._finder, direction)

    async def _step_to_error(self, direction: int) -> None:
        if self._errors is None and (log := await self._feed.when_open()) is not None:
            self._errors = Finder(log.file, ERRORS)
        if self._errors is not None:
            await self._step(self._errors, direction)

    async def _only(self) -> None:
        if not self._feed.is_there or (words := await self._ask("Show only lines with", empty=True)) is None:
            return
        await self._feed.when_open()
        self._look_for(words)
        self._feed.only(self._finder.search if self._finder is not None else None)

    async def _to_line(self) -> None:
        answer = await self._widget.app.push_screen_wait(Prompt("Go to line, or to N%", value="", check=_line_or_part))
        if answer is None or (log := await self._feed.when_open()) is None:
            return
        number, is_part = _line_or_part(answer)
        if is_part:
            self._feed.go(self._feed.view.size * number // 100)
            return
        counted: float | None = 0.0
        while (offset := await self._feed.ask(partial(log.offset_of_line, number))) is None and counted is not None:
            if (counted := await self._feed.ask(log.count_lines)) is not None:
                self._status.tell(f"counting lines {counted:.0%}")
        self._status.tell("")
        self._feed.go(offset)

    async def _ask(self, question: str, *, empty: bool = False) -> str | None:
        value = self._finder.pattern.words if self._finder is not None else ""
        check: Callable[[str], object] = (lambda words: words and Pattern(words)) if empty else Pattern
        prompt = Prompt(f"{question} (words, or /regex/)", value=value, check=check)
        return await self._widget.app.push_screen_wait(prompt)

    def _look_for(self, words: str) -> None:
        """Mark these words and count the lines that have them; none for ""."""
        self._widget.workers.cancel_group(self._widget, _COUNT)
        if self._finder is not None:
            self._finder.close()
        self._finder = None
        self._feed.act(LogPosition.forget_hit)
        if words and self._feed.log is not None:
            self._finder = Finder(self._feed.log.file, words)
            start_worker(self._widget, partial(self._count, self._finder), group=_COUNT, exclusive=True)
        self._feed.redraw()

    async def _count(self, finder: Finder) -> None:
        try:
            await finder.count(self._counted_more)
        except (BadInputError, OSError) as error:
            self._complain(error)

    def _counted_more(self) -> None:
        if self._feed.view.only_matching:
            self._feed.poll()
        self._status.update()

    async def _next_or_last(self, finder: Finder, here: int) -> int | None:
        """Return the first match from an offset on or, where there is none, the last one before."""
        if (found := await self._found(finder, 1, here - 1)) is None:
            found = await self._found(finder, -1, here)
        if found is None:
            words = printable(finder.pattern.words)
            self._widget.notify(f"{words}: not found.", severity="warning", markup=False)
        return found

    async def _step(self, finder: Finder, direction: int) -> None:
        if (here := await self._feed.here()) is not None:
            found = await self._found(finder, direction, here)
            if found is None:
                self._widget.notify("No match below." if direction > 0 else "No match above.", timeout=3)
            self._feed.go(found)

    async def _found(self, finder: Finder, direction: int, here: int) -> int | None:
        """Return the next match, and show the progress of the search."""
        size = max(1, self._feed.view.size)

        def tell(place: int) -> None:
            self._status.tell(f"searching, at {place / size:.0%}, Esc stops")

        try:
            return await (finder.after(here, tell) if direction > 0 else finder.before(here, tell))
        except (BadInputError, OSError) as error:
            self._complain(error)
            return None
        finally:
            self._status.tell("")

    def _complain(self, error: Exception) -> None:
        self._widget.notify(str(error), severity="error", markup=False)


def _line_or_part(answer: str) -> tuple[int, bool]:
    """Return a number, and whether it is a percentage. Raises BadInputError."""
    digits = answer.strip().removesuffix("%")
    is_part = answer.strip().endswith("%")
    if not (digits.isascii() and digits.isdigit()) or (is_part and int(digits) > 100):
        raise BadInputError("line", f"{printable(answer)}: not the number of a line, as 1200, nor a part, as 50%.")
    return int(digits[:18]), is_part
