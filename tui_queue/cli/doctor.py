"""The command that looks whether everything is as it should be."""

import os
import sys
from collections.abc import Iterator

import click

from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.tables import coloured
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.inspection import doctor as checks
from tui_queue.core.inspection.doctor import Check, Level
from tui_queue.core.scheduling.lease import Lease, Lock
from tui_queue.core.units.printable import printable
from tui_queue.paths import Paths
from tui_queue.settings import load_config


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check directories, file system, database, terminal, scheduler, login and clock; say what to do. Changes nothing.

    Ends with 1 when something is wrong.

    Example: tui-queue doctor
    """
    found = list(_checks(Paths.from_environment()))
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


def _checks(paths: Paths) -> Iterator[Check]:
    yield from checks.directories(paths.state, paths.config)
    background = True
    try:
        background = load_config(paths.config).background
    except TuiQueueError as error:
        yield Check(name="settings", level=Level.WRONG, found=str(error), advice="Correct this line.")
    yield from checks.file_system(paths.state)
    yield from checks.database(paths.store)
    if os.path.exists(paths.store) and os.access(paths.state, os.W_OK | os.X_OK):
        stands_by = Lock(os.path.join(paths.state, "background")).is_taken()
        yield from checks.scheduler(held=Lease(paths.state).is_held(), background=stands_by, allowed=background)
    yield from checks.terminal()
    yield from checks.logind()
    yield from checks.machine()


COMMANDS = {"doctor": doctor}
