"""The commands that schedule without a screen."""

import sys

import click

from tui_queue.cli.command import examples, refuse_elsewhere, run, use_queue
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.core.units.printable import printable


@click.command(name="run", epilog=examples("run --until-empty", "run --background", "run --take-over"))
@click.option(
    "--until-empty", "how", flag_value="until-empty", help="Run jobs, and exit when no job is pending or running."
)
@click.option(
    "--background",
    "how",
    flag_value="background",
    help="Start a background process that runs jobs, and return at once.",
)
@click.option(
    "--take-over",
    is_flag=True,
    help="Move the queue to this host from another one, which must be off or run no job of the queue.",
)
@click.option("--standby", "how", flag_value="standby", hidden=True)
@click.option("--stay", is_flag=True, hidden=True)
@click.option("--lock", type=int, hidden=True)
@json_option
def run_queue(how: str | None, take_over: bool, stay: bool, lock: int | None, as_json: bool) -> None:
    """Run jobs without the dashboard. One of --until-empty, --background and --take-over must be given.

    With --until-empty the exit code is 0 if all jobs completed that ended while the command ran. It is 1 if a job did
    not complete, or if a job is held because of a dependency. Jobs that you hold do not count.

    With --background a process without a terminal schedules until no job is left. A dashboard takes over from it.

    When several hosts share the directory of a queue, one host runs its jobs. --take-over makes this host the one, and
    implies --background. Runs of the other host whose end is not known count as interrupted. Their jobs do not start
    again unless you retry them.
    """
    if take_over:
        from tui_queue import bootstrap

        before = bootstrap.take_over()
        click.echo(f"This host now runs the queue{f', instead of {printable(before)}' if before else ''}.", err=True)
        how = how or "background"
    if how == "until-empty":
        from tui_queue.cli.until_empty import run_until_empty

        completed = run(run_until_empty())
        if as_json:
            print_json({"all_completed": completed})
        sys.exit(0 if completed else 1)
    elif how == "standby":
        from tui_queue.cli.standby import run_standby
        from tui_queue.core.system.inherited_signals import ENDING

        # The process that starts a successor has blocked them, so that none is lost before it can heed them.
        run(run_standby(stay=stay, inherited=lock), blocked=() if lock is None else ENDING)
    elif how == "background":
        left = run(_go_on())
        if as_json:
            print_json({"work_left": left})
        elif not left:
            click.echo("No job is pending or running.")
    else:
        raise click.UsageError("No mode is given; give --until-empty or --background.")


@click.command(epilog=examples("unit", "unit > ~/.config/systemd/user/tui-queue.service"))
@json_option
def unit(as_json: bool) -> None:
    """Print a systemd user unit that runs the queue, even while you are logged out."""
    from tui_queue.cli.systemd_unit import unit

    if as_json:
        print_json({"unit": unit()})
    else:
        click.echo(unit(), nl=False)


async def _go_on() -> bool:
    async with use_queue(create=True, must_write=True) as queue:
        refuse_elsewhere(queue)
        return await queue.commands.hand_over()


COMMANDS = {"run": run_queue, "unit": unit}
