"""Records with a checksum, one a line, so that a reader can tell whether one is whole."""

import binascii
import json

TYPE_CHECKING = False  # importing typing would double the start-up time
if TYPE_CHECKING:
    from typing import Any

    Spec = dict[str, Any]  # what the scheduler says of a run (see run_spec.py)
else:
    Spec = dict

Record = dict[str, object]  # what a watcher says and writes down


def sealed(record: Record) -> bytes:
    """Return one line: the record, a blank, its checksum."""
    text = json.dumps(record).encode("ascii")
    return b"%s %08x\n" % (text, binascii.crc32(text))


def unsealed(line: bytes) -> "dict[str, Any] | None":
    """Return the record of a line; None if it is not whole."""
    text, _, checksum = line.rstrip(b"\n").rpartition(b" ")
    if not text or checksum != b"%08x" % binascii.crc32(text):
        return None
    return json.loads(text)  # type: ignore[no-any-return]
