"""Which jobs somebody wants to see."""

import json
import os
import sqlite3

from msgspec import Struct

from tui_queue.core.models import State


class Filter(Struct, frozen=True, kw_only=True):
    """What is left empty excludes nothing; ``words`` must all stand in the name, the path or the parameters."""

    states: tuple[State, ...] = ()
    queue: str = ""
    batch: str = ""
    words: tuple[str, ...] = ()


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
    if wanted.words:
        words = [word.casefold() for word in wanted.words]

        def has_words(name: bytes, path: bytes, args: bytes) -> bool:
            text = os.fsdecode(b" ".join((name, path, args.replace(b"\0", b" ")))).casefold()
            return all(word in text for word in words)

        db.create_function("has_words", 3, has_words, deterministic=True)
        parts.append("AND has_words(name, path, args)")
    return " ".join(parts), values
