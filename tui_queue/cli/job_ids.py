"""Finds the jobs that a command names, and the sets of jobs that it is for."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from msgspec.structs import replace

from tui_queue.cli.completion_types import batches
from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import BadInputError, NoSuchJobError
from tui_queue.core.model.filter import Field, Filter
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.selection import Selection, Span
from tui_queue.core.units.printable import printable

F = TypeVar("F", bound=Callable[..., Any])

_RANGE = r"(?a)#?(\d{1,17})-#?(\d{1,17})"
_NOTHING_NAMED = "No job is named; give an ID, or --all, --batch NAME, --where 'state:failed queue:gpu'."


def set_options(command: F) -> F:
    """Give a command the options that name a set of jobs; ``selection`` takes their values."""
    for option in reversed(
        (
            click.option(
                "--batch",
                metavar="NAME",
                help="Act on all jobs of this batch. Default: on the jobs of ID.",
                shell_complete=batches,
            ),
            click.option(
                "--where",
                metavar="FILTER",
                help="Act on all jobs that match: 'state:failed,held !queue:gpu exit:137 age:>2d'. Default: on ID.",
            ),
            click.option("--all", "everything", is_flag=True, help="Act on all jobs that the command applies to."),
        )
    ):
        command = option(command)
    return command


async def selection(
    commands: Commands,
    ids: tuple[str, ...],
    *,
    batch: str | None = None,
    where: str | None = None,
    everything: bool = False,
    failed: bool = False,
) -> Selection:
    """Return the jobs that a command is for: those that are named, or those of a set. Raises NoSuchJobError."""
    only = set_filter(batch, where, failed=failed)
    if only is None and not everything:
        if not ids:
            raise click.UsageError(_NOTHING_NAMED)
        return Selection(named=await spans(commands, ids))
    if ids:
        raise BadInputError(
            "ids", "IDs can't be used with --all, --batch or --where; give either IDs or such an option."
        )
    return Selection(only=only, everything=everything)


def set_filter(batch: str | None, where: str | None, *, failed: bool = False) -> Filter | None:
    """Return what `--batch`, `--where` and `--failed` mean together; None without any. Raises BadInputError."""
    if batch is None and where is None and not failed:
        return None
    only = Filter()
    if where is not None:
        from tui_queue.core.parsing.filter import parse_set, remark  # few commands need it

        only = parse_set(where)
        if said := remark(where):
            click.echo(f"tui-queue: {printable(said)}.", err=True)
    if batch is not None:
        if not batch:
            raise BadInputError("batch", "--batch: the name is empty; `tui-queue batch list` shows all batches.")
        if others := only.asked(Field.BATCH) - {batch}:
            raise BadInputError(
                "batch", f"--batch {printable(batch)} and batch:{printable(min(others))} name two batches; give one."
            )
        only = replace(only, batch=batch)
    if failed:
        if only.asked(Field.STATE) - {State.FAILED}:
            raise BadInputError("failed", "--failed and --where name different states; give one of them.")
        only = replace(only, states=(State.FAILED,))
    return only


async def spans(commands: Commands, ids: tuple[str, ...]) -> tuple[Span, ...]:
    """Return the numbers and ranges that are named. Raises NoSuchJobError for a job that does not exist."""
    named = []
    for key in ",".join(ids).split(","):
        if found := re.fullmatch(_RANGE, key):
            first, last = int(found[1]), int(found[2])
            if last < first:
                raise BadInputError("ids", f"{key}: the range ends before it begins; write the lower number first.")
            named.append(Span(first, last))
        else:
            number = (await one(commands, key)).id
            named.append(Span(number, number, singly=True))
    return tuple(named)


async def one(commands: Commands, key: str) -> Job:
    """Return the job that a key names; say which one it is that was added last. Raises NoSuchJobError."""
    job = await commands.jobs.get(key.removeprefix("#"))
    if is_latest(key):
        click.echo(f"tui-queue: {key} is job {job.id}, {printable(job.name)}.", err=True)
    return job


def is_latest(key: str) -> bool:
    """Whether a key means a job by when it was added: ``@``, ``last``, ``@~1``."""
    return re.fullmatch(r"(?:@|last)(~\d{0,9})?", key) is not None


async def numbered(commands: Commands, texts: Sequence[str]) -> tuple[str, ...]:
    """Return what a job is to wait for, with numbers in the places of ``last`` and ``@``."""
    parts = []
    for part in ",".join(texts).split(","):
        key, colon, outcome = part.strip().partition(":")
        parts.append(f"{(await one(commands, key)).id}{colon}{outcome}" if is_latest(key) else part)
    return tuple(parts)


async def select(commands: Commands, ids: tuple[str, ...], batch: str | None = None) -> list[int]:
    """Return the numbers of the jobs to look at, each once, in the order they were named. Raises NoSuchJobError.

    Of a range those that are there count; there must be one at least.
    """
    if not ids and batch is None:
        raise click.UsageError("Missing argument 'ID...'; or give --batch NAME.")
    if ids and batch is not None:
        raise BadInputError("ids", "IDs can't be used with --batch; give either IDs or --batch NAME.")
    if batch is not None:
        return [job.id for job in await commands.batches.jobs(batch)]
    numbers: dict[int, None] = {}
    for span in await spans(commands, ids):
        found = [span.first] if span.singly else await commands.jobs.numbers(span.first, span.last)
        if not found:
            raise NoSuchJobError(f"{span.first}-{span.last}: no such jobs; `tui-queue list` shows all.")
        numbers |= dict.fromkeys(found)
    return list(numbers)
