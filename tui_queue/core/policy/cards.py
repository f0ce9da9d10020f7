"""Which cards (GPUs) are the queue's, and which of them a job gets. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.model.card import VISIBLE, Card, CardUser
from tui_queue.core.model.options import JobOptions
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text

GPU = "gpu"
MEMORY = "gpumem"
UNKNOWN = "gpu: the driver has not answered yet"

_SHOWN = 2  # cards that a reason names


def own_cards(
    given: int | tuple[int, ...] | None, found: tuple[Card, ...] | None, visible: str | None
) -> tuple[Card, ...] | None:
    """Return the cards that the queue may hand out; None while the driver has not answered.

    ``given`` is the setting: how many, or which. ``visible`` is the scheduler's CUDA_VISIBLE_DEVICES; a setting that
    says which counts more.
    """
    if found is None:
        return None
    known = {card.number: card for card in found}
    if isinstance(given, tuple):
        return tuple(known.get(number, Card(number=number)) for number in given)
    cards = found
    if given is not None and len(found) < given:  # no driver, or one that does not know all of them
        numbers = [*range(given)] if visible is None else _numbers(visible)
        cards = tuple(known.get(number, Card(number=number)) for number in sorted({*numbers, *known}))
    if visible is not None:
        cards = visible_cards(cards, visible)
    return cards if given is None else cards[:given]


def visible_cards(cards: Sequence[Card], visible: str) -> tuple[Card, ...]:
    """Return those of the cards that a value of CUDA_VISIBLE_DEVICES names, by number or UUID.

    As with the driver, all after a word that names no card is left out, so that ``-1`` hides all.
    """
    chosen: dict[int, Card] = {}
    for word in map(str.strip, visible.split(",")):
        named = [card for card in cards if _is_named(card, word)]
        if len(named) == 1:
            chosen[named[0].number] = named[0]
        elif not word.isdecimal():
            break
    return tuple(sorted(chosen.values(), key=lambda card: card.number))


def given_visible(options: JobOptions) -> tuple[str, str] | None:
    """Return the variable that says which cards a job may see, given or captured, with its value; None for none."""
    given = {name: value for name, value in options.env if value is not None}
    return next(((name, given[name]) for name in VISIBLE if name in given), options.cards)


def too_few(options: JobOptions, wanted: int, cards: Sequence[Card]) -> str:
    """Return why a job could never get this number of cards, by its own variable; empty where it could."""
    if (given := given_visible(options)) is None:
        return ""
    left = len(visible_cards(cards, given[1]))
    if wanted <= left:
        return ""
    numbers = ", ".join(str(card.number) for card in cards)
    return f"gpu={wanted}: {given[0]}={printable(given[1])} leaves {left} of the cards {numbers}"


def too_many(name: str, wanted: int, total: int) -> str:
    """Return that a job asks for more of a resource than there is."""
    return f"{name}: {size_text(wanted)} asked, {size_text(total)} in all"


class CardsInUse(Struct, frozen=True, kw_only=True):
    """What running jobs have: ``taken`` are cards, ``promised`` the memory of each that a job which has only just begun
    may not have taken yet, ``anywhere`` the memory of such jobs that were given no card. ``left`` are the processes of
    ended runs that were given a card, by its number: they hold it until they have gone.
    """

    taken: frozenset[int] = frozenset()
    promised: Mapping[int, float] = {}
    anywhere: tuple[float, ...] = ()
    left: Mapping[int, tuple[CardUser, ...]] = {}


class CardLedger:
    """The cards that are left to give while candidates are served, and the memory that is promised of each."""

    def __init__(self, cards: tuple[Card, ...], in_use: CardsInUse) -> None:
        self._sampled = cards
        self._cards = tuple(_with_users(card, in_use.left.get(card.number, ())) for card in cards)
        self._taken = set(in_use.taken)
        self._promised = dict(in_use.promised)
        self._reserved: dict[int, int] = {}  # card: the job that waits for it, and is served before all behind it
        for bytes_ in in_use.anywhere:
            self._promise_best(cards, bytes_)

    def never(self, options: JobOptions, wanted: int) -> str:
        """Return why a job could not have this number of cards even if all were free; empty where it could."""
        if wanted > len(self._cards):
            return too_many(GPU, wanted, len(self._cards))
        return too_few(options, wanted, self._cards)

    def lack(self, options: JobOptions, wanted: int) -> str:
        """Return why there are not enough cards for a job, without regard to their memory; empty where there are."""
        if wanted <= len(self._unreserved(options)):
            return ""
        visible = self._visible(options)
        untaken = [card for card in visible if card.number not in self._taken]
        occupied = [card.occupied for card in untaken if card.users]
        if occupied and wanted > len(untaken) - len(occupied):
            more = f" and {len(occupied) - _SHOWN} more" if len(occupied) > _SHOWN else ""
            return "; ".join(occupied[:_SHOWN]) + more
        if ahead := [self._reserved[card.number] for card in visible if card.number in self._reserved]:
            return f"gpu (behind #{ahead[0]})"
        return f"gpu: {len(untaken)} of {wanted} free"

    def any_occupied(self) -> bool:
        """Whether processes that are none of a running job's keep a card from being given."""
        return any(card.users for card in self._sampled if card.number not in self._taken)

    def low(self, options: JobOptions, wanted: int, least: float) -> str:
        """Return why no cards have the memory that a job wants; empty where enough have. ``wanted`` 0 is any card."""
        cards = self._unreserved(options) if wanted else self._visible(options)
        left = {card.number: card.free - self._promised.get(card.number, 0) for card in cards if card.free is not None}
        if not left:
            return "gpumem: can't be measured here"
        if len([number for number in left if left[number] >= least]) >= max(1, wanted):
            return ""
        most = size_text(max(0, int(max(left.values()))))
        several = f" on {wanted} cards" if wanted > 1 else ""
        return f"gpumem: {most} of {size_text(int(least))} free{several}"

    def reserve(self, job_id: int, options: JobOptions, wanted: int) -> None:
        """Keep the cards that a job waits for from all behind it.

        A job that processes outside the queue keep from starting reserves none: those may stay for days.
        """
        cards = self._visible(options)
        if len([card for card in cards if not card.users or card.number in self._taken]) >= wanted:
            for card in cards:
                self._reserved.setdefault(card.number, job_id)

    def take(self, options: JobOptions, wanted: int, least: float) -> tuple[int, ...]:
        """Take the lowest cards that a job may have; return their numbers."""
        if not wanted:
            self._promise_best(self._visible(options), least)
            return ()
        fit = [card for card in self._unreserved(options) if not least or self._left(card) >= least]
        numbers = tuple(card.number for card in fit[:wanted])
        self._taken.update(numbers)
        for number in numbers:
            self._promised[number] = self._promised.get(number, 0) + least
        return numbers

    def _visible(self, options: JobOptions) -> tuple[Card, ...]:
        given = given_visible(options)
        return self._cards if given is None else visible_cards(self._cards, given[1])

    def _unreserved(self, options: JobOptions) -> list[Card]:
        out = self._taken | self._reserved.keys()
        return [card for card in self._visible(options) if not card.users and card.number not in out]

    def _left(self, card: Card) -> float:
        return -1.0 if card.free is None else card.free - self._promised.get(card.number, 0)

    def _promise_best(self, cards: Sequence[Card], bytes_: float) -> None:
        """Promise memory to a job that is given no card: it most likely takes that of the card with most of it."""
        if cards:
            number = max(cards, key=self._left).number
            self._promised[number] = self._promised.get(number, 0) + bytes_


def _with_users(card: Card, left: tuple[CardUser, ...]) -> Card:
    """Return a card with the processes of an ended run among its users, whether the driver lists them or not."""
    if not left:
        return card
    listed = {user.pid for user in left}
    return replace(card, users=(*left, *(user for user in card.users if user.pid not in listed)))


def _is_named(card: Card, word: str) -> bool:
    if word.isdecimal():
        return card.number == int(word)
    return bool(word) and card.uuid.startswith(word)


def _numbers(visible: str) -> list[int]:
    return [int(word) for word in map(str.strip, visible.split(",")) if word.isdecimal()]
