"""Which jobs somebody wants to see."""

import json
import os
import sqlite3

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.models import State
from tui_queue.core.printable import printable


class Filter(Struct, frozen=True, kw_only=True):
    """What is left empty excludes nothing; ``words`` must all stand in the name, the path or the parameters."""

    states: tuple[State, ...] = ()
    queue: str = ""
    batch: str = ""
    id: str = ""
    words: tuple[str, ...] = ()


def parse_filter(text: str) -> Filter:
    """Return which jobs are meant by ``state:failed queue:gpu batch:night id:12 words``. Raises BadInputError."""
    states: list[State] = []
    named = {"queue": "", "batch": "", "id": ""}
    words = []
    for word in text.split():
        name, colon, value = word.partition(":")
        if colon and name == "state":
            # While it is typed it is the beginning of one.
            found = [state for state in State if value and state.startswith(value.lower())]
            if value and not found:
                raise BadInputError("filter", f"{printable(value)}: no state; there are {', '.join(State)}.")
            states += found
        elif colon and name in named:
            named[name] = value
        else:
            words.append(word)
    return Filter(states=tuple(states), words=tuple(words), **named)


def condition(wanted: Filter, db: sqlite3.Connection) -> tuple[str, dict[str, str]]:
    """Return a condition on rows of ``jobs``, which begins with AND or is empty, and its values."""
    parts: list[str] = []
    values: dict[str, str] = {}
    if wanted.states:
        parts.append("AND state IN (SELECT value FROM json_each(:states))")
        values["states"] = json.dumps(wanted.states)
    if wanted.queue:
        parts.append("AND queue = :queue")
        values["queue"] = wanted.queue
    if wanted.batch:
        parts.append("AND batch = :batch AND batch <> ''")
        values["batch"] = wanted.batch
    if wanted.id:
        parts.append("AND CAST(id AS TEXT) = :id")
        values["id"] = wanted.id
    if wanted.words:
        words = [word.casefold() for word in wanted.words]

        def has_words(name: bytes, path: bytes, args: bytes) -> bool:
            text = os.fsdecode(b" ".join((name, path, args.replace(b"\0", b" ")))).casefold()
            return all(word in text for word in words)

        db.create_function("has_words", 3, has_words, deterministic=True)
        parts.append("AND has_words(name, path, args)")
    return " ".join(parts), values
