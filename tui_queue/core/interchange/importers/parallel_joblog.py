"""Imports a joblog of GNU parallel."""

import csv
import io
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.foreign_job import draft_of, with_history
from tui_queue.core.interchange.importers.importer import SHELL, Importer, Origin, first_line, first_word, naming_line
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.job import State


def _recognises(text: str) -> bool:
    return first_line(text).startswith("Seq\tHost\tStarttime")


def _read(text: str, origin: Origin) -> Iterator[Record]:
    for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE), start=2):
        with naming_line(number):
            yield _record(row, origin)


def _record(row: Mapping[str, str], origin: Origin) -> Record:
    try:
        started_at = datetime.fromtimestamp(float(row["Starttime"]), UTC)
        took = timedelta(seconds=float(row["JobRuntime"]))
        code, signal, command = int(row["Exitval"]), int(row["Signal"]), row["Command"]
    except (KeyError, ValueError, TypeError, OverflowError):
        raise BadInputError("import", "not a line of GNU parallel's joblog.") from None
    state = State.FAILED if code or signal else State.COMPLETED
    record = Record(
        draft=draft_of(origin, state, SHELL, ("-c", command), name=first_word(command)),
        uuid=_uuid(row),
        state=state,
        exit_code=None if signal else code & 255,
        signal=signal or None,
        created_at=started_at,
        started_at=started_at,
        finished_at=started_at + took,
    )
    return with_history(record, origin.now)


def _uuid(row: Mapping[str, str]) -> str:
    """Return what a line is known by when it is read again: its number, host, start and command."""
    known = "\t".join(row.get(name) or "" for name in ("Seq", "Host", "Starttime", "Command"))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"joblog {known}"))


JOBLOG = Importer(name="joblog", recognises=_recognises, read=_read, foreign=True)
