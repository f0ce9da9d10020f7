"""Makes what `add` adds of its words, its standard input, the options of scripts, or the lines of a file."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from tui_queue.cli.command import confirm
from tui_queue.cli.standard_input import with_standard_input
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.directives import ScriptOptions, lines_of
from tui_queue.core.parsing.job_draft import MANY, Fields, swept
from tui_queue.core.parsing.script_file import own_path_in
from tui_queue.core.parsing.stream_options import STANDARD_INPUT
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


def command_fields(script: str | None, path: str | None, args: Sequence[str]) -> Fields:
    """Return path and parameters; `--script` stands for the path, and then the script is copied."""
    if script is not None:
        words = (*([] if path is None else [path]), *args)
        return {"path": script, "args": words} | ({} if script == STANDARD_INPUT else {"copy": True})
    return {} if path is None else {"path": path, "args": tuple(args)}


async def new_drafts(
    queue: "OpenQueue", fields: Fields, values: Mapping[str, Any], *, yes: bool
) -> list[JobDraft] | None:
    """Return the drafts, None when the user was asked and does not want that many; say what of scripts is left out."""
    drafts: list[JobDraft] | None
    if values["source"] is not None:
        scripts = ScriptOptions(await queue.commands.queues.resources())
        drafts = _from_file(values["source"], fields, scripts)
    else:
        if "path" not in fields:
            raise click.UsageError("Missing argument 'PATH'.")
        fields = await with_standard_input(queue, fields)
        scripts = await script_options(queue, fields)
        drafts = _of_words(fields, scripts, sweep=values["sweep"], together=values["together"], yes=yes)
    for remark in (*scripts.remarks, *_of_copies(drafts or ())):
        click.echo(f"tui-queue: {remark}.", err=True)
    return drafts


def _of_words(
    fields: Fields, scripts: ScriptOptions, *, sweep: bool, together: bool, yes: bool
) -> list[JobDraft] | None:
    drafts = scripts.drafts(fields, array=not sweep)
    if not sweep:
        many = len(drafts) > MANY and not yes
        return drafts if not many or confirm(f"Add {len(drafts):,} jobs?") else None
    from tui_queue.core.parsing.sweep import check_count, count_line, expand, first_lines  # takes long to import

    (draft,) = drafts
    combinations = expand(draft.args, together=together)
    check_count(combinations, yes=yes)
    for line in (count_line(combinations), *first_lines([draft.path], combinations)):
        click.echo(line, err=True)
    if not yes and not confirm(f"Add {combinations.count:,} jobs?"):
        return None
    return swept(draft, combinations)


async def script_options(queue: "OpenQueue", fields: Fields) -> ScriptOptions:
    """Return what finds the options of a script; which resources there are matters to lines of Slurm's only."""
    lines = lines_of(fields)
    return ScriptOptions(await queue.commands.queues.resources() if lines is not None and lines.are_slurms else ())


def _from_file(source: str, fields: Fields, scripts: ScriptOptions) -> list[JobDraft]:
    from tui_queue.core.parsing.bulk import drafts_of_lines

    with click.open_file(source, encoding="utf-8", errors="surrogateescape") as lines:
        return drafts_of_lines(lines, fields, scripts)


def _of_copies(drafts: Sequence[JobDraft]) -> list[str]:
    """Return warnings of scripts that ask for their own path: the copy gets its own."""
    asked = {draft.path: own_path_in(draft.path) for draft in drafts if draft.options.copy}
    return [
        f"{printable(os.path.basename(path))} uses {own}, which is the path of the copy when the job runs;"
        " TUI_QUEUE_SCRIPT is the path of the original"
        for path, own in asked.items()
        if own
    ]
