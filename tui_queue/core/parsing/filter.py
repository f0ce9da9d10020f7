"""Which jobs somebody wants to see."""

import json
import os
import re
import sqlite3
from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import State
from tui_queue.core.units.printable import printable


class Filter(Struct, frozen=True, kw_only=True):
    """What is left empty excludes nothing; ``words`` must all stand in the name, the path or the parameters.

    ``names`` must all stand in the name. Where ``begun``, queue and batch may be beginnings: each means all that begin
    so unless there is one of just that name.
    """

    states: tuple[State, ...] = ()
    queue: str = ""
    batch: str = ""
    begun: bool = False
    id: str = ""
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


_NAMES = ("state", "name", "queue", "batch", "id")
_LIKE_A_NAME = re.compile(r"([a-z]{2,}):(?!//)", re.IGNORECASE)  # no C: and no http://
_BEGINS = "BETWEEN {0} AND {0} || char(0x10ffff)"  # a range, for which an index can be used


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


def remark(text: str) -> str:
    """Return that a word is looked for as text though it looks like ``state:failed``; empty where none does."""
    for word in text.split():
        if (found := _LIKE_A_NAME.match(word)) and found[1] not in _NAMES:
            return f"{found[0]} is text; there are {' '.join(f'{name}:' for name in _NAMES)}"
    return ""


# A claimed run that has not started yet is shown as pending.
_SHOWN_STATE = "CASE WHEN state = 'running' AND started_at IS NULL THEN 'pending' ELSE state END"


def condition(wanted: Filter, db: sqlite3.Connection) -> tuple[str, dict[str, str]]:
    """Return a condition on rows of ``jobs``, which begins with AND or is empty, and its values."""
    parts: list[str] = []
    values: dict[str, str] = {}
    if wanted.states:
        parts.append(f"AND {_SHOWN_STATE} IN (SELECT value FROM json_each(:states))")
        values["states"] = json.dumps(wanted.states)
    if wanted.queue:
        begun = wanted.begun and _none_is(db, "SELECT 1 FROM queues WHERE name = ?", wanted.queue)
        parts.append(f"AND queue {_BEGINS.format(':queue') if begun else '= :queue'}")
        values["queue"] = wanted.queue
    if wanted.batch:
        begun = wanted.begun and _none_is(db, "SELECT 1 FROM jobs WHERE batch = ? AND batch <> ''", wanted.batch)
        parts.append(f"AND batch {_BEGINS.format(':batch') if begun else '= :batch'} AND batch <> ''")
        values["batch"] = wanted.batch
    if wanted.id:
        parts.append("AND CAST(id AS TEXT) = :id")
        values["id"] = wanted.id
    for function, columns, words in (
        ("has_names", "name", wanted.names),
        ("has_words", "name, path, args", wanted.words),
    ):
        if words:
            has = partial(_have, [word.casefold() for word in words])
            db.create_function(function, -1, has, deterministic=True)
            parts.append(f"AND {function}({columns})")
    return " ".join(parts), values


def _none_is(db: sqlite3.Connection, query: str, name: str) -> bool:
    return db.execute(query, (name,)).fetchone() is None


def _have(words: Sequence[str], *columns: bytes) -> bool:
    text = os.fsdecode(b" ".join(columns).replace(b"\0", b" ")).casefold()
    return all(word in text for word in words)
