"""Resolves the jobs that a command names."""

import re

import click

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import BadInputError, NoSuchJobError

_RANGE = r"(?a)#?(\d{1,17})-#?(\d{1,17})"


async def select(commands: Commands, ids: tuple[str, ...], batch: str | None = None) -> list[int]:
    """Return the numbers of the jobs, each once, in the order they were named. Raises NoSuchJobError.

    Of a range those that are there count; there must be one at least.
    """
    if not ids and not batch:
        raise click.UsageError("Missing argument 'ID...'; or give --batch NAME.")
    if ids and batch:
        raise BadInputError("ids", "Either some jobs or --batch.")
    if batch:
        return [job.id for job in await commands.batches.jobs(batch)]
    numbers: dict[int, None] = {}
    for key in ",".join(ids).split(","):
        if found := re.fullmatch(_RANGE, key):
            numbers |= dict.fromkeys(await _of_range(commands, key, int(found[1]), int(found[2])))
        else:
            numbers[(await commands.jobs.get(key.removeprefix("#"))).id] = None
    return list(numbers)


async def _of_range(commands: Commands, key: str, first: int, last: int) -> list[int]:
    if last < first:
        raise BadInputError("ids", f"{key}: the range ends before it begins.")
    numbers = await commands.jobs.numbers(first, last)
    if not numbers:
        raise NoSuchJobError(f"{key}: no such jobs; `tui-queue list` shows all.")
    return numbers
