"""Parses filters of jobs."""

import re
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.filter import Field, Filter, Range, Shown, Term
from tui_queue.core.model.job import State
from tui_queue.core.parsing.fields import signal_number
from tui_queue.core.parsing.filter_words import Word, words_of
from tui_queue.core.units.durations import parse_duration
from tui_queue.core.units.printable import printable

_NAMES = tuple(field.value for field in Field if field)
_FORMAL = (*State, *Shown)
_SHORT: Mapping[str, str] = {
    "wait": State.PENDING,
    "hold": Shown.HELD,
    "done": State.COMPLETED,
    "cancel": State.CANCELLED,
    "lost": Shown.INTERRUPTED,
    "ends": Shown.CANCELLING,
}
_COMPARED = r"(?a)(>=|<=|>|<|)(.*)"
_LARGEST = 1 << 62
_LIKE_A_NAME = re.compile(r"!?([a-z]{2,}):(?!//)", re.IGNORECASE)  # no C: and no http://
_NUMBER = re.compile(r"(?a)#(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)")
_UUID = re.compile(r"(?a)[0-9a-f]{8}-[0-9a-f-]{0,27}", re.IGNORECASE)
_SPANS = {Field.AGE, Field.STARTED, Field.ENDED, Field.TOOK}


class WrongWord(BadInputError):  # noqa: N818 - it is one
    """A word of a filter that means nothing: which it is, where it begins, and why it is wrong."""

    def __init__(self, word: Word, why: str) -> None:
        super().__init__("filter", f"{printable(word.text.removesuffix(':'))}: {why}")
        self.word = word.text
        self.begin = word.begin
        self.why = why


def parse_filter(text: str, *, is_typed: bool = True) -> Filter:
    """Return which jobs are meant by ``state:failed,lost !queue:gpu name:'two words' #12 age:>2d words``.

    While it ``is_typed`` a word that has no value yet asks for nothing, and the last one may be the beginning of what
    is meant. Raises WrongWord.
    """
    terms = [_term(word, is_typed=is_typed) for word in words_of(text)]
    return Filter(terms=tuple(term for term in terms if term is not None))


def parse_set(text: str) -> Filter:
    """Return which jobs a command is for: the words of a filter, but none of them half typed. Raises BadInputError."""
    if not (words := words_of(text)):
        raise BadInputError(
            "where", "--where: no words are given; `state:failed queue:gpu` say, or --all for all jobs."
        )
    for word in words:
        if word.field is Field.STATE:
            for value in filter(None, word.values):
                meant = _states_of(value)
                if len(meant) > 1 and value.lower() not in meant:
                    raise WrongWord(word, f"is that {' or '.join(meant)}? Write it out.")
    return Filter(terms=tuple(replace(term, begun=False) for term in parse_filter(text, is_typed=False).terms))


def check_typed(text: str) -> None:
    """Check that no word of a filter is half typed any more. Raises WrongWord."""
    parse_filter(text, is_typed=False)


def remark(text: str, *, states: bool = False) -> str:
    """Return a remark on a word that may mean something else than the user thinks, or nothing.

    With ``states`` that is said of those too which stand alone.
    """
    for word in words_of(text):
        bare = word.text.removeprefix("!").lower()
        if word.field is not Field.TEXT or word.quoted:
            continue
        if states and bare in _FORMAL:
            return f"{bare}: the state; '{bare}' in quotes is text"
        if bare in _SHORT:
            return f"{bare} is text; state:{bare} is the state"
        if found := _LIKE_A_NAME.match(word.text):
            name = found[1].lower()
            meant = [each for each in _NAMES if each.startswith(name)]
            hint = f"{meant[0]}: is a field" if meant else f"there are {' '.join(f'{each}:' for each in _NAMES)}"
            return f"{name}: is text; {hint}"
    return ""


def _term(word: Word, *, is_typed: bool) -> Term | None:
    """Return the condition that a word is; None for one that is half typed."""
    if word.open and not is_typed:
        raise WrongWord(word, "a quote is not closed.")
    values = tuple(filter(None, word.values))
    if not values or (len(values) < len(word.values) and not is_typed):
        if is_typed:
            return None
        what = "has no word behind it" if word.field is Field.TEXT else "has no value"
        raise WrongWord(word, f"{what}; write it behind the {'!' if word.text == '!' else 'colon'}, without a blank.")
    if word.field is Field.TEXT:
        return _bare(word, values[0])
    if word.field is Field.STATE:
        states = [state for value in values for state in _known_states(word, value)]
        return Term(field=word.field, values=tuple(dict.fromkeys(states)), negated=word.negated)
    if (read := _RANGES.get(word.field)) is not None:
        ranges = [_range(word, value, read, is_typed=is_typed) for value in values]
        whole = tuple(each for each in ranges if each is not None)
        return Term(field=word.field, ranges=whole, negated=word.negated) if whole else None
    return Term(field=word.field, values=values, negated=word.negated, begun=word.field in (Field.QUEUE, Field.BATCH))


def _bare(word: Word, value: str) -> Term:
    """Return what a word without a field asks for: a state, a number, a UUID, or a text."""
    if not word.quoted:
        if (state := value.lower()) in _FORMAL:
            return Term(field=Field.STATE, values=(state,), negated=word.negated)
        if found := _NUMBER.fullmatch(value):
            ranges = [_range(word, part, int, is_typed=False) for part in found[1].split(",")]
            return Term(field=Field.ID, ranges=tuple(filter(None, ranges)), negated=word.negated)
        if _UUID.fullmatch(value):
            return Term(field=Field.UUID, values=(value.lower(),), negated=word.negated)
    return Term(field=Field.TEXT, values=(value,), negated=word.negated)


def _known_states(word: Word, value: str) -> list[str]:
    if not (found := _states_of(value)):
        raise WrongWord(word, f"no such state; there are {', '.join(_FORMAL)}.")
    return found


def _states_of(value: str) -> list[str]:
    """Return the states that a word means: one, or those that begin so, the five of jobs before what else is shown."""
    value = value.lower()
    if value in _SHORT or value in _FORMAL:
        return [str(_SHORT.get(value, value))]
    for words in (State, Shown):
        if found := [str(word) for word in words if word.startswith(value)]:
            return found
    return []


def _range(word: Word, value: str, read: Callable[[str], int], *, is_typed: bool) -> Range | None:
    """Return the numbers that ``137``, ``>2``, ``<=5`` or ``2-7`` mean; None for one that is half typed."""
    is_span = word.field in _SPANS
    found = re.fullmatch(_COMPARED, value)
    sign, number = (found[1], found[2]) if found else ("", value)
    if is_typed and number in ("", "-"):
        return None
    first, dash, last = number, "", ""
    if is_typed and number[:-1].isdecimal() and number.endswith("-"):
        return None
    if not sign and not is_span and (parts := re.fullmatch(r"(?a)(-?\d+)-(-?\d+)", number)):
        first, dash, last = parts[1], "-", parts[2]
    try:
        low = read(first)
        high = read(last) if dash else low
    except (ValueError, BadInputError):
        if is_typed and is_span and number.isdecimal():
            return None  # 0, before more digits
        raise WrongWord(word, _what_to_write(word.field)) from None
    if not -_LARGEST < low <= high < _LARGEST:
        raise WrongWord(word, _what_to_write(word.field))
    if is_span and not sign:
        if is_typed:
            return None
        raise WrongWord(word, _what_to_write(word.field))
    step = 0 if is_span else 1
    return {
        ">": Range(low + step, None),
        ">=": Range(low, None),
        "<": Range(None, low - step),
        "<=": Range(None, low),
    }.get(sign, Range(low, high))


def _what_to_write(field: Field) -> str:
    if field in _SPANS:
        return f"no span of time; write {field}:>2d or {field}:<90m."
    if field is Field.SIGNAL:
        return "no such signal; write signal:9 or signal:KILL."
    example = field or Field.ID
    return f"no number; write {example}:3, {example}:>3 or {example}:2-7."


def _signal(text: str) -> int:
    return signal_number("signal", text)


_RANGES: Mapping[Field, Callable[[str], int]] = {
    Field.ID: int,
    Field.PRIORITY: int,
    Field.ATTEMPT: int,
    Field.EXIT: int,
    Field.SIGNAL: _signal,
    **dict.fromkeys(_SPANS, parse_duration),
}
