"""The command that checks the queue and this machine."""

import re
import sys
from collections.abc import Iterator

import click

from tui_queue import __version__
from tui_queue.bootstrap import LATEST, backups, examine, fault_report, restore, why_to_repair
from tui_queue.cli.command import confirm, examples
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.tables import coloured
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.health import Level
from tui_queue.core.units.printable import printable
from tui_queue.paths import Paths
from tui_queue.settings import content_of, values_of
from tui_queue.settings_values import SettingValues, shown

OFFERED = ("log_full", "leftovers", "notify.on", "dashboard.theme", "dashboard.order", "dashboard.signs")
_WORD = re.compile(r"[a-z0-9-]{1,20}")
_AMOUNT = re.compile(r"\d+(\.\d+)?[A-Za-z]{0,3}")


@click.command(epilog=examples("doctor", "doctor --repair", "doctor --report"))
@click.option("--repair", is_flag=True, help="Restore the latest backup if the store is lost or damaged.")
@click.option(
    "--report",
    is_flag=True,
    help="Print a text for the report of a fault. Names, paths, arguments and values are left out or replaced.",
)
@json_option
def doctor(repair: bool, report: bool, as_json: bool) -> None:
    """Check directories, file system, database, terminal, scheduler, login and clock, and say what to do.

    The exit code is 1 if something is wrong. Without --repair the command changes nothing. With --repair a store that
    is missing, empty or damaged is moved aside. The latest backup takes its place, or a new store if there is no
    backup. The numbers of new jobs continue after the highest one.
    """
    paths = Paths.from_environment()
    if report:
        _report(paths)
        return
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


def _report(paths: Paths) -> None:
    """Print the report of a fault; each part is measured when its turn comes."""
    for title, lines in fault_report(paths, __version__, _settings(paths)):
        click.echo(f"== {title} ==")
        for line in lines:
            click.echo(printable(line))


def _settings(paths: Paths) -> Iterator[str]:
    """Yield the settings that differ from their defaults; of texts only those that the program offers."""
    from tui_queue.ui.dashboard_settings import DashboardSettings  # takes long

    try:
        values = SettingValues(values_of(content_of(paths.settings), paths.settings), DashboardSettings())
    except BadInputError:
        yield "the file can't be read"
        return
    for name in values.names():
        value = values.given(name)
        if name.partition(".")[0] in ("resources", "keys") or value is None or value == values.default(name):
            continue
        pattern = _WORD if name in OFFERED else _AMOUNT
        is_plain = isinstance(value, (bool, int, float)) or pattern.fullmatch(str(value))
        yield f"{name} = {shown(value) if is_plain else '<text>'}"
    for table in ("resources", "keys"):
        if count := sum(name.startswith(f"{table}.") for name in values.names()):
            yield f"{table}: {count}"


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
