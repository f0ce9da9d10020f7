"""What a shell offers for a word that is being typed: jobs, queues, batches, names, files."""

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from tui_queue.cli.command import run
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import State
from tui_queue.core.units.printable import printable
from tui_queue.paths import Paths

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
MOST = 100  # ended jobs that are offered


def _complete(look: Callable[["OpenQueue"], Awaitable[list[CompletionItem]]]) -> Complete:
    async def found() -> list[CompletionItem]:
        from tui_queue.bootstrap import open_queue

        async with open_queue() as queue:
            return await look(queue)

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            # A key that is pressed makes no queue where there is none.
            items = run(found()) if os.path.exists(Paths.from_environment().store) else []
        except (TuiQueueError, OSError):
            return []
        given = {str(word) for word in context.params.get(parameter.name or "") or ()}
        return [item for item in items if item.value.startswith(begun) and item.value not in given]

    return complete


def jobs(*states: State) -> Complete:
    """Return what offers the numbers of jobs in these states, or of all jobs."""

    async def look(queue: "OpenQueue") -> list[CompletionItem]:
        overview = await queue.commands.reports.overview(ended=MOST)
        return [
            CompletionItem(str(job.id), help=printable(f"{job.name}: {job.state}"))
            for job in overview.jobs
            if not states or job.state in states
        ]

    return _complete(look)


def files(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Have the shell offer its files."""
    return [CompletionItem(begun, type="file")]


def directories(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Have the shell offer its directories."""
    return [CompletionItem(begun, type="dir")]


def backup_names(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the backups of the store, which may be lost itself."""
    from tui_queue.bootstrap import backups

    names = ["latest", *(each.name.removesuffix(".db") for each in backups(Paths.from_environment()))]
    return [CompletionItem(name) for name in names if name.startswith(begun)]


async def _queues(queue: "OpenQueue") -> list[CompletionItem]:
    return [CompletionItem(each.name) for each in await queue.commands.queues.all()]


async def _batches(queue: "OpenQueue") -> list[CompletionItem]:
    return [CompletionItem(each.name) for each in await queue.commands.batches.all()]


async def _schedules(queue: "OpenQueue") -> list[CompletionItem]:
    return [CompletionItem(each.name, help=each.rule) for each in await queue.commands.schedules.all()]


async def _templates(queue: "OpenQueue") -> list[CompletionItem]:
    return [CompletionItem(name) for name in await queue.commands.templates.all()]


queues = _complete(_queues)
batches = _complete(_batches)
schedules = _complete(_schedules)
templates = _complete(_templates)
