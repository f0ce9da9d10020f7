"""A filter of jobs as a condition in SQL."""

import json
import os
import sqlite3
from collections.abc import Sequence
from functools import partial

from tui_queue.core.model.filter import Filter

# A claimed run that has not started yet is shown as pending.
_SHOWN_STATE = "CASE WHEN state = 'running' AND started_at IS NULL THEN 'pending' ELSE state END"
_BEGINS = "BETWEEN {0} AND {0} || char(0x10ffff)"  # a range, for which an index can be used


def condition(wanted: Filter, db: sqlite3.Connection) -> tuple[str, dict[str, str]]:
    """Return a condition on rows of ``jobs``, which begins with AND or is empty, and its values."""
    parts: list[str] = []
    values: dict[str, str] = {}
    if wanted.states:
        parts.append(f"AND {_SHOWN_STATE} IN (SELECT value FROM json_each(:states))")
        values["states"] = json.dumps(wanted.states)
    if wanted.queue:
        begun = wanted.begun and _is_missing(db, "SELECT 1 FROM queues WHERE name = ?", wanted.queue)
        parts.append(f"AND queue {_BEGINS.format(':queue') if begun else '= :queue'}")
        values["queue"] = wanted.queue
    if wanted.batch:
        begun = wanted.begun and _is_missing(db, "SELECT 1 FROM jobs WHERE batch = ? AND batch <> ''", wanted.batch)
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
            has = partial(_contains, [word.casefold() for word in words])
            db.create_function(function, -1, has, deterministic=True)
            parts.append(f"AND {function}({columns})")
    return " ".join(parts), values


def _is_missing(db: sqlite3.Connection, query: str, name: str) -> bool:
    return db.execute(query, (name,)).fetchone() is None


def _contains(words: Sequence[str], *columns: bytes) -> bool:
    text = os.fsdecode(b" ".join(columns).replace(b"\0", b" ")).casefold()
    return all(word in text for word in words)
