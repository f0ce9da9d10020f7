"""The options of a job on the command line, the same for each command that describes one."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

import click

from tui_queue.cli.completion_types import batches, directories, files, jobs, queues
from tui_queue.core.parsing.job_draft import Fields
from tui_queue.core.parsing.job_options import BY_NAME, JOB_OPTIONS
from tui_queue.core.parsing.option import Kind, Offer

T = TypeVar("T")
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
        elif option.short:
            flags.append(f"-{option.short}")
        command = click.option(
            *flags,
            option.name,
            default=None,
            multiple=option.kind is Kind.LIST,
            metavar=option.metavar,
            help=option.help,
            shell_complete=_COMPLETIONS[option.offers] if option.offers else None,
        )(command)
    return command


def given(values: Fields) -> Fields:
    """Take out of a command's values the fields of a job that were given; its own values remain."""
    fields = {name: values.pop(name) for name in BY_NAME if name in values}
    return {name: value for name, value in fields.items() if value is not None and value != ()}


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own."""
    return asyncio.run(work)


def confirm(question: str) -> bool:
    """Ask the user on a terminal; without a terminal the answer is yes."""
    return not sys.stdin.isatty() or click.confirm(question, err=True)


def shown_time(time: datetime | None) -> str:
    """Return a time as a person reads it here, with its offset."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M:%S %z}"
