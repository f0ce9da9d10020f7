"""The exports of tui-queue itself: JSON lines, and the same as a CSV table."""

import csv
import io
import json
from collections.abc import Iterator

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.importer import Importer, Origin, first_line, naming_line, numbered_lines
from tui_queue.core.interchange.importers.pueue import PUEUE
from tui_queue.core.interchange.record import Record, from_cell, record_of


def _is_jsonl(text: str) -> bool:
    # A status of pueue can be one line of JSON too.
    return first_line(text).startswith("{") and not PUEUE.recognises(text)


def _read_jsonl(text: str, _origin: Origin) -> Iterator[Record]:
    for number, line in numbered_lines(text):
        with naming_line(number):
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadInputError("import", f"not valid JSON: {error}.") from None
            yield record_of(values)


def _is_csv(text: str) -> bool:
    return first_line(text).startswith("schema,id,uuid,")


def _read_csv(text: str, _origin: Origin) -> Iterator[Record]:
    for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
        with naming_line(number):
            try:
                values = {name: from_cell(name, cell) for name, cell in row.items() if name}
            except (ValueError, RecursionError) as error:
                raise BadInputError("import", f"not a cell of an export: {error}.") from None
            yield record_of(values)


JSONL = Importer(name="jsonl", recognises=_is_jsonl, read=_read_jsonl)
CSV = Importer(name="csv", recognises=_is_csv, read=_read_csv)
