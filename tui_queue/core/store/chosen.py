"""Finds the jobs that a verb is for, in the transaction that does it."""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence

from msgspec import Struct

from tui_queue.core.model.job import Job, State
from tui_queue.core.model.selection import Left, Selection, Span
from tui_queue.core.store.filter_sql import condition
from tui_queue.core.store.rows import job_of, job_row

_STATE_OF_RUN = "CASE WHEN state = 'running' AND started_at IS NULL THEN 'starting' ELSE state END"
_LEFT = {"pending": Left.PENDING, "starting": Left.STARTING, "running": Left.RUNNING}


class Chosen(Struct, frozen=True, kw_only=True):
    """The jobs of a selection, in order; ``left`` counts those of a set that are in other states than were wanted."""

    jobs: Sequence[Job]
    singly: Collection[int]
    left: Counter[Left]


def choose(
    db: sqlite3.Connection, selection: Selection, states: Collection[State], usual: str, also: Collection[int] = ()
) -> Chosen:
    """Return the jobs of a selection: those that were named singly in any state, those of a set only in ``states``.

    Those of a set with the numbers in ``also`` are returned in any state.

    ``usual`` is a condition in SQL, for all jobs that the verb is usually for. Raises NoSuchJobError for a number that
    was named singly. A set may be large: jobs in other states are counted and not read.
    """
    found: dict[int, Job] = {}
    for span in selection.named:
        if span.singly:
            found[span.first] = job_of(job_row(db, span.first))
    singly = frozenset(found)
    left: Counter[Left] = Counter()
    where, values = _set_condition(db, selection, usual)
    if where:
        values["wanted_states"] = json.dumps(list(states))
        values["apart"] = json.dumps(list(singly))
        where = f"({where}) AND id NOT IN (SELECT value FROM json_each(:apart))"
        inside = "state IN (SELECT value FROM json_each(:wanted_states))"
        if also:
            values["also"] = json.dumps(list(also))
            inside = f"({inside} OR id IN (SELECT value FROM json_each(:also)))"
        for row in db.execute(f"SELECT * FROM jobs WHERE {inside} AND {where} ORDER BY id", values):
            found[row["id"]] = job_of(row)
        outside = f"SELECT {_STATE_OF_RUN}, count(*) FROM jobs WHERE NOT {inside} AND {where} GROUP BY 1"
        for state, number in db.execute(outside, values):
            left[_LEFT.get(state, Left.ENDED)] += number
        gone = len(set(selection.members)) - len([None for number in set(selection.members) if number in found])
        if gone:
            gone -= _how_many(db, [number for number in selection.members if number not in found])
        left[Left.GONE] += gone
    return Chosen(jobs=_in_order(list(found.values()), selection), singly=singly, left=+left)


def _set_condition(db: sqlite3.Connection, selection: Selection, usual: str) -> tuple[str, dict[str, object]]:
    """Return what is true of the members of the set, and its values; empty where there is no set."""
    either: list[str] = []
    values: dict[str, object] = {}
    for number, span in enumerate(selection.named):
        if not span.singly:
            either.append(f"id BETWEEN :first{number} AND :last{number}")
            values |= {f"first{number}": span.first, f"last{number}": span.last}
    if selection.members:
        either.append("id IN (SELECT value FROM json_each(:members))")
        values["members"] = json.dumps(selection.members)
    if selection.everything or selection.only is not None:
        part = ""
        if selection.only is not None:
            part, more = condition(selection.only, db)
            values |= more
        either.append(f"({usual if selection.everything else 'TRUE'} {part})")
    return " OR ".join(either), values


def _how_many(db: sqlite3.Connection, numbers: Sequence[int]) -> int:
    query = "SELECT count(*) FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
    there: int = db.execute(query, (json.dumps(numbers),)).fetchone()[0]
    return there


def _in_order(jobs: list[Job], selection: Selection) -> list[Job]:
    """Put jobs in the order of being named, members in theirs."""
    if len(selection.named) > 1:
        jobs.sort(key=lambda job: (_position(job.id, selection.named), job.id))
    elif selection.members:
        places = {number: place for place, number in enumerate(selection.members)}
        jobs.sort(key=lambda job: places.get(job.id, -1))
    return jobs


def _position(job_id: int, spans: Sequence[Span]) -> int:
    return next(place for place, span in enumerate(spans) if span.first <= job_id <= span.last)
