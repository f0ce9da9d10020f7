"""What a job runs: its file, arguments, directory, interpreter and name, checked; every refusal says what to do."""

import os
import re
import shlex
import shutil
import stat
from collections.abc import Sequence

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import SHELL
from tui_queue.core.parsing.shell_syntax import assignment, shell_sign
from tui_queue.core.units.printable import printable

PATH_LIMIT = 4_095  # bytes: PATH_MAX of Linux less its NUL
NAME_LIMIT = 200  # characters
ARGUMENT_LIMIT = 131_071  # bytes: MAX_ARG_STRLEN of Linux less its NUL
ARGUMENTS_LIMIT = 1_000_000  # bytes: half of the kernel's usual limit, which the environment shares

COMMAND_FIELDS = {"path": "Job path", "parameters": "Parameters", "cwd": "Working directory", "name": "Name"}
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")  # in the directory of a virtual environment, of conda's
_LABELS = {**COMMAND_FIELDS, "python": "Interpreter"}


def check_cwd(text: str) -> str:
    """Return the absolute working directory that ``text`` names; empty is the current one."""
    _refuse_nul("cwd", text)
    try:
        directory = os.path.abspath(os.path.expanduser(text))
    except FileNotFoundError:
        raise BadInputError("cwd", "The current directory does not exist any more; name a directory.") from None
    _refuse_length("cwd", directory)
    if not os.path.exists(directory):
        raise BadInputError("cwd", f"{printable(directory)}: no such directory; create it or name another.")
    if not os.path.isdir(directory):
        raise BadInputError("cwd", f"{printable(directory)}: not a directory; name a directory to work in.")
    return directory


def check_path(text: str, cwd: str) -> str:
    """Return the absolute path of the file that ``text`` names, if it can be run as a job."""
    if not text.strip():
        raise BadInputError("path", "No job path; name a script or a program to run.")
    _refuse_nul("path", text)
    _refuse_length("path", text)
    path = os.path.join(cwd, os.path.expanduser(text))
    if os.sep not in text and not is_there(text, cwd):
        path = os.path.abspath(shutil.which(text) or path)
    _refuse_length("path", path)
    shown = printable(path)
    try:
        mode = os.stat(path).st_mode
    except PermissionError:
        raise BadInputError("path", f"{shown}: permission denied; a directory on the way is closed.") from None
    except OSError:
        raise BadInputError("path", _missing(text, shown, cwd)) from None
    if stat.S_ISDIR(mode):
        raise BadInputError("path", f"{shown}: is a directory; name a file in it.")
    if not stat.S_ISREG(mode):
        raise BadInputError("path", f"{shown}: not a regular file; name a script or a program.")
    if path.endswith(".py"):
        if not os.access(path, os.R_OK):
            raise BadInputError("path", f"{shown}: can't be read; allow it with chmod u+r.")
    elif not os.access(path, os.X_OK):
        raise BadInputError("path", f"{shown}: neither .py nor executable; make it executable with chmod +x.")
    # Behind a symbolic link `..` is not where it looks.
    plain = os.path.normpath(path)
    return plain if os.path.exists(plain) and os.path.samefile(plain, path) else path


def _missing(text: str, path: str, cwd: str) -> str:
    """Say that there is no such file, and what the user can type where it is a whole command."""
    shown, line = printable(text), f"`tui-queue add --shell {shlex.quote(printable(text))}`"
    blank = bool(re.search(r"\s", text.strip()))
    if (given := assignment(text)) and not blank:
        return f"{shown}: no such file; set a variable with `--env {printable(given)}`."
    if sign := sign_for_shell(text, cwd):
        return f"{shown}: no such file, and only a shell acts on {sign}; type {line}."
    if blank and not os.path.isabs(text):
        return f"{shown}: no such file; type its words without quotes around them all, or {line}."
    return f"{path}: no such file; check the spelling."


def check_shell_line(text: str, others: Sequence[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Return the shell and the arguments with which it runs a line; ``others`` are words behind it."""
    if others:
        raise BadInputError(
            "path", f"A shell line is one word, and there are {len(others) + 1}; put quotes around the whole line."
        )
    if not text.strip():
        raise BadInputError("path", "The shell line is empty; write a command, such as 'a && b'.")
    _refuse_nul("path", text)
    if (size := len(os.fsencode(text))) > ARGUMENT_LIMIT:
        raise BadInputError(
            "path", f"The shell line has {size:,} bytes, at most {ARGUMENT_LIMIT:,} can be passed; use a script."
        )
    return check_path(SHELL, os.sep), ("-c", text)


def sign_for_shell(text: str, cwd: str) -> str:
    """Return what a shell would act on in a line instead of only splitting it; empty for nothing, or for a file."""
    found = shell_sign(text, lambda word: is_there(word, cwd))
    return "" if found and is_there(text, cwd) else printable(found)


def split_command(line: str, cwd: str) -> tuple[str, tuple[str, ...]]:
    """Return the file and the parameters that a shell line comes to without a shell; refuse one that needs it."""
    if sign := sign_for_shell(line, cwd):
        raise BadInputError("shell", f"{printable(line)}: only a shell acts on {sign}; name a program with --path.")
    first, *others = _split("path", line)
    return first, tuple(others)


def check_command(text: str, cwd: str) -> tuple[str, tuple[str, ...]]:
    """Split a line, as a shell would, into a file and the parameters behind it; what is the name of a file has none."""
    _refuse_nul("path", text)
    first, *others = [text] if is_there(text, cwd) else _split("path", text) or [""]
    return check_path(first, cwd), check_args(others)


def is_there(text: str, cwd: str) -> bool:
    """Whether a text, with all its blanks, is the name of a file; ``cwd`` is where it is looked for."""
    return "\0" not in text and os.path.lexists(os.path.join(cwd, os.path.expanduser(text)))


def parse_parameters(text: str) -> tuple[str, ...]:
    """Split a line into arguments as a shell would, without running one."""
    _refuse_nul("parameters", text)
    return check_args(_split("parameters", text))


def _split(field: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        what = "a quote is not closed" if "quotation" in str(error) else "it ends with a single backslash"
        raise BadInputError(field, f"{_LABELS[field]} can't be split: {what}.") from None


def check_args(args: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments if the kernel can pass them on."""
    total = 0
    for place, arg in enumerate(args, start=1):
        if arg.isascii() and "\0" not in arg:
            size = len(arg)
        else:
            _refuse_nul("parameters", arg)
            size = len(os.fsencode(arg))
        total += size + 1
        if size > ARGUMENT_LIMIT:
            raise BadInputError(
                "parameters",
                f"Parameter {place} has {size:,} bytes, at most {ARGUMENT_LIMIT:,} can be passed; use a file.",
            )
    if total > ARGUMENTS_LIMIT:
        raise BadInputError(
            "parameters",
            f"Parameters have {total:,} bytes, at most {ARGUMENTS_LIMIT:,} can be passed; use a file.",
        )
    return tuple(args)


def check_name(text: str) -> str:
    """Return the name to show for the job; empty means none was chosen."""
    _refuse_nul("name", text)
    if len(text) > NAME_LIMIT:
        raise BadInputError("name", f"Name has {len(text):,} characters; use at most {NAME_LIMIT}.")
    return text.strip()


def check_python(text: str, cwd: str) -> str | None:
    """Return the absolute path of the interpreter that ``text`` names; None for the default one."""
    if not text:
        return None
    _refuse_nul("python", text)
    _refuse_length("python", text)
    expanded = os.path.expanduser(text)
    found = os.path.join(cwd, expanded) if os.sep in expanded else shutil.which(expanded)
    environment = os.path.join(cwd, expanded)
    if any(os.path.exists(os.path.join(environment, mark)) for mark in _ENVIRONMENT_MARKS):
        found = os.path.join(environment, "bin", "python")
    if found is None or not os.path.isfile(found):
        raise BadInputError("python", f"{printable(text)}: no such interpreter; name a python executable.")
    if not os.access(found, os.X_OK):
        raise BadInputError("python", f"{printable(text)}: not executable; name a python executable.")
    # Not resolved further: a virtual environment is known by the path of its python link.
    return os.path.normpath(found)


def _refuse_nul(field: str, text: str) -> None:
    if "\0" in text:
        raise BadInputError(field, f"{_LABELS[field]}: a NUL byte can't be passed to any program; remove it.")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise BadInputError(
            field, f"{_LABELS[field]} {printable(text)}: half a character can't be passed to any program; remove it."
        ) from None


def _refuse_length(field: str, text: str) -> None:
    size = len(os.fsencode(text))
    if size > PATH_LIMIT:
        raise BadInputError(field, f"{_LABELS[field]} has {size:,} bytes; a path has at most {PATH_LIMIT:,}.")
