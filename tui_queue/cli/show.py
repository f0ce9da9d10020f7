"""The command that tells everything about one job."""

from datetime import UTC, datetime

import click

from tui_queue.cli.command import run, use_queue
from tui_queue.cli.completion_types import jobs
from tui_queue.cli.json_output import details_object, job_object, json_option, print_json
from tui_queue.cli.tables import print_pairs
from tui_queue.core.analysis.report import details_lines


@click.command()
@json_option
@click.argument("job_id", metavar="ID", shell_complete=jobs())
def show(job_id: str, as_json: bool) -> None:
    """Tell everything about one job: what was asked for, why it waits or how it ended, its attempts.

    Example: tui-queue show 12
    """

    async def work() -> None:
        async with use_queue() as queue:
            details = await queue.commands.reports.details(job_id)
            log_path = queue.commands.jobs.log_path(details.job)
            if as_json:
                print_json({**job_object(details.job, log_path), **details_object(details)})
            else:
                print_pairs(details_lines(details, log_path, datetime.now(UTC)))

    run(work())


COMMANDS = {"show": show}
