"""The command that tells everything about one job."""

import json

import click

from tui_queue.cli import output
from tui_queue.cli.job_words import run
from tui_queue.cli.open_queue import open_queue


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.argument("job_id", metavar="ID")
def show(job_id: str, as_json: bool) -> None:
    """Tell everything about one job: what was asked for, why it waits or how it ended, its attempts.

    Example: tui-queue show 12
    """

    async def work() -> None:
        async with open_queue() as queue:
            details = await queue.commands.details(job_id)
            if as_json:
                job = output.as_object(details.job, queue.commands.log_path(details.job))
                click.echo(json.dumps({**job, **output.details_object(details)}, indent=2))
            else:
                output.print_details(details, queue.commands.log_path(details.job))

    run(work())
