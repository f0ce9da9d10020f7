"""From what a user typed to a checked ``JobDraft``; every refusal names the field and says what to do."""

import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.core.parsing.fields import PRIORITY_LIMIT, dependencies, make_options, moment, number, title
from tui_queue.core.units.durations import parse_duration
from tui_queue.core.units.printable import printable

MANY = 1_000  # above it, whoever makes the jobs asks first
PATH_LIMIT = 4_095  # bytes: PATH_MAX of Linux less its NUL
NAME_LIMIT = 200  # characters
ARGUMENT_LIMIT = 131_071  # bytes: MAX_ARG_STRLEN of Linux less its NUL
ARGUMENTS_LIMIT = 1_000_000  # bytes: half of the kernel's usual limit, which the environment shares

_LABELS = {
    "path": "Job path",
    "parameters": "Parameters",
    "cwd": "Working directory",
    "name": "Name",
    "python": "Interpreter",
}


# Each field and what of a draft it sets; a dotted name is one of its options.
EDITABLE: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "cwd": ("cwd",),
    "python": ("python",),
    "timeout": ("timeout_s",),
    "queue": ("queue",),
    "priority": ("priority",),
    "hold": ("held",),
    "at": ("not_before",),
    "after": ("after",),
    "batch": ("batch",),
    "env": ("options.env",),
    "nice": ("options.nice",),
    "unmet": ("options.unmet",),
    "after_pid": ("options.after_pids",),
    "retries": ("options.retries",),
    "retry_delay": ("options.retry_delay_s",),
    "retry_growth": ("options.retry_growth",),
    "retry_on": ("options.retry_on",),
    "success": ("options.success_codes",),
    "warn": ("options.warn_signal", "options.warn_s"),
    "silence": ("options.silence_s",),
    "cancel_when_silent": ("options.cancel_when_silent",),
    "resource": ("options.resources",),
    "gate": ("options.gates",),
    "lost": ("options.lost",),
    "lost_age": ("options.lost_age_s",),
    "resume_args": ("options.resume_args",),
    "copy": ("options.copy",),
    "pty": ("options.pty",),
    "times": ("options.times",),
    "log_size": ("options.log_size",),
    "log_full": ("options.log_full",),
    "notify": ("options.notify",),
}


def edited(draft: JobDraft, words: Mapping[str, Any], *, now: datetime | None = None) -> JobDraft:
    """Return a draft with the given fields, and ``path`` and ``args`` if they are among them, changed.

    ``words`` are as for ``make_draft``. Raises BadInputError.
    """
    given = {"path": draft.path, "args": draft.args, "cwd": draft.cwd, **words}
    if "warn" in given and "timeout" not in given and draft.timeout_s:
        given["timeout"] = str(draft.timeout_s)
    if "cancel_when_silent" in given and "silence" not in given and draft.options.silence_s:
        given["silence"] = str(draft.options.silence_s)
    new = make_draft(now=now, **given)
    changes: dict[str, Any] = {}
    options: dict[str, Any] = {}
    if "path" in words:
        changes["path"] = new.path
        if "name" not in words and draft.name == os.path.basename(draft.path):
            changes["name"] = new.name
    if "args" in words:
        changes["args"] = new.args
    for field in words.keys() & EDITABLE.keys():
        for target in EDITABLE[field]:
            if target.startswith("options."):
                name = target.removeprefix("options.")
                options[name] = getattr(new.options, name)
            else:
                changes[target] = getattr(new, target)
    return replace(draft, **changes, options=replace(draft.options, **options))


def make_draft(
    *,
    path: str,
    args: Sequence[str] = (),
    cwd: str = "",
    name: str = "",
    python: str = "",
    timeout: str = "",
    queue: str = "",
    priority: str = "",
    hold: bool = False,
    at: str = "",
    after: Sequence[str] = (),
    batch: str = "",
    now: datetime | None = None,
    **wishes: Any,
) -> JobDraft:
    """Check every field and return the draft.

    A relative ``path`` is looked up in ``cwd``, a bare command name also on PATH. ``cwd`` defaults to the
    current directory, ``name`` to the file's name. ``timeout`` is as in ``2h30m``, ``at`` as in
    ``parse_datetime``.
    ``wishes`` are as in ``make_options``. Raises BadInputError; nothing is stored.
    """
    directory = check_cwd(cwd)
    target = check_path(path, directory)
    options = make_options(**wishes)
    timeout_s = check_timeout(timeout)
    if options.warn_signal and timeout_s is None:
        raise BadInputError("warn", "Warn: there is no time limit to warn of; give --timeout too.")
    return JobDraft(
        path=target,
        args=check_args(args),
        cwd=directory,
        name=check_name(name) or os.path.basename(target),
        python=check_python(python, directory),
        timeout_s=timeout_s,
        queue=title("queue", queue) or DEFAULT_QUEUE,
        priority=number("priority", priority, -PRIORITY_LIMIT, PRIORITY_LIMIT),
        held=hold,
        not_before=moment(at, now or datetime.now(UTC)),
        after=dependencies(after),
        batch=title("batch", batch),
        options=options,
    )


def swept(draft: JobDraft, combinations: Iterable[tuple[str, ...]], *, now: datetime | None = None) -> list[JobDraft]:
    """Return a draft for each combination of parameters, all of one batch; one without a name gets one."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", draft.name)[:40]
    batch = draft.batch or f"{name}-{(now or datetime.now(UTC)).astimezone():%m%d-%H%M%S}"
    return [replace(draft, args=args, batch=batch) for args in combinations]


def check_timeout(text: str) -> int | None:
    """Return the seconds that a run may take; None for empty, without limit."""
    if not text.strip():
        return None
    try:
        return parse_duration(text)
    except ValueError:
        raise BadInputError(
            "timeout", f"{printable(text)}: not a time limit; write 90s, 15m, 2h30m or 3d, up to ten years."
        ) from None


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
    if os.sep not in text and not _is_there(text, cwd):
        path = os.path.abspath(shutil.which(text) or path)
    _refuse_length("path", path)
    shown = printable(path)
    try:
        mode = os.stat(path).st_mode
    except PermissionError:
        raise BadInputError("path", f"{shown}: permission denied; a directory on the way is closed.") from None
    except OSError:
        raise BadInputError("path", f"{shown}: no such file; check the spelling.") from None
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


def check_command(text: str, cwd: str) -> tuple[str, tuple[str, ...]]:
    """Split a line, as a shell would, into a file and the parameters behind it; what is the name of a file has none."""
    _refuse_nul("path", text)
    first, *others = [text] if _is_there(text, cwd) else _split("path", text) or [""]
    return check_path(first, cwd), check_args(others)


def _is_there(text: str, cwd: str) -> bool:
    return os.path.lexists(os.path.join(cwd, os.path.expanduser(text)))


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
    if os.path.isfile(os.path.join(environment, "pyvenv.cfg")):
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
