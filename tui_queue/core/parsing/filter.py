"""Parses filters of jobs."""

import re

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import State
from tui_queue.core.units.printable import printable

_NAMES = ("state", "name", "queue", "batch", "id")
_LIKE_A_NAME = re.compile(r"([a-z]{2,}):(?!//)", re.IGNORECASE)  # no C: and no http://


def parse_filter(text: str) -> Filter:
    """Return which jobs are meant by ``state:failed name:train queue:gpu batch:night id:12 words``.

    Raises BadInputError.
    """
    states: list[State] = []
    named = {"queue": "", "batch": "", "id": ""}
    names, words = [], []
    for word in text.split():
        name, colon, value = word.partition(":")
        if colon and name == "state":
            # While it is typed it is the beginning of one.
            found = [state for state in State if value and state.startswith(value.lower())]
            if value and not found:
                raise BadInputError("filter", f"{printable(value)}: no state; there are {', '.join(State)}.")
            states += found
        elif colon and name == "name":
            names += [value] if value else []
        elif colon and name in named:
            named[name] = value
        else:
            words.append(word)
    begun = bool(named["queue"] or named["batch"])
    return Filter(states=tuple(states), names=tuple(names), words=tuple(words), begun=begun, **named)


def parse_set(text: str) -> Filter:
    """Return which jobs a command is for: the words of a filter, but none of them half typed. Raises BadInputError."""
    if not text.split():
        raise BadInputError(
            "where", "--where: no words are given; `state:failed queue:gpu` say, or --all for all jobs."
        )
    for word in text.split():
        name, colon, value = word.partition(":")
        if colon and name in _NAMES and not value:
            raise BadInputError("where", f"{name}: has no value; write it behind the colon, without a blank.")
        if colon and name == "state":
            meant = [state for state in State if state.startswith(value.lower())]
            if len(meant) > 1 and value.lower() not in meant:
                raise BadInputError("where", f"{printable(word)}: is that {' or '.join(meant)}? Write it out.")
    return replace(parse_filter(text), begun=False)


def remark(text: str) -> str:
    """Return a remark on a word that looks like ``state:failed`` but is searched for as text, or nothing."""
    for word in text.split():
        if (found := _LIKE_A_NAME.match(word)) and found[1] not in _NAMES:
            return f"{found[0]} is text; there are {' '.join(f'{name}:' for name in _NAMES)}"
    return ""
