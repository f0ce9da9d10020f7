"""A filter of jobs as a condition in SQL."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from tui_queue.core.model.filter import Field, Filter, Shown, Term
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.store.rows import microseconds

# A claimed run that has not started yet is shown as pending.
_SHOWN_STATE = "CASE WHEN state = 'running' AND started_at IS NULL THEN 'pending' ELSE state END"
_BEGINS = "BETWEEN {0} AND {0} || char(0x10ffff)"  # a range, for which an index can be used
_SHOWN: Mapping[str, str] = {
    Shown.HELD: "state = 'pending' AND held = 1",
    Shown.PAUSED: "state = 'running' AND paused <> ''",
    Shown.CANCELLING: "state = 'running' AND started_at IS NOT NULL AND cancel_requested = 1",
    Shown.STARTING: "state = 'running' AND started_at IS NULL",
    Shown.INTERRUPTED: f"state = 'failed' AND reason_kind = '{ReasonKind.LOST}'",
}
_TEXTS = {Field.TEXT: "name, path, args", Field.NAME: "name", Field.PARAMETERS: "args", Field.PATH: "path"}
_NUMBERS = {
    Field.ID: "id",
    Field.PRIORITY: "priority",
    Field.ATTEMPT: "attempt",
    # As shells say it: 137 is the end by signal 9 too.
    Field.EXIT: "coalesce(exit_code, 128 + signal)",
    Field.SIGNAL: "signal",
    Field.AGE: "(:now - created_at) / 1000000",
    Field.STARTED: "(:now - started_at) / 1000000",
    Field.ENDED: "(:now - finished_at) / 1000000",
    Field.TOOK: "(coalesce(finished_at, :now) - started_at) / 1000000",
}
_TABLES = {
    Field.QUEUE: "SELECT 1 FROM queues WHERE name = ?",
    Field.BATCH: "SELECT 1 FROM jobs WHERE batch = ? AND batch <> ''",
}


def condition(wanted: Filter, db: sqlite3.Connection) -> tuple[str, dict[str, object]]:
    """Return a condition on rows of ``jobs``, which begins with AND or is empty, and its values."""
    parts: list[str] = []
    values: dict[str, object] = {}
    for number, term in enumerate(wanted.all_terms):
        either = " OR ".join(f"({one})" for one in _either(term, f"w{number}", db, values))
        # What is not known, as the exit code of a job that runs, is none of the values.
        parts.append(f"AND NOT coalesce({either}, 0)" if term.negated else f"AND ({either})")
    if any(":now" in part for part in parts):
        values["now"] = microseconds(datetime.now(UTC))
    return " ".join(parts), values


def _either(term: Term, name: str, db: sqlite3.Connection, values: dict[str, object]) -> list[str]:
    """Return the conditions of which one must be met, and put what they name into ``values``."""
    if term.field in _NUMBERS:
        found = []
        for place, span in enumerate(term.ranges):
            limits = ((">=", "low", span.low), ("<=", "high", span.high))
            asked = [(sign, f"{name}_{place}_{which}", limit) for sign, which, limit in limits if limit is not None]
            values |= {which: limit for _, which, limit in asked}
            found.append(" AND ".join(f"{_NUMBERS[term.field]} {sign} :{which}" for sign, which, _ in asked))
        return found
    if term.field in _TEXTS:
        has = partial(_contains, [value.casefold() for value in term.values])
        db.create_function(f"has_{name}", -1, has, deterministic=True)
        return [f"has_{name}({_TEXTS[term.field]})"]
    found = []
    for place, value in enumerate(term.values):
        which = f"{name}_{place}"
        values[which] = value
        if term.field is Field.STATE:
            found.append(_SHOWN.get(value) or f"{_SHOWN_STATE} = :{which}")
        elif term.field is Field.UUID:
            found.append(f"uuid {_BEGINS.format(f':{which}')}")
        elif term.field is Field.WHY:
            found.append(f"instr(lower(reason), lower(:{which})) > 0")
        else:
            begun = term.begun and _is_missing(db, _TABLES[term.field], value)
            filled = f" AND {term.field} <> ''" if term.field is Field.BATCH else ""  # the index is of those
            found.append(f"{term.field} {_BEGINS.format(f':{which}') if begun else f'= :{which}'}{filled}")
    return found


def _is_missing(db: sqlite3.Connection, query: str, name: str) -> bool:
    return db.execute(query, (name,)).fetchone() is None


def _contains(words: Sequence[str], *columns: bytes) -> bool:
    text = os.fsdecode(b" ".join(columns).replace(b"\0", b" ")).casefold()
    return any(word in text for word in words)
