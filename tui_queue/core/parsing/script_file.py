"""Looks at the beginning of a job's file: what keeps the kernel from starting it is said before it is added."""

import os
import re
import shlex
from contextlib import suppress

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

SCRIPT_LIMIT = 4 * 2**20  # bytes of a script from standard input; sbatch allows as many
_HEAD = 4096  # bytes
_TEXT = 1 << 16  # bytes in which the script may ask for its own path
_LINE = 256  # bytes of a #! line that the kernel reads
_MARK = b"\xef\xbb\xbf"
_OWN_PATH = rb"\$\{?0\b|\$\{?BASH_SOURCE|\b__file__\b|\bsys\.argv\[0\]"


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


def check_piped_script(text: bytes, *, by_python: bool, source: str | None = None) -> None:
    """Raise BadInputError for what came from standard input, or another ``source``, and can't start as a script."""
    shown = source or "Standard input"
    if not text.strip():
        raise BadInputError("path", f"{shown} holds no script; pipe one in, or name a file.")
    if len(text) > SCRIPT_LIMIT:
        raise BadInputError(
            "path", f"{shown}: a script of more than {SCRIPT_LIMIT >> 20} MiB; write it to a file and name that."
        )
    if by_python:
        return
    if text.startswith(_MARK):
        raise BadInputError(
            "path", f"{shown}: a byte order mark stands before the script; pass it through `tail -c +4`."
        )
    line = text[:_LINE].split(b"\n")[0]
    if line.startswith(b"#!") and line.endswith(b"\r"):
        raise BadInputError(
            "path", f"{shown}: the script's lines end as on Windows (CRLF); pass it through `tr -d '\\r'`."
        )
    if not line.startswith(b"#!") and b"\0" not in text[:_HEAD]:
        raise BadInputError(
            "path",
            f"{shown}: no #! line says what runs the script; write `#!/bin/sh` or another as its first line, or"
            " type `tui-queue add --stdin - sh`.",
        )


def own_path_in(path: str) -> str:
    """Return how a script asks for its own path; empty where it does not."""
    head = _head(path, _TEXT)
    found = None if head is None or b"\0" in head[:_HEAD] else re.search(_OWN_PATH, head)
    return "" if found is None else found[0].decode("ascii")


def _head(path: str, size: int = _HEAD) -> bytes | None:
    """Return the first bytes of a file; None where it can't be read."""
    with suppress(OSError):
        # A pipe that took its place must not block.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return os.read(file, size)
        finally:
            os.close(file)
    return None
