"""The command that checks the queue and this machine."""

import sys

import click

from tui_queue.bootstrap import LATEST, backups, examine, restore, why_to_repair
from tui_queue.cli.command import confirm, examples
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.tables import coloured
from tui_queue.core.model.health import Level
from tui_queue.core.units.printable import printable
from tui_queue.paths import Paths


@click.command(epilog=examples("doctor", "doctor --json", "doctor --repair"))
@click.option("--repair", is_flag=True, help="Restore the latest backup if the store is lost or damaged.")
@json_option
def doctor(repair: bool, as_json: bool) -> None:
    """Check directories, file system, database, terminal, scheduler, login and clock, and say what to do.

    The exit code is 1 if something is wrong. Without --repair the command changes nothing. With --repair a store that
    is missing, empty or damaged is moved aside. The latest backup takes its place, or a new store if there is no
    backup. The numbers of new jobs continue after the highest one.
    """
    paths = Paths.from_environment()
    if repair:
        _repair(paths)
    found = list(examine(paths))
    if as_json:
        print_json(
            [
                {"name": each.name, "level": each.level, "found": each.found, "advice": each.advice or None}
                for each in found
            ]
        )
    else:
        for each in found:
            click.echo(f"{coloured(each.level)}{' ' * (6 - len(each.level))}{each.name:<12} {printable(each.found)}")
            if each.advice:
                click.echo(f"{'':<19}{printable(each.advice)}")
    sys.exit(int(any(each.level is Level.WRONG for each in found)))


def _repair(paths: Paths) -> None:
    """Ask, and put something whole in the place of a store that can't be used; say on stderr what was done."""
    fault = why_to_repair(paths)
    if not fault:
        click.echo("The store is not damaged; there is nothing to repair.", err=True)
        return
    click.echo(printable(fault), err=True)
    if any(each.jobs is not None for each in backups(paths)):
        name, question = LATEST, "Move the store aside and restore the latest backup?"
    else:
        name, question = None, "No backup can be used. Move the store aside and create a new one?"
    if not confirm(question):
        sys.exit(1)
    done = restore(paths, name)
    what = "a new store" if done.backup is None else f"the backup {done.backup.name}"
    where = f"; the old files are in {printable(done.aside)}" if done.aside else ""
    click.echo(f"The queue now uses {what}{where}.", err=True)
    if done.held:
        click.echo(f"{len(done.held):,} pending jobs are held, because they may have run after the backup.", err=True)


COMMANDS = {"doctor": doctor}
