"""The output of one run, or of several, in which words and lines can be looked for."""

from collections.abc import Callable, Sequence
from functools import partial

from textual import work
from textual.actions import SkipAction

from tui_queue.core.errors import BadInputError
from tui_queue.core.logs.search import ERRORS, Pattern
from tui_queue.core.logs.terminal.cells import text_of
from tui_queue.core.logs.text import LogRow
from tui_queue.core.units.printable import clipped, printable
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.log.bindings import SEARCH_KEYS
from tui_queue.ui.log.feed import LogPane
from tui_queue.ui.log.finder import Finder
from tui_queue.ui.log.position import LogSession


class LogView(LogPane):
    """A pane of logs with searches, which never hold up a key either."""

    BINDINGS = SEARCH_KEYS

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._finder: Finder | None = None
        self._errors: Finder | None = None
        self._going_to: tuple[int, str] | None = None  # a place in the file and words, once the log is there

    def go_to(self, offset: int, words: str) -> None:
        """Show the line at a place in the file, and mark these words."""
        if self._log is None:
            self._going_to = offset, words
        else:
            self._look_for(words)
            self._go(offset)

    @work(exclusive=True, group="find")
    async def action_search(self) -> None:
        """Ask for words, count the lines that have them, and go to the next one."""
        if self._reading is None or (words := await self._ask("Search the log", self._finder)) is None:
            return
        await self._when_open()
        self._look_for(words)
        if self._finder is not None and (here := await self._here()) is not None:
            self._go(await self._next_or_last(self._finder, here))

    @work(exclusive=True, group="find")
    async def action_next(self, direction: int) -> None:
        """Go to the next match, or to the one before."""
        if self._finder is None:
            self.notify(with_keys("Press {log.search} first to search.", keys_of(self)), timeout=3)
        else:
            await self._step(self._finder, direction)

    @work(exclusive=True, group="find")
    async def action_error(self, direction: int) -> None:
        """Go to the next line that tells of an error, or to the one before."""
        if self._errors is None and (log := await self._when_open()) is not None:
            self._errors = Finder(log.file, ERRORS)
        if self._errors is not None:
            await self._step(self._errors, direction)

    @work
    async def action_only(self) -> None:
        """Ask for words, and show only the lines that have them; without words all lines again."""
        reading = self._reading
        if reading is None or (words := await self._ask("Show only lines with", self._finder, empty=True)) is None:
            return
        await self._when_open()
        if self._reading is reading:
            self._look_for(words)
            self._show_only(self._finder)

    @work(exclusive=True, group="find")
    async def action_line(self) -> None:
        """Ask for the number of a line, or a part of the log in percent, and go there."""
        answer = await self.app.push_screen_wait(Prompt("Go to line, or to N%", value="", check=_line_or_part))
        if answer is None or (log := await self._when_open()) is None:
            return
        number, is_part = _line_or_part(answer)
        if is_part:
            self._go(self._view.size * number // 100)
            return
        counted: float | None = 0.0
        while (offset := await self._answer(partial(log.offset_of_line, number))) is None and counted is not None:
            if (counted := await self._answer(log.count_lines)) is not None:
                self._tell(f"counting lines {counted:.0%}")
        self._tell("")
        self._go(offset)

    def action_leave(self) -> None:
        """End a search, then show all lines again, then forget what was found; else go back."""
        if self._note:
            self.workers.cancel_group(self, "find")
            self._tell("")
        elif self._view.only_matching:
            self._show_only(None)
        elif self._finder is not None:
            self._look_for("")
        else:
            raise SkipAction

    # What becomes of a search when the log does something.

    def _let_go(self) -> None:
        for finder in (self._finder, self._errors):
            if finder is not None:
                finder.close()
        self._finder = self._errors = self._going_to = None
        super()._let_go()

    def _opened(self) -> None:
        super()._opened()
        if self._going_to is not None:
            self.go_to(*self._going_to)
            self._going_to = None

    def _restarted(self) -> None:
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        self._look_for(self._finder.pattern.words if self._finder is not None else "")
        super()._restarted()

    def _grown(self) -> None:
        if self._finder is not None:
            self._finder.look_again()
        super()._grown()

    def _spans(self, row: LogRow) -> Sequence[tuple[int, int]]:
        return self._finder.pattern.spans(text_of(row.row)) if self._finder is not None else ()

    def _remarks(self) -> list[str]:
        about = [self._about_search(self._finder)] if self._finder is not None else []
        return [*about, *super()._remarks()]

    # How it is searched.

    def _about_search(self, finder: Finder) -> str:
        search = finder.search
        number = search.number(self._view.hit[0]) if self._view.hit is not None else 0
        count = f"{number:,} of {search.count:,}" if number else f"{search.count:,}"
        counting = f", {finder.part:.0%} read" if finder.is_counting else ""
        only = "only " if self._view.only_matching else ""
        return f"{only}{clipped(printable(finder.pattern.words), 30)}: {count} lines{counting}"

    async def _ask(self, question: str, finder: Finder | None, *, empty: bool = False) -> str | None:
        value = finder.pattern.words if finder is not None else ""
        check: Callable[[str], object] = (lambda words: words and Pattern(words)) if empty else Pattern
        return await self.app.push_screen_wait(Prompt(f"{question} (words, or /regex/)", value=value, check=check))

    def _look_for(self, words: str) -> None:
        """Count the lines with these words from now on; none for no words."""
        self.workers.cancel_group(self, "count")
        if self._finder is not None:
            self._finder.close()
        self._finder = None
        self._act(LogSession.forget_hit)
        if words and self._log is not None:
            self._finder = Finder(self._log.file, words)
            self._count(self._finder)
        self._drawn_anew()

    @work(exclusive=True, group="count")
    async def _count(self, finder: Finder) -> None:
        try:
            await finder.count(self._counted_more)
        except (BadInputError, OSError) as error:
            self.notify(str(error), severity="error", markup=False)

    def _counted_more(self) -> None:
        if self._view.only_matching:
            self._look()
        self._say()

    def _show_only(self, finder: Finder | None) -> None:
        self._left = 0
        self._act(lambda reading: reading.only(finder.search if finder is not None else None))

    async def _next_or_last(self, finder: Finder, here: int) -> int | None:
        """Return the first match from a place on or, where there is none, the last one before."""
        if (found := await self._found(finder, 1, here - 1)) is None:
            found = await self._found(finder, -1, here)
        if found is None:
            self.notify(f"{printable(finder.pattern.words)}: not found.", severity="warning", markup=False)
        return found

    async def _step(self, finder: Finder, direction: int) -> None:
        if (here := await self._here()) is not None:
            found = await self._found(finder, direction, here)
            if found is None:
                self.notify("No match below." if direction > 0 else "No match above.", timeout=3)
            self._go(found)

    async def _found(self, finder: Finder, direction: int, here: int) -> int | None:
        """Look for the next match, and say how far we are."""
        size = max(1, self._view.size)
        tell: Callable[[int], None] = lambda place: self._tell(f"searching, at {place / size:.0%}, Esc stops")  # noqa: E731
        try:
            return await (finder.after(here, tell) if direction > 0 else finder.before(here, tell))
        except (BadInputError, OSError) as error:
            self.notify(str(error), severity="error", markup=False)
            return None
        finally:
            self._tell("")

    async def _here(self) -> int | None:
        """Return where in the file is what was gone to if that is in view, else the first line in view."""
        return await self._answer(self._reading.here) if self._reading is not None else None


def _line_or_part(answer: str) -> tuple[int, bool]:
    """Return a number, and whether it is one of a hundred parts. Raises BadInputError."""
    digits = answer.strip().removesuffix("%")
    is_part = answer.strip().endswith("%")
    if not (digits.isascii() and digits.isdigit()) or (is_part and int(digits) > 100):
        raise BadInputError("line", f"{printable(answer)}: not the number of a line, as 1200, nor a part, as 50%.")
    return int(digits[:18]), is_part
