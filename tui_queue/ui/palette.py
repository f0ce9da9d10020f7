"""What the palette offers: verbs by name or key, jobs by number or filter, and to quit as editors do."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui_queue.core.model.filter import Field
from tui_queue.core.parsing.filter import WrongWord, parse_filter
from tui_queue.core.units.printable import printable

_QUITS = {"q", "q!", "quit", "quit!", "qa", "qa!", "wq", "exit"}
_NUMBER = re.compile(r"(?a)#?(\d{1,17})")
# Scores that put what is named exactly before what is merely alike.
_MEANT, _KEY, _NAME, _BEGINS = 4e6, 3e6, 2e6, 1e6


class Offered(Struct, frozen=True, kw_only=True):
    """A verb: its name, what it does, its keys as they are shown, and how it is done."""

    name: str
    about: str
    keys: Sequence[str]
    do: Callable[[], Any]


@runtime_checkable
class Offering(Protocol):
    """An application that offers verbs."""

    def offered(self, screen: Any) -> Iterable[Offered]:
        """Return what applies now on a screen."""

    async def action_leave(self) -> None:
        """Leave."""


@runtime_checkable
class ShowsJobs(Protocol):
    """A screen from which jobs are reached."""

    def go_to(self, number: int) -> object:
        """Put the cursor on a job."""

    def show_only(self, words: str) -> object:
        """Filter the jobs."""


class QueuePalette(Provider):
    """Answers what the user types into the palette."""

    async def discover(self) -> Hits:
        """Yield all verbs by name."""
        for each in sorted(self._offered, key=lambda offered: offered.name):
            yield DiscoveryHit(each.name, each.do, help=each.about)

    async def search(self, query: str) -> Hits:
        """Yield what the words mean; a name or key that is typed whole comes before those that are only alike."""
        typed = query.strip()
        for hit in self._meant(typed):
            yield hit
        matcher = self.matcher(typed)
        for each in self._offered:
            alike = matcher.match(each.name)
            if score := _rank(each, typed) or alike:
                shown = matcher.highlight(each.name) if alike > 0 else each.name
                yield Hit(score, shown, each.do, text=each.name, help=each.about)

    @property
    def _offered(self) -> Iterable[Offered]:
        return self.app.offered(self.screen) if isinstance(self.app, Offering) else ()

    def _meant(self, typed: str) -> Iterator[Hit]:
        """Yield what the words are if they are no verb's: to quit, a number, a filter."""
        app, screen = self.app, self.screen
        if typed.lower() in _QUITS and isinstance(app, Offering):
            yield Hit(_MEANT, "Quit", app.action_leave, help=f"As in editors, :{typed}; jobs go on")
        if not isinstance(screen, ShowsJobs):
            return
        shows = screen
        if found := _NUMBER.fullmatch(typed):
            number = int(found[1])
            yield Hit(_MEANT, f"Go to job {number}", lambda: shows.go_to(number), help="Put the cursor on it")
            return
        try:
            terms = parse_filter(typed).terms
        except WrongWord as wrong:
            said = str(wrong)
            yield Hit(
                _MEANT,
                Content(printable(said)),
                lambda: app.notify(said, markup=False),
                help="The filter has no such word",
            )
            return
        if any(term.field is not Field.TEXT for term in terms):
            yield Hit(
                _MEANT, Content(printable(f"Show only {typed}")), lambda: shows.show_only(typed), help="Filter the jobs"
            )


def _rank(offered: Offered, typed: str) -> float:
    """Return a score for what is named exactly, by its key or its name, or begins so; 0 for what is not."""
    if typed in offered.keys:
        return _KEY
    name, typed = offered.name.casefold(), typed.casefold()
    if not typed or not name.startswith(typed):
        return 0
    return _NAME if name == typed else _BEGINS - len(name)
