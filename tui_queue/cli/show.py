"""The command that tells everything about one job."""

from datetime import UTC, datetime

import click
from msgspec.structs import replace

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import jobs
from tui_queue.cli.job_ids import select
from tui_queue.cli.json_output import Object, details_object, job_object, json_option, print_json
from tui_queue.cli.tables import print_pairs
from tui_queue.core.analysis.report import details_lines
from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.environment import Environment
from tui_queue.core.units.printable import printable


@click.command(epilog=examples("show 12", "show 12 --env --values", "show 12 --json"))
@click.option(
    "--env", "variables", is_flag=True, help="List the names of the environment variables of the job instead."
)
@click.option("--values", is_flag=True, help="Show the values of variables too. Default: only the names.")
@click.option(
    "--pid", type=click.IntRange(1), metavar="PID", help="Show the job that this process belongs to. Default: ID."
)
@json_option
@click.argument("job_ids", nargs=-1, metavar="[ID]...", shell_complete=jobs())
def show(job_ids: tuple[str, ...], variables: bool, values: bool, pid: int | None, as_json: bool) -> None:
    """Show everything about one or more jobs: the options, why a job waits or how it ended, and all attempts.

    Without ID the command shows the job that was added last from this terminal. IDs can also be @ (that job), @~1 (the
    one before it) and ranges such as 3-5.
    """

    async def work() -> None:
        async with use_queue() as queue:
            numbers = await _numbers(queue.commands, job_ids, pid)
            objects = []
            for place, number in enumerate(numbers):
                details = await queue.commands.reports.details(str(number))
                if values and not variables:
                    options = await queue.commands.jobs.with_values(details.job.options)
                    details = replace(details, job=replace(details.job, options=options))
                log_path = queue.commands.jobs.log_path(details.job)
                environment = await queue.commands.jobs.environment(details.job) if variables else None
                if as_json:
                    shown = job_object(details.job, queue.commands.jobs, values=values)
                    objects.append({**shown, **details_object(details), **_captured(environment, values=values)})
                    continue
                if place:
                    click.echo()
                if variables:
                    for name, value in _captured(environment, values=values).get("environment", {}).items():
                        click.echo(printable(name if value is None else f"{name}={value}"))
                else:
                    print_pairs(details_lines(details, log_path, datetime.now(UTC), values=values))
            if as_json:
                print_json(objects[0] if len(objects) == 1 else objects)

    run(work())


async def _numbers(commands: Commands, job_ids: tuple[str, ...], pid: int | None) -> list[int]:
    if pid is None:
        return await select(commands, job_ids or ("@",))
    if job_ids:
        raise BadInputError("pid", "--pid can't be used with an ID; give one of them.")
    return [(await commands.jobs.of_process(pid)).id]


def _captured(environment: Environment | None, *, values: bool) -> Object:
    if environment is None:
        return {}
    variables = sorted(environment.variables.items())
    return {"environment": {name: value if values else None for name, value in variables}}


COMMANDS = {"show": show}
