"""Parses single fields; every refusal names the field and says what to do.

``label`` is how a message names a field, if that does not follow from its name.
"""

import re
import signal
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.durations import parse_duration
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import parse_size

E = TypeVar("E", bound=StrEnum)

NAME_LIMIT = 60  # characters of a queue's, batch's, schedule's or template's name
PRIORITY_LIMIT = 1_000_000
_LEAST_LOG = 1 << 16  # bytes of a log that has a limit
_UNCATCHABLE = ("SIGKILL", "SIGSTOP")


def number(field: str, text: str, low: int, high: int, *, label: str = "") -> int:
    """Return the whole number that a field holds; 0 for an empty one."""
    if not text.strip():
        return 0
    try:
        value = int(text)
    except ValueError:
        value = high + 1
    if not low <= value <= high:
        raise BadInputError(field, f"{_begin(field, text, label)}: not a whole number from {low:,} to {high:,}.")
    return value


def log_bytes(field: str, text: str) -> int:
    """Return the bytes that a log may have; 0 for an empty field."""
    if not text.strip():
        return 0
    try:
        size = parse_size(text)
    except ValueError:
        size = 0
    if not _LEAST_LOG <= size <= 1 << 60:
        raise BadInputError(field, f"{_begin(field, text)}: not a size from 64K on; write 500M or 2G.")
    return int(size)


def span(field: str, text: str) -> int:
    """Return the seconds that a field holds; 0 for an empty one."""
    if not text.strip():
        return 0
    try:
        return parse_duration(text)
    except ValueError:
        raise BadInputError(
            field,
            f"{_begin(field, text)}: not a span of time; write 90s, 15m, 2h30m or 3d, up to ten years.",
        ) from None


def codes(field: str, text: str, *, label: str = "") -> tuple[int, ...]:
    """Return the exit codes of a field like ``1,3,10-20``, sorted."""
    found: set[int] = set()
    for part in filter(None, re.split(r"[,\s]+", text)):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()) or not int(first) <= int(last or first) <= 255:
            raise BadInputError(
                field, f"{_begin(field, part, label)}: not an exit code; write 3 or 10-20, from 0 to 255."
            )
        found.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))


def title(field: str, text: str) -> str:
    """Return a name that can be typed and shown; empty for none."""
    text = text.strip()
    if text != printable(text) or len(text) > NAME_LIMIT or re.search(r"[\s,]", text):
        raise BadInputError(
            field,
            f"{_begin(field, text)}: use up to {NAME_LIMIT} characters without blanks and commas.",
        )
    return text


def choice(field: str, text: str, kind: type[E], *, label: str = "") -> E | None:
    """Return the member of an enumeration that a field names; None for an empty one."""
    if not text.strip():
        return None
    try:
        return kind(text.strip().lower())
    except ValueError:
        raise BadInputError(field, f"{_begin(field, text, label)}: choose {_list(list(kind))}.") from None


def time_limit(field: str, text: str) -> int | None:
    """Return the seconds that a field allows; None for an empty one, without limit."""
    if not text.strip():
        return None
    try:
        return parse_duration(text)
    except ValueError:
        raise BadInputError(
            field, f"{printable(text)}: not a time limit; write 90s, 15m, 2h30m or 3d, up to ten years."
        ) from None


def _begin(field: str, text: str, label: str = "") -> str:
    return f"{label or field.replace('_', ' ').capitalize()} {printable(text)}"


def _list(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"


def signal_number(field: str, text: str, *, catchable: bool = False) -> int:
    """Return the number of a signal: ``15``, ``TERM``, ``SIGTERM``; with ``catchable`` one a program can handle."""
    name = text.strip().upper()
    if name.isdecimal() and 0 < int(name) < signal.NSIG:
        return int(name)
    full = name if name.startswith("SIG") else f"SIG{name}"
    if full in signal.Signals.__members__ and not (catchable and full in _UNCATCHABLE):
        return signal.Signals[full].value
    raise BadInputError(field, f"{printable(text)}: no such signal here; write a name like USR1 or TERM.")
