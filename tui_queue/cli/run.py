"""The commands that schedule without a screen."""

import sys

import click

from tui_queue.cli.command import refuse_elsewhere, run, use_queue
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.core.units.printable import printable


@click.command(name="run")
@click.option("--until-empty", "how", flag_value="until-empty", help="End when nothing is pending or running.")
@click.option("--background", "how", flag_value="background", help="Return at once; the queue goes on by itself.")
@click.option(
    "--take-over",
    is_flag=True,
    help="Move the queue to this host, from one that is off or runs none of its jobs any more.",
)
@click.option("--standby", "how", flag_value="standby", hidden=True)
@click.option("--stay", is_flag=True, hidden=True)
@click.option("--lock", type=int, hidden=True)
@json_option
def run_queue(how: str | None, take_over: bool, stay: bool, lock: int | None, as_json: bool) -> None:
    """Run the queue without a screen.

    With --until-empty it ends with 0 when all jobs that ended meanwhile completed, with 1 when some did not, or when
    jobs are left that are held because of a dependency; jobs that you hold do not count. With --background a process
    without a terminal schedules until nothing is left; it gives way to a dashboard.

    One host runs a queue in a directory that several share; --take-over moves it to this one, by itself with
    --background. What ran on the other host counts as interrupted, unless its end is known, and is not started again
    without your word.

    Example: tui-queue run --until-empty
    """
    if take_over:
        from tui_queue import bootstrap

        before = bootstrap.take_over()
        click.echo(f"This host runs the queue now{f'; before, {printable(before)} did' if before else ''}.", err=True)
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
            click.echo("Nothing is pending or running.")
    else:
        raise click.UsageError("Say how: --until-empty or --background.")


@click.command()
@json_option
def unit(as_json: bool) -> None:
    """Print a systemd user unit that runs the queue also when you are logged out.

    Example: tui-queue unit > ~/.config/systemd/user/tui-queue.service
    """
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
