"""The command that lists jobs."""

from collections.abc import Sequence

import click

from tui_queue.cli.command import examples, run, say_elsewhere, use_queue
from tui_queue.cli.completion_types import batches, queues
from tui_queue.cli.json_output import json_option, print_jobs
from tui_queue.cli.list_columns import COLUMNS, USUAL, in_order, names_of
from tui_queue.cli.tables import table_of
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import Job, State

STATES = [state.value for state in State]


def filter_options(command: click.decorators.FC) -> click.decorators.FC:
    """Give a command the options that say which jobs are meant; they are the values of ``filter_of``."""
    for names, settings in (
        (
            ("--batch",),
            {"metavar": "NAME", "help": "Only jobs of this batch. Default: all.", "shell_complete": batches},
        ),
        (
            ("--queue", "-q"),
            {"metavar": "QUEUE", "help": "Only jobs in this queue. Default: all.", "shell_complete": queues},
        ),
        (
            ("--state", "-s"),
            {
                "multiple": True,
                "metavar": "STATE",
                "type": click.Choice(STATES),
                "help": f"Only jobs in this state: {', '.join(STATES)}. Can be given more than once. Default: all.",
            },
        ),
    ):
        command = click.option(*names, **settings)(command)  # type: ignore[arg-type]
    return command


def filter_of(state: tuple[str, ...], queue: str | None, batch: str | None, words: tuple[str, ...] = ()) -> Filter:
    """Return which jobs are meant."""
    return Filter(states=tuple(map(State, state)), queue=queue or "", batch=batch or "", words=words)


@click.command(
    name="list",
    epilog=examples("list --state failed --sort -ended", "list --queue default --watch", "list --columns id,name,exit"),
)
@filter_options
@click.option(
    "--limit",
    type=click.IntRange(0, 10**9),
    default=500,
    metavar="N",
    help="Show this many ended jobs at most. Default: 500.",
)
@click.option(
    "--sort",
    metavar="NAME",
    help="Sort by this column, or with -NAME in reverse. Default: the order in which the jobs start.",
)
@click.option(
    "--columns",
    metavar="NAMES",
    help=f"Show these columns, with commas between them: {', '.join(COLUMNS)}. Default: {', '.join(USUAL)}.",
)
@click.option("--watch", "watching", is_flag=True, help="Draw the list again when it changes, until Ctrl+C.")
@json_option
@click.argument("words", nargs=-1, metavar="[WORDS]...")
def list_jobs(
    state: tuple[str, ...],
    queue: str | None,
    batch: str | None,
    words: tuple[str, ...],
    limit: int,
    sort: str | None,
    columns: str | None,
    watching: bool,
    as_json: bool,
) -> None:
    """List the active jobs in the order in which they start, then the ended ones, the latest first.

    With WORDS only jobs are listed that have all these words in their name, path or arguments.
    """
    only = filter_of(state, queue, batch, words)
    names = USUAL if columns is None else names_of(columns)
    if columns is not None and as_json:
        raise BadInputError(
            "columns", "--columns can't be used with --json, which prints every field; leave out one of them."
        )
    if watching:
        from tui_queue.cli.watch import require_terminal  # seldom needed

        require_terminal("list", as_json=as_json)

    async def work() -> None:
        async with use_queue() as opened:
            if only.queue:
                await opened.commands.queues.get(only.queue)
            say_elsewhere(opened)

            async def listed() -> Sequence[Job]:
                overview = await opened.commands.reports.overview(ended=limit, only=only)
                return overview.jobs if sort is None else in_order(overview.jobs, sort, opened.commands.jobs)

            async def picture() -> str:
                return table_of(await listed(), names, opened.commands.jobs)

            if as_json:
                print_jobs(await listed(), opened.commands.jobs)
            elif watching:
                from tui_queue.cli.watch import watch  # seldom needed

                await watch(opened, picture)
            else:
                click.echo(await picture())

    run(work(), waits=watching)


COMMANDS = {"list": list_jobs}
