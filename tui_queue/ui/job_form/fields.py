"""What can stand in the form of a job, and what comes of it."""

import os
import shlex
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.options import Full, Lost, Notify, Unmet
from tui_queue.core.parsing.draft_fields import untyped
from tui_queue.core.parsing.job_draft import (
    check_command,
    check_cwd,
    check_name,
    check_path,
    make_draft,
    parse_parameters,
)
from tui_queue.core.parsing.sweep import Sweep, check_count, expand
from tui_queue.core.units.printable import printable

T = TypeVar("T")

FIELDS = {"path": "Job path", "parameters": "Parameters", "cwd": "Working directory", "name": "Name"}
GROUPS = {
    "Order": ("queue", "priority", "after", "unmet", "at", "after_pid", "batch"),
    "Attempts": ("retries", "retry_delay", "retry_growth", "retry_on", "success"),
    "Limits": ("timeout", "warn", "silence", "notify", "resource", "gate", "log_size", "log_full"),
    "Environment": ("env", "python", "nice", "lost", "lost_age", "resume_args"),
}
MORE = tuple(field for fields in GROUPS.values() for field in fields)
HINTS = {
    "queue": "default",
    "priority": "0; higher starts first",
    "after": "12, 13:ended, 14:failed",
    "unmet": "hold or cancel, once that can't come any more",
    "at": "18:00, tomorrow 6:00, +2h, 2026-12-24T18:00",
    "after_pid": "a process that is none of ours",
    "batch": "a name for several jobs",
    "retries": "0; after a failure",
    "retry_delay": "90s, 15m, 2h30m",
    "retry_growth": "1; 2 doubles the delay each time",
    "retry_on": "3,10-20; any",
    "success": "codes besides 0",
    "timeout": "90s, 15m, 2h30m, 3d",
    "warn": "USR1@60s, so long before the time limit",
    "silence": "15m without output",
    "notify": "end, failure or never",
    "resource": "gpu=1, mem=32G",
    "log_size": "500M, 2G",
    "log_full": "keep its head and tail, stop or fail",
    "gate": "mem=8G, load=4, disk=10G must be free",
    "env": 'NAME=value OTHER="two words"',
    "python": "an interpreter or a virtual environment",
    "nice": "0; 19 is nicest",
    "lost": "leave, requeue or ask, after a reboot",
    "lost_age": "1d: leave it if it began before",
    "resume_args": "--resume",
}
OFFERED = {
    "hold": "Hold it until it is released",
    "cancel_when_silent": "Cancel it when silent",
    "copy": "Run a copy of the script, made now",
    "pty": "Give it a terminal to write to",
    "times": "Note when its lines are written",
    "sweep": "A job of each: --lr {0.1,0.01} --seed {1..5}",
    "together": "In that, first with first, second with second",
}
CHOICES = {"unmet": tuple(Unmet), "lost": tuple(Lost), "log_full": tuple(Full), "notify": tuple(Notify)}
SWEEPS = ("sweep", "together")


class Checked(Struct, frozen=True, kw_only=True):
    """What came of the fields: a draft, and its sweep if it is one; or what is wrong by field.

    ``path`` is that of the job's file, as far as that can be told.
    """

    path: str = ""
    draft: JobDraft | None
    sweep: Sweep | None = None
    errors: Mapping[str, str] = {}


def check_entries(entries: Mapping[str, str], switches: Mapping[str, bool], whole: str) -> Checked:
    """Return what comes of what stands in the fields.

    The first may be a path, or a line that has parameters behind it; ``whole`` is what is a path even when there is no
    such file any more.
    """
    errors: dict[str, str] = {}

    def attempt(check: Callable[[], T]) -> T | None:
        try:
            return check()
        except BadInputError as error:
            errors[error.field] = str(error)
            return None

    line = entries["path"]
    args = attempt(lambda: parse_parameters(entries["parameters"]))
    cwd = attempt(lambda: check_cwd(entries["cwd"]))
    attempt(lambda: check_name(entries["name"]))
    command = None
    if cwd is not None or not line.strip() or line.startswith((os.sep, "~")):
        where = cwd or os.sep
        command = attempt(lambda: (check_path(line, where), ()) if line == whole else check_command(line, where))
    path, before = command or (line, ())
    if errors or args is None or cwd is None:
        return Checked(path=path, draft=None, errors=errors)
    args = (*before, *args)
    sweeping, together = switches.get("sweep", False), switches.get("together", False)
    sweep = attempt(lambda: _sweep(args, together=together)) if sweeping else None
    switches = {switch: value for switch, value in switches.items() if switch not in SWEEPS}
    try:
        others = {**untyped({field: entries[field] for field in MORE}), **switches}
    except ValueError:
        return Checked(path=path, draft=None, errors={"env": "Environment can't be split: a quote is not closed."})
    draft = attempt(lambda: make_draft(path=path, args=args, cwd=cwd, name=entries["name"], **others))
    return Checked(path=path, draft=None if errors else draft, sweep=sweep, errors=errors)


def _sweep(args: tuple[str, ...], *, together: bool) -> Sweep:
    sweep = expand(args, together=together)
    check_count(sweep, yes=False)
    return sweep


def entries_of(draft: JobDraft) -> dict[str, str]:
    """Return the fields that lead to a draft; a name that is the file's own follows the path."""
    name = "" if draft.name == os.path.basename(draft.path) else draft.name
    return {"path": draft.path, "parameters": shlex.join(draft.args), "cwd": draft.cwd, "name": name}


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
