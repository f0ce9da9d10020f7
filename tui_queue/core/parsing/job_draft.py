"""Parses job drafts, and formats drafts again."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import command_line, default_name, has_default_name, shell_line
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.options import JobOptions
from tui_queue.core.parsing.job_command import check_args, check_cwd, check_path, check_shell_line, split_command
from tui_queue.core.parsing.job_options import BY_NAME, JOB_OPTIONS
from tui_queue.core.parsing.option import Context, attribute
from tui_queue.core.parsing.script_file import check_script

MANY = 1_000  # jobs; before more are added the user is asked

Fields = dict[str, Any]  # what was typed, by the names of the options; ``path`` and ``args`` too


def make_draft(
    *, path: str, args: Sequence[str] = (), cwd: str = "", now: datetime | None = None, **fields: Any
) -> JobDraft:
    """Check every field and return the draft.

    A relative ``path`` is looked up in ``cwd``, a bare command name also on PATH; with ``shell`` it is the line that a
    shell runs. ``cwd`` defaults to the current directory, the name to that of the file, of an interpreter's script, or
    of a shell line's first command. ``fields`` are those of ``JOB_OPTIONS``; an empty one is as if not given.
    Raises BadInputError; nothing is stored.
    """
    if unknown := fields.keys() - BY_NAME.keys():
        raise TypeError(f"no option of a job: {', '.join(sorted(unknown))}")
    directory = check_cwd(cwd)
    if fields.get("shell"):
        target, words = check_shell_line(path, args)
    else:
        target, words = check_path(path, directory), check_args(args)
    draft = JobDraft(path=target, args=words, cwd=directory, name=default_name(target, words))
    context = Context(cwd=directory, now=now or datetime.now(UTC))
    values: dict[str, Any] = {}
    for option in JOB_OPTIONS:
        if option.name in fields:
            values |= option.values(fields[option.name], context)
    draft = with_attributes(draft, values)
    refuse_unmet_needs(draft)
    check_script(draft.path, by_python=draft.python is not None)
    return draft


def edited(draft: JobDraft, fields: Mapping[str, Any], *, now: datetime | None = None) -> JobDraft:
    """Return a draft with the given fields, and ``path`` and ``args`` if they are among them, changed.

    ``fields`` are as for ``make_draft``; of a shell line ``args`` are the new line. Raises BadInputError.
    """
    given = [option for option in JOB_OPTIONS if option.name in fields]
    needed = {option.needs.option for option in given if option.needs is not None}
    kept = {name: BY_NAME[name].given_in(draft) for name in needed}
    new = make_draft(now=now, **{"cwd": draft.cwd, **kept, **fields, **_command(draft, fields)})
    changed = {name for option in given for name in option.attributes}
    if fields.keys() & {"path", "args", "shell"}:
        changed |= {"path", "args", "shell"}
        if has_default_name(draft):
            changed.add("name")
    return _untold(with_attributes(draft, {name: attribute(new, name) for name in changed}), fields.keys())


def fields_of(draft: JobDraft) -> Fields:
    """Return what ``make_draft`` takes to make this draft, without the options that are as if not given."""
    given = {name: value for name, option in BY_NAME.items() if (value := option.given_in(draft))}
    if has_default_name(draft):
        given.pop("name", None)
    return {**_command(draft, {}), "cwd": draft.cwd, **given}


def _command(draft: JobDraft, fields: Mapping[str, Any]) -> Fields:
    """Return the command of a draft with these fields, as ``make_draft`` takes it."""
    line = shell_line(draft)
    if not fields.get("shell", line is not None and "path" not in fields):
        path, args = (draft.path, draft.args) if line is None else ("", ())
        if line is not None and "path" not in fields:
            path, args = split_command(line, draft.cwd)
        return {"path": fields.get("path", path), "args": fields.get("args", args)}
    words = [*([fields["path"]] if "path" in fields else []), *fields.get("args", ())] or [command_line(draft)]
    return {"path": words[0], "args": tuple(words[1:]), "shell": True}


def swept(draft: JobDraft, combinations: Iterable[tuple[str, ...]], *, now: datetime | None = None) -> list[JobDraft]:
    """Return a draft for each combination of parameters, all of one batch; one without a name gets one."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", draft.name)[:40]
    batch = draft.batch or f"{name}-{(now or datetime.now(UTC)).astimezone():%m%d-%H%M%S}"
    if not has_default_name(draft):
        return [replace(draft, args=args, batch=batch) for args in combinations]
    return [replace(draft, args=args, batch=batch, name=default_name(draft.path, args)) for args in combinations]


def with_attributes(draft: JobDraft, values: Mapping[str, Any]) -> JobDraft:
    """Return a draft with attributes of its own, or of its options, replaced."""
    options = {name: value for name, value in values.items() if name in JobOptions.__struct_fields__}
    others = {name: value for name, value in values.items() if name not in options}
    return replace(draft, **others, options=replace(draft.options, **options) if options else draft.options)


def _untold(draft: JobDraft, given: Collection[str]) -> JobDraft:
    """Return a draft that does not say of these options any more that its script has named them."""
    told = draft.options.directives
    if told is None:
        return draft
    lines = tuple((name, line) for name, line in told.lines if name not in given)
    return replace(draft, options=replace(draft.options, directives=replace(told, lines=lines)))


def refuse_unmet_needs(draft: JobDraft) -> None:
    """Raise BadInputError where an option is given without another one that it needs."""
    for option in JOB_OPTIONS:
        need = option.needs
        if need is not None and not option.is_default(draft) and BY_NAME[need.option].is_default(draft):
            raise BadInputError(need.field, need.message)
    if draft.options.pty and draft.options.error:
        raise BadInputError(
            "error", "Error file: with --pty all output comes through one terminal; leave one of them out."
        )
    if draft.options.shell and draft.options.resume_args:
        raise BadInputError("resume_args", "Resume args: a shell line takes no further parameters; use a script.")
