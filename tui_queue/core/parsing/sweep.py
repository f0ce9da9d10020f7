r"""Brace expressions in a job's arguments, and the arguments of every job that they stand for.

The model is bash: ``{a,b}`` lists, ``{1..5}``, ``{01..10}``, ``{1..10..3}``, ``{10..1}`` and ``{a..e}`` ranges, inside
a word, several of them, one in another; the last one varies fastest, and a word that comes out empty is left out, so
that ``{,--fast}`` means without and with. Beyond bash there are decimal ranges, ``{0.0..1.0..0.25}``.

Quotes have been dealt with before a word comes here, and so have the spaces between words. Hence, other than in bash:

* Braces around a space stay as they are, and so do braces before a quotation mark: a line of a program, JSON text.
* A brace belongs to its own partner: ``{a}b,c}`` stays as it is. A range that bash would take as text because it can't
  be one is refused: a step of 0, decimals without a step, numbers of more than 18 digits.
* A backslash takes the meaning from ``{``, ``}``, ``,``, a space or another backslash after it, and goes away; before
  anything else it stays. In words where nothing is expanded and no brace is escaped, every backslash stays.
"""

import itertools
import math
import re
import shlex
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

LIMIT = 1_000_000  # from here on they are refused unless the user has confirmed the number
DEEPEST = 20  # braces in braces
FIRST = 5  # jobs that are shown before they are added

_TOKEN = re.compile(r"\\.|\$\{|[{},\s]", re.DOTALL)
_ESCAPE = re.compile(r"\\([{},\s\\])")
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?"
_NUMBERS = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:\.\.({_NUMBER}))?")
_LETTERS = re.compile(r"([A-Za-z])\.\.([A-Za-z])(?:\.\.([+-]?[0-9]+))?")
_PADDED = re.compile(r"-?0[0-9]")
_DIGITS = 18  # of the numbers of a range


class Range(Struct, frozen=True, kw_only=True):
    """Numbers with ``places`` decimals, kept as whole numbers and so exact; or letters, kept as their codes."""

    first: int
    step: int
    count: int
    places: int = 0
    width: int = 0
    letters: bool = False

    def at(self, index: int) -> str:
        """Return one value."""
        value = self.first + index * self.step
        if self.letters:
            return chr(value)
        sign, digits = "-" * (value < 0), f"{abs(value):0{self.places + 1}}"
        point = len(digits) - self.places
        whole = f"{sign}{digits[:point]}".zfill(self.width)
        return f"{whole}.{digits[point:]}" if self.places else whole


class Chain(Struct, frozen=True, kw_only=True):
    """Parts of a word, one behind the other."""

    parts: "tuple[Part, ...]"
    count: int

    def at(self, index: int) -> str:
        """Return one value; that of the last part varies fastest."""
        values = []
        for part in reversed(self.parts):
            index, place = divmod(index, _count(part))
            values.append(_at(part, place))
        return "".join(reversed(values))


class Choice(Struct, frozen=True, kw_only=True):
    """Alternatives; ``ends`` counts the values up to the end of each."""

    options: "tuple[Part, ...]"
    ends: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.ends[-1]

    def at(self, index: int) -> str:
        """Return one value."""
        place = bisect_right(self.ends, index)
        return _at(self.options[place], index - (self.ends[place - 1] if place else 0))


Part = str | Range | Chain | Choice


class Sweep(Struct, frozen=True, kw_only=True):
    """The arguments of ``count`` jobs, each made when it is asked for; ``together``: all expressions vary as one."""

    words: tuple[tuple[Part, ...], ...]
    together: bool
    count: int

    @property
    def varies(self) -> bool:
        """Whether there was anything to expand."""
        return any(_varies(word) for word in self.words)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return (self.at(index) for index in range(self.count))

    def at(self, index: int) -> tuple[str, ...]:
        """Return the arguments of one job, counted from 0."""
        args = []
        for word in reversed(self.words):
            values = []
            for part in reversed(word):
                place = index
                if not self.together:
                    index, place = divmod(index, _count(part))
                values.append(_at(part, place))
            text = "".join(reversed(values))
            if text or not _varies(word):
                args.append(text)
        return tuple(reversed(args))

    def first(self, number: int) -> tuple[tuple[str, ...], ...]:
        """Return the arguments of the first jobs."""
        return tuple(itertools.islice(self, number))


def expand(words: Sequence[str], *, together: bool = False) -> Sweep:
    """Read the brace expressions in a job's arguments.

    Every combination is a job; with ``together`` the first values of all expressions are one, the second values
    another. Raises BadInputError for a range that can't be one, and for expressions that can't vary together.
    """
    parsed = tuple(_word(word) for word in words)
    counts = [part.count for word in parsed for part in word if not isinstance(part, str)]
    if together:
        _refuse_unequal(words, parsed)
        return Sweep(words=parsed, together=True, count=counts[0] if counts else 1)
    return Sweep(words=parsed, together=False, count=math.prod(counts))


def check_count(sweep: Sweep, *, yes: bool) -> None:
    """Raise BadInputError for a million jobs or more unless ``yes``: the user has confirmed the number."""
    if sweep.count >= LIMIT and not yes:
        raise BadInputError(
            "sweep", f"{number(sweep.count)} jobs: too many at once; sweep over fewer values, or say --yes to add them."
        )


def count_line(sweep: Sweep) -> str:
    """Return how many jobs a sweep makes, above what ``first_lines`` has of them."""
    return f"{number(sweep.count)} job{'s' * (sweep.count != 1)}:"


def first_lines(command: Sequence[str], sweep: Sweep) -> Iterator[str]:
    """Yield what the first jobs of a sweep run, ``command`` with their arguments, and how many there are more."""
    for args in sweep.first(FIRST):
        yield f"  {printable(shlex.join([*command, *args]))}"
    if sweep.count > FIRST:
        yield f"  … and {number(sweep.count - FIRST).lower()} more"


def number(count: int) -> str:
    """Return a count of any size in few characters."""
    return f"{count:,}" if count < 10**15 else f"About 10^{int(math.log10(count))}"


class _Group(Struct):
    """Braces that were opened, and what stands between them."""

    start: int
    dollar: bool = False
    commas: list[int] = field(default_factory=list)
    spaced: bool = False
    end: int = 0


def _word(text: str) -> tuple[Part, ...]:
    if "{" not in text:
        return (text,)
    groups, escaped = _groups(text)
    parser = _Parser(text, groups)
    return parser.parts(0, len(text), 0) if groups or escaped else (text,)


def _groups(text: str) -> tuple[list[_Group], bool]:
    """Return the braces that are to be expanded, in order, and whether one was escaped."""
    found: list[_Group] = []
    stack: list[_Group] = []
    dollars, escaped = 0, False
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign in ("{", "${"):
            stack.append(_Group(start=token.start(), dollar=sign == "${"))
            dollars += sign == "${"
        elif sign.startswith("\\"):
            escaped = escaped or sign[1] in "{}"
        elif not stack:
            continue
        elif sign == ",":
            stack[-1].commas.append(token.start())
        elif sign == "}":
            group = stack.pop()
            group.end = token.start()
            dollars -= group.dollar
            if stack:
                stack[-1].spaced |= group.spaced
            if not (group.dollar or dollars) and _is_expression(text, group):
                found.append(group)
        else:
            stack[-1].spaced = True
    return sorted(found, key=lambda group: group.start), escaped


def _is_expression(text: str, group: _Group) -> bool:
    if group.spaced or text[group.start + 1] in "\"'":
        return False
    start, end = group.start + 1, group.end
    return bool(group.commas or _NUMBERS.fullmatch(text, start, end) or _LETTERS.fullmatch(text, start, end))


class _Parser:
    """One word whose brace expressions are known."""

    def __init__(self, text: str, groups: list[_Group]) -> None:
        self._text = text
        self._groups = groups
        self._starts = [group.start for group in groups]

    def parts(self, start: int, end: int, depth: int) -> tuple[Part, ...]:
        """Return what stands between two places."""
        parts: list[Part] = []
        place = bisect_left(self._starts, start)
        while place < len(self._starts) and self._starts[place] < end:
            group = self._groups[place]
            parts += (self._plain(start, group.start), self._expression(group, depth + 1))
            start = group.end + 1
            place = bisect_left(self._starts, start)
        parts.append(self._plain(start, end))
        return tuple(part for part in parts if part != "")

    def _plain(self, start: int, end: int) -> str:
        return _ESCAPE.sub(r"\1", self._text[start:end])

    def _expression(self, group: _Group, depth: int) -> Part:
        if depth > DEEPEST:
            raise BadInputError("sweep", f"Braces stand more than {DEEPEST} deep in one another; write it flatter.")
        if not group.commas:
            return _range(self._text[group.start + 1 : group.end])
        borders = [group.start, *group.commas, group.end]
        options = tuple(_joined(self.parts(start + 1, end, depth)) for start, end in itertools.pairwise(borders))
        return Choice(options=options, ends=tuple(itertools.accumulate(map(_count, options))))


def _joined(parts: tuple[Part, ...]) -> Part:
    if len(parts) == 1:
        return parts[0]
    return Chain(parts=parts, count=math.prod(map(_count, parts))) if parts else ""


def _range(text: str) -> Range:
    first, last, *rest = text.split("..")
    step = rest[0] if rest else "1"
    if first.isalpha():
        return _steps(text, ord(first), ord(last), _whole(text, step, 0), letters=True)
    if "." in first + last and not rest:
        raise BadInputError(
            "sweep", f"{{{_shown(text)}}}: decimals need a step, as in {{0.1..0.5..0.1}}; or write \\{{ for the brace."
        )
    places = max(len(word.partition(".")[2]) for word in (first, last, step))
    padded = _PADDED.match(first) or _PADDED.match(last)
    width = max(len(word.partition(".")[0]) for word in (first, last)) if padded else 0
    start, end, by = (_whole(text, word, places) for word in (first, last, step))
    return _steps(text, start, end, by, places=places, width=width)


def _steps(
    text: str, first: int, last: int, step: int, *, letters: bool = False, places: int = 0, width: int = 0
) -> Range:
    if step == 0:
        raise BadInputError("sweep", f"{{{_shown(text)}}}: a step of 0 leads nowhere; use another.")
    step = abs(step) if last >= first else -abs(step)
    count = (last - first) // step + 1
    return Range(first=first, step=step, count=count, places=places, width=width, letters=letters)


def _whole(text: str, word: str, places: int) -> int:
    """Return a number in units of its last decimal place."""
    whole, _, decimals = word.partition(".")
    if len(whole) + places > _DIGITS:
        raise BadInputError("sweep", f"{{{_shown(text)}}}: numbers of more than {_DIGITS} digits; use shorter ones.")
    return int(whole + decimals.ljust(places, "0"))


def _refuse_unequal(words: Sequence[str], parsed: tuple[tuple[Part, ...], ...]) -> None:
    known: tuple[str, int] | None = None
    for text, word in zip(words, parsed, strict=True):
        for part in word:
            if isinstance(part, str):
                continue
            if known is not None and part.count != known[1]:
                raise BadInputError(
                    "sweep",
                    f"{known[0]} has {_values(known[1])}, {_shown(text)} has {_values(part.count)}: "
                    "they can't vary together; give each as many.",
                )
            known = known or (_shown(text), part.count)


def _values(count: int) -> str:
    return f"{number(count).lower()} value{'s' * (count != 1)}"


def _shown(text: str) -> str:
    return printable(text if len(text) <= 40 else f"{text[:39]}…")


def _varies(word: tuple[Part, ...]) -> bool:
    return any(not isinstance(part, str) for part in word)


def _count(part: Part) -> int:
    return 1 if isinstance(part, str) else part.count


def _at(part: Part, index: int) -> str:
    return part if isinstance(part, str) else part.at(index)
