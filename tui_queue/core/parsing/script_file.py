"""Looks at the first bytes of a job's file: what keeps the kernel from starting it is said before it is added."""

import os
import shlex
from contextlib import suppress

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

_HEAD = 4096  # bytes
_LINE = 256  # bytes of a #! line that the kernel reads
_MARK = b"\xef\xbb\xbf"


def check_script(path: str, *, by_python: bool) -> None:
    """Raise BadInputError for a script that can't start by itself; ``by_python``: the user names its interpreter."""
    head = _head(path)
    if head is None:
        return
    python, shown, quoted = path.endswith(".py"), printable(path), shlex.quote(printable(path))
    line = head.removeprefix(_MARK)[:_LINE].split(b"\n")[0]
    if python and (by_python or not head.startswith(b"#!") or not os.access(path, os.X_OK)):
        return  # Python reads all of these
    if line.startswith(b"#!") and line.endswith(b"\r"):
        raise BadInputError(
            "path", f"{shown}: its lines end as on Windows (CRLF); mend it with `sed -i 's/\\r$//' {quoted}`."
        )
    if head.startswith(_MARK):
        raise BadInputError(
            "path",
            f"{shown}: a byte order mark stands before its first line; remove it with `sed -i '1s/^\\xEF\\xBB\\xBF//'"
            f" {quoted}`.",
        )
    if not head.startswith(b"#!") and b"\0" not in head:
        raise BadInputError(
            "path",
            f"{shown}: no #! line says what runs it; write `#!/bin/sh` or another as its first line, or"
            f" `sh {quoted}` for the path.",
        )


def _head(path: str) -> bytes | None:
    """Return the first bytes of a file; None where it can't be read."""
    with suppress(OSError):
        # A pipe that took its place must not block.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return os.read(file, _HEAD)
        finally:
            os.close(file)
    return None
