"""The commands for templates: descriptions of jobs that are kept under a name."""

import os
import shlex
from typing import Any

import click

from tui_queue.cli.add import JOB_WORDS
from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import files, templates
from tui_queue.cli.job_words import JobCommand
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.options import given, job_options
from tui_queue.core.errors import BadInputError
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.job_draft import Fields, make_draft
from tui_queue.core.parsing.job_options import BY_NAME
from tui_queue.core.units.printable import printable


@click.group(epilog=examples("template save --retries 2 --timeout 1h careful", "add --template careful true"))
def template() -> None:
    """List and change templates. A template keeps options, and maybe a script, for `add --template NAME`."""


@template.command(
    context_settings=JOB_WORDS,
    cls=JobCommand,
    epilog=examples(
        "template save --resource gpu=1 --retries 2 training", "template save --timeout 1h count jobs/countdown.py 10"
    ),
)
@job_options
@json_option
@click.argument("called", metavar="NAME", shell_complete=templates)
@click.argument("path", required=False, shell_complete=files)
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...", shell_complete=files)
def save(called: str, path: str | None, args: tuple[str, ...], as_json: bool, **values: Any) -> None:
    """Save options, and PATH with its arguments if given, as a template. A template of that name is replaced."""
    fields = given(values)
    if not title("name", called):
        raise BadInputError("name", "The name of the template is empty; give one.")
    if "-" in (path, fields.get("stdin")):
        raise BadInputError("template", "-: a template can't keep standard input; name a file.")
    if path is not None:
        is_file = os.sep in path and not fields.get("shell")
        fields |= {"path": os.path.abspath(path) if is_file else path, "args": list(args)}
    if not fields:
        raise BadInputError("template", "No option and no PATH is given; see `tui-queue template save --help`.")

    async def work() -> None:
        async with use_queue(create=True) as queue:
            # Checked now, with any program where it names none: what is kept can be used.
            checked = {**fields, "copy": False}
            make_draft(**{"path": "sh", **checked})
            await queue.commands.templates.put(called, fields)
            if as_json:
                print_json({"name": called, "words": fields})

    run(work(), waits=False)


@template.command(name="list", epilog=examples("template list", "template list --json"))
@json_option
def list_templates(as_json: bool) -> None:
    """List the templates with their options."""

    async def work() -> None:
        async with use_queue() as queue:
            found = await queue.commands.templates.all()
            if as_json:
                print_json([{"name": name, "words": dict(fields)} for name, fields in found.items()])
            else:
                for name, fields in found.items():
                    click.echo(f"{printable(name)}: {_as_options(dict(fields))}")

    run(work(), waits=False)


@template.command(epilog=examples("template remove training", "template remove training --json"))
@json_option
@click.argument("name", shell_complete=templates)
def remove(name: str, as_json: bool) -> None:
    """Remove a template. Jobs that were added with it stay."""

    async def work() -> None:
        async with use_queue() as queue:
            await queue.commands.templates.remove(name)
            if as_json:
                print_json({"name": name, "removed": True})

    run(work(), waits=False)


def _as_options(fields: Fields) -> str:
    """Return the fields of a template as the user could type them."""
    path, args = fields.pop("path", None), fields.pop("args", ())
    words: list[str] = []
    for name, value in fields.items():
        flag = BY_NAME[name].long_flag if name in BY_NAME else name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            for each in value if isinstance(value, list) else [value]:
                words += [f"--{flag}", each]
    return printable(shlex.join([*words, *([] if path is None else [path, *args])]))


COMMANDS = {"template": template}
