"""Imports the output of `tsp -l` (task-spooler)."""

import re
from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.foreign_job import draft_of, with_history
from tui_queue.core.interchange.importers.importer import (
    Importer,
    Origin,
    first_line,
    naming_line,
    numbered_lines,
    words_of,
)
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.job import After, State
from tui_queue.core.units.printable import printable

_HEADER = r"ID\s+State\s+Output\s+E-?Level"
# Level and times stand in the line of an ended job only; then the jobs it waits for, its label, and the command
# without its quotes.
_LINE = (
    r"(?P<id>\d+)\s+(?P<state>\w+)\s+\S+\s+(?:(?P<level>-?\d+)\s+(?P<took>[\d.]+)\S*/\S+/\S+\s+)?"
    r"(?:\[(?P<after>[\d,]+)\]&& )?(?:\[(?P<label>[^\]]*)\])?(?P<command>.*)"
)
_STATES = {
    "queued": State.PENDING,
    "allocating": State.PENDING,
    "running": State.RUNNING,
    "finished": State.COMPLETED,
    "skipped": State.CANCELLED,
}


def _recognises(text: str) -> bool:
    return re.match(_HEADER, first_line(text)) is not None


def _read(text: str, origin: Origin) -> Iterator[Record]:
    if not _recognises(text):
        raise BadInputError("import", "The first line is not that of `tsp -l`.")
    lines = numbered_lines(text)
    next(lines)
    for number, line in lines:
        with naming_line(number):
            yield _record(line, origin)


def _record(line: str, origin: Origin) -> Record:
    found = re.fullmatch(_LINE, line.strip())
    if found is None:
        raise BadInputError("import", "not a line of `tsp -l`.")
    level = int(found["level"]) if found["level"] else None
    state = _STATES.get(found["state"])
    if state is None:
        raise BadInputError("import", f"{printable(found['state'])}: no state of task-spooler's.")
    if state is State.COMPLETED and level:
        state = State.FAILED
    path, *args = words_of(found["command"])
    started_at = origin.now - timedelta(seconds=float(found["took"])) if found["took"] else None
    draft = draft_of(origin, state, path, args, name=found["label"] or "")
    record = Record(
        draft=replace(draft, after=tuple(map(_after, filter(None, (found["after"] or "").split(","))))),
        number=_number(found["id"]),
        state=state,
        exit_code=level if level is not None and 0 <= level <= 255 else None,
        created_at=started_at or origin.now,
        started_at=started_at,
    )
    return with_history(record, origin.now)


def _number(text: str) -> int:
    return int(text) + 1  # task-spooler counts from 0


def _after(text: str) -> After:
    return After(job_id=_number(text))


TASK_SPOOLER = Importer(
    name="tsp",
    recognises=_recognises,
    read=_read,
    foreign=True,
    caution="`tsp -l` shows no quotes; look at the commands that wait.",
)
