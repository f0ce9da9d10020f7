"""The command that lists jobs."""

import click

from tui_queue.cli.command import run, say_elsewhere, use_queue
from tui_queue.cli.completion_types import batches, queues
from tui_queue.cli.json_output import json_option, print_jobs
from tui_queue.cli.tables import print_table
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import State

STATES = [state.value for state in State]


def filter_options(command: click.decorators.FC) -> click.decorators.FC:
    """Give a command the options that say which jobs are meant; they are the values of ``filter_of``."""
    for names, settings in (
        (("--batch",), {"metavar": "B", "help": "Only of this batch.", "shell_complete": batches}),
        (("--queue", "-q"), {"metavar": "Q", "help": "Only in this queue.", "shell_complete": queues}),
        (
            ("--state", "-s"),
            {
                "multiple": True,
                "metavar": "STATE",
                "type": click.Choice(STATES),
                "help": f"Only these: {', '.join(STATES)}.",
            },
        ),
    ):
        command = click.option(*names, **settings)(command)  # type: ignore[arg-type]
    return command


def filter_of(state: tuple[str, ...], queue: str | None, batch: str | None, words: tuple[str, ...] = ()) -> Filter:
    """Return which jobs are meant."""
    return Filter(states=tuple(map(State, state)), queue=queue or "", batch=batch or "", words=words)


@click.command(name="list")
@filter_options
@click.option("--limit", type=click.IntRange(0, 10**9), default=500, show_default=True, help="Ended jobs to show.")
@json_option
@click.argument("words", nargs=-1, metavar="[WORDS]...")
def list_jobs(
    state: tuple[str, ...], queue: str | None, batch: str | None, limit: int, as_json: bool, words: tuple[str, ...]
) -> None:
    """List active jobs in the order they start, then the latest ended ones.

    WORDS must all stand in the name, the path or the parameters.

    Example: tui-queue list --state failed nightly
    """
    only = filter_of(state, queue, batch, words)

    async def work() -> None:
        async with use_queue() as opened:
            if only.queue:
                await opened.commands.queues.get(only.queue)
            say_elsewhere(opened)
            overview = await opened.commands.reports.overview(ended=limit, only=only)
            if as_json:
                print_jobs(overview.jobs, opened.commands.jobs.log_path)
            else:
                print_table(overview.jobs)

    run(work())


COMMANDS = {"list": list_jobs}
