"""The file `job_queue.txt` of the script version of tui-queue: lines `uuid path parameter STATUS`."""

import re
from collections.abc import Iterator
from uuid import UUID

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.foreign_job import draft_of, with_history
from tui_queue.core.interchange.importers.importer import Importer, Origin, first_line, naming_line, numbered_lines
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.job import State

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_LINE = rf"({_UUID})\s+(\S+)(?:\s+(.*?))?\s+(\S+)"
_STATES = {
    "PENDING": State.PENDING,
    "QUEUED": State.PENDING,
    "WAITING": State.PENDING,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.COMPLETED,
    "FINISHED": State.COMPLETED,
    "DONE": State.COMPLETED,
    "SUCCESS": State.COMPLETED,
    "FAILED": State.FAILED,
    "ERROR": State.FAILED,
    "CANCELLED": State.CANCELLED,
    "CANCELED": State.CANCELLED,
    "REMOVED": State.CANCELLED,
}


def _recognises(text: str) -> bool:
    return re.match(rf"{_UUID}\s", first_line(text)) is not None


def _read(text: str, origin: Origin) -> Iterator[Record]:
    for number, line in numbered_lines(text):
        with naming_line(number):
            yield _record(line, origin)


def _record(line: str, origin: Origin) -> Record:
    found = re.fullmatch(_LINE, line.strip())
    if found is None or found[4].upper() not in _STATES:
        known = ", ".join(_STATES)
        raise BadInputError("import", f"not `uuid path parameter STATUS`; a status is one of {known}.")
    state = _STATES[found[4].upper()]
    # The parameter may hold blanks; the script got it as one argument.
    args = (found[3],) if found[3] else ()
    record = Record(
        draft=draft_of(origin, state, found[2], args),
        uuid=str(UUID(found[1])),
        state=state,
        exit_code=0 if state is State.COMPLETED else None,
        created_at=origin.now,
    )
    return with_history(record, origin.now)


JOB_QUEUE = Importer(name="job_queue", recognises=_recognises, read=_read)
