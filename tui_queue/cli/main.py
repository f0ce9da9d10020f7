"""The commands of ``tui-queue`` and their options."""

import sys

import click

from tui_queue import __version__
from tui_queue.cli import output
from tui_queue.cli.adding import add, clone, edit
from tui_queue.cli.clean import clean
from tui_queue.cli.job_words import run as do
from tui_queue.cli.one_line_errors import OneLineErrors
from tui_queue.cli.open_queue import needs_terminal, open_queue, run_dashboard
from tui_queue.cli.queues import queue
from tui_queue.cli.schedules import schedule
from tui_queue.cli.show import show
from tui_queue.cli.templates import template
from tui_queue.cli.verbs import move, signal, verbs
from tui_queue.core.errors import BadInputError


@click.group(cls=OneLineErrors, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="tui-queue %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """A job queue that lives in your terminal.

    Without a command it opens the dashboard. TUI_QUEUE_HOME=DIR keeps a queue of its own in DIR.
    """
    if context.invoked_subcommand is None:
        why_not = needs_terminal()
        if why_not:
            raise BadInputError("terminal", why_not)
        farewell, code = do(run_dashboard())
        if farewell:
            click.echo(farewell)
        sys.exit(code)


@cli.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--limit", type=click.IntRange(0, 10**9), default=500, show_default=True, help="Ended jobs to show.")
def list_jobs(as_json: bool, limit: int) -> None:
    """List active jobs in the order they start, then the latest ended ones.

    Example: tui-queue list --json
    """

    async def work() -> None:
        async with open_queue() as queue:
            overview = await queue.commands.overview(ended=limit)
            if as_json:
                output.print_json(overview, queue.commands.log_path)
            else:
                output.print_table(overview)

    do(work())


@cli.command()
@click.argument("job_id", metavar="ID")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@click.option("--raw", is_flag=True, help="Control sequences reach the terminal as they are.")
def log(job_id: str, follow: bool, raw: bool) -> None:
    """Print the output of a job's latest run.

    Example: tui-queue log 12 -f
    """

    async def work() -> None:
        async with open_queue() as queue:
            await output.print_log(queue, job_id, follow=follow, raw=raw)

    do(work())


@cli.command()
@click.option("--until-empty", "how", flag_value="until-empty", help="End when nothing is pending or running.")
@click.option("--background", "how", flag_value="background", help="Return at once; the queue goes on by itself.")
@click.option("--standby", "how", flag_value="standby", hidden=True)
@click.option("--stay", is_flag=True, hidden=True)
def run(how: str | None, stay: bool) -> None:
    """Run the queue without a screen.

    With --until-empty it ends with 0 when all jobs that ended meanwhile completed, with 1 when some did not. With
    --background a process without a terminal schedules until nothing is left; it gives way to a dashboard.

    Example: tui-queue run --until-empty
    """
    if how == "until-empty":
        from tui_queue.cli.until_empty import run_until_empty

        sys.exit(0 if do(run_until_empty()) else 1)
    elif how == "standby":
        from tui_queue.cli.standby import stand_by

        do(stand_by(stay=stay))
    elif how == "background":
        do(_go_on())
    else:
        raise click.UsageError("Say how: --until-empty or --background.")


@cli.command()
def unit() -> None:
    """Print a systemd user unit that runs the queue also when you are logged out.

    Example: tui-queue unit > ~/.config/systemd/user/tui-queue.service
    """
    from tui_queue.cli.unit import unit

    click.echo(unit(), nl=False)


async def _go_on() -> None:
    async with open_queue() as queue:
        if not await queue.commands.go_on_without_us():
            click.echo("Nothing is pending or running.")


for command in (add, edit, clone, clean, show, move, signal, queue, schedule, template, *verbs()):
    cli.add_command(command)


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    cli()
