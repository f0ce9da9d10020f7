"""The fields of the form of a job, and the draft that their entries make."""

import os
import shlex
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import has_default_name, shell_line
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.directives import ScriptOptions
from tui_queue.core.parsing.job_command import (
    check_command,
    check_cwd,
    check_name,
    check_path,
    check_shell_line,
    parse_parameters,
    sign_for_shell,
)
from tui_queue.core.parsing.job_draft import make_draft
from tui_queue.core.parsing.job_options import BY_NAME, JOB_OPTIONS
from tui_queue.core.parsing.option import Group, JobOption, Kind
from tui_queue.core.parsing.sweep import Sweep, check_count, expand
from tui_queue.core.units.printable import printable

T = TypeVar("T")


def _in_form_order() -> list[JobOption]:
    ordered = [option for option in JOB_OPTIONS if not option.below]
    for option in JOB_OPTIONS:
        if option.below:
            ordered.insert(ordered.index(BY_NAME[option.below]) + 1, option)
    return ordered


_ORDERED = _in_form_order()
GROUPS = {group: tuple(option for option in _ORDERED if option.group is group) for group in Group}
MORE = {option.name: option for options in GROUPS.values() for option in options}
SWITCHES = {option.name: option.hint for option in _ORDERED if option.kind is Kind.SWITCH}
SWEEPS = {
    "sweep": "A job of each: --lr {0.1,0.01} --seed {1..5}",
    "together": "In that, first with first, second with second",
}


class Checked(Struct, frozen=True, kw_only=True):
    """What came of the fields: a draft, and its sweep if it is one; or what is wrong by field.

    ``path`` is that of the job's file, as far as that can be told.
    """

    path: str = ""
    draft: JobDraft | None
    sweep: Sweep | None = None
    told: tuple[str, ...] = ()
    errors: Mapping[str, str] = {}


def check_entries(
    entries: Mapping[str, str],
    switches: Mapping[str, bool],
    whole: str,
    key: str = "",
    scripts: ScriptOptions | None = None,
) -> Checked:
    """Return what comes of what stands in the fields.

    The first may be a path, or a line that has parameters behind it; ``whole`` is what is a path even when there is no
    such file any more, ``key`` the one that makes a shell line of both fields. The options that ``scripts`` finds in
    the script hold for empty fields.
    """
    errors: dict[str, str] = {}

    def attempt(check: Callable[[], T]) -> T | None:
        try:
            return check()
        except BadInputError as error:
            errors[error.field] = str(error)
            return None

    line, shell = entries["path"], switches.get("shell", False)
    args = attempt(lambda: () if shell else parse_parameters(entries["parameters"]))
    cwd = attempt(lambda: check_cwd(entries["cwd"]))
    attempt(lambda: check_name(entries["name"]))
    command = None
    if shell:
        line = f"{line} {entries['parameters']}".strip()
        command = attempt(lambda: check_shell_line(line))
    elif cwd is not None or not line.strip() or line.startswith((os.sep, "~")):
        where = cwd or os.sep
        command = attempt(lambda: (check_path(line, where), ()) if line == whole else _split(line, where, key))
    path, before = command or (line, ())
    if errors or args is None or cwd is None:
        return Checked(path=path, draft=None, errors=errors)
    args = (*before, *args)
    sweeping, together = switches.get("sweep", False), switches.get("together", False)
    sweep = attempt(lambda: _sweep(args, together=together)) if sweeping else None
    switches = {switch: value for switch, value in switches.items() if switch not in SWEEPS}
    try:
        others = {name: option.of_line(entries[name]) for name, option in MORE.items()} | switches
    except ValueError:
        return Checked(path=path, draft=None, errors={"env": "Environment can't be split: a quote is not closed."})
    command = (line, ()) if shell else (path, args)
    fields = {**others, "path": command[0], "args": command[1], "cwd": cwd, "name": entries["name"]}
    if scripts is None or shell:
        draft = attempt(lambda: make_draft(**fields))
        return Checked(path=path, draft=None if errors else draft, sweep=sweep, errors=errors)
    given = {name: value for name, value in fields.items() if value or name in ("path", "args")}
    draft = attempt(lambda: scripts.drafts(given, array=False)[0])
    told = () if draft is None else (scripts.told_of(draft), *scripts.remarks)
    return Checked(
        path=path, draft=None if errors else draft, sweep=sweep, errors=errors, told=tuple(filter(None, told))
    )


def _split(line: str, cwd: str, key: str) -> tuple[str, tuple[str, ...]]:
    """Return the file and the parameters of a line; one that is for a shell is refused, with the key to press."""
    if sign := sign_for_shell(line, cwd):
        raise BadInputError("path", f"Only a shell acts on {sign}; {key} has one run this line, quotes make it text.")
    return check_command(line, cwd)


def _sweep(args: tuple[str, ...], *, together: bool) -> Sweep:
    sweep = expand(args, together=together)
    check_count(sweep, yes=False)
    return sweep


def entries_of(draft: JobDraft) -> dict[str, str]:
    """Return the fields that lead to a draft; a name that is the file's own follows the path."""
    name = "" if has_default_name(draft) else draft.name
    if (line := shell_line(draft)) is not None:
        return {"path": line, "parameters": "", "cwd": draft.cwd, "name": name}
    return {"path": draft.path, "parameters": shlex.join(draft.args), "cwd": draft.cwd, "name": name}


def path_of(draft: JobDraft) -> str:
    """Return what stands in the first field and is a path as a whole; empty for a shell line."""
    return draft.path if shell_line(draft) is None else ""


def program(draft: JobDraft) -> list[str]:
    """Return what will run, in front of its parameters."""
    path = draft.path
    if path.startswith(draft.cwd.rstrip(os.sep) + os.sep):
        path = os.path.relpath(path, draft.cwd)
    python = [draft.python or "python"] if draft.path.endswith(".py") else []
    return [*python, path]


def from_home(path: str) -> str:
    """Return a path as it is shown: from ``~`` where it is there."""
    home = os.path.expanduser("~")
    within = path == home or path.startswith(home.rstrip(os.sep) + os.sep)
    return printable("~" + path[len(home) :] if within else path)
