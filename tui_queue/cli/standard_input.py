"""Takes from the standard input of a command what a job needs: its script, or its own input."""

import sys
from typing import TYPE_CHECKING

import click

from tui_queue.core.errors import BadInputError
from tui_queue.core.parsing.job_draft import Fields
from tui_queue.core.parsing.script_file import SCRIPT_LIMIT, check_piped_script
from tui_queue.core.parsing.stream_options import STANDARD_INPUT

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


async def with_standard_input(queue: "OpenQueue", fields: Fields) -> Fields:
    """Return the fields of a job with files in the place of `-`, which are kept. Raises BadInputError."""
    wanted = [name for name in ("path", "stdin") if fields.get(name) == STANDARD_INPUT]
    if not wanted or (wanted == ["path"] and fields.get("shell")):
        return fields
    if len(wanted) > 1:
        raise BadInputError("stdin", "Standard input can be read once; use it either for the script or for --stdin -.")
    if wanted == ["stdin"]:
        _say_where("the input of the job")
        return {**fields, "stdin": await queue.commands.kept_files.keep_input(sys.stdin.buffer)}
    _say_where("a script")
    text = sys.stdin.buffer.read(SCRIPT_LIMIT + 1)
    by_python = bool(fields.get("python"))
    check_piped_script(text, by_python=by_python)
    name = "script.py" if by_python else "script"
    return {**fields, "path": await queue.commands.kept_files.keep_script(text, name)}


def _say_where(what: str) -> None:
    if sys.stdin.isatty():
        click.echo(f"tui-queue: type {what} here, and end it with Ctrl+D on an empty line.", err=True)
