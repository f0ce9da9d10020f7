"""The options of a job on the command line, the same for each command that describes one."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tui_queue.cli.completion_types import batches, directories, files, jobs, queues
from tui_queue.core.parsing.job_draft import Fields
from tui_queue.core.parsing.job_options import BY_NAME, JOB_OPTIONS
from tui_queue.core.parsing.option import Kind, Offer

CAPTURE_HELP = "Give the job the environment of this command. Default: the job keeps its own."

capture_option = click.option("--capture-env", is_flag=True, help=CAPTURE_HELP)

F = TypeVar("F", bound=Callable[..., Any])
_COMPLETIONS = {
    Offer.DIRECTORIES: directories,
    Offer.FILES: files,
    Offer.QUEUES: queues,
    Offer.BATCHES: batches,
    Offer.JOBS: jobs(),
}


def job_options(command: F) -> F:
    """Give a command all options that describe a job; ``given`` takes their values out of its own."""
    for option in reversed(JOB_OPTIONS):
        flags = [f"--{option.long_flag}"]
        if option.kind is Kind.SWITCH:
            flags = [f"--{option.long_flag}/--no-{option.long_flag}"]
        if option.short:
            flags.insert(0, f"-{option.short}")
        command = click.option(
            *flags,
            option.name,
            default=None,
            multiple=option.kind is Kind.LIST,
            metavar=option.metavar or (f"[{'|'.join(option.choices)}]" if option.choices else None),
            help=option.help,
            shell_complete=_COMPLETIONS[option.offers] if option.offers else None,
        )(command)
    return command


def given(values: Fields) -> Fields:
    """Take out of a command's values the fields of a job that were given; its own values remain."""
    fields = {name: values.pop(name) for name in BY_NAME if name in values}
    return {name: value for name, value in fields.items() if value is not None and value != ()}
