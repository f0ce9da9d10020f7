"""The command that checks the queue and this machine."""

import sys

import click

from tui_queue.bootstrap import examine
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.tables import coloured
from tui_queue.core.model.health import Level
from tui_queue.core.units.printable import printable
from tui_queue.paths import Paths


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check directories, file system, database, terminal, scheduler, login and clock; say what to do. Changes nothing.

    Ends with 1 when something is wrong.

    Example: tui-queue doctor
    """
    found = list(examine(Paths.from_environment()))
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


COMMANDS = {"doctor": doctor}
