"""The command that lists the backups of the store, and restores one."""

import sys

import click

from tui_queue.bootstrap import backups
from tui_queue.bootstrap import restore as restore_backup
from tui_queue.cli.command import confirm, examples
from tui_queue.cli.completion_types import backup_names
from tui_queue.cli.json_output import iso, json_option, print_json
from tui_queue.cli.tables import print_columns
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text
from tui_queue.paths import Paths


@click.command(epilog=examples("restore", "restore latest", "restore latest --yes"))
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@json_option
@click.argument("name", metavar="[NAME|latest]", required=False, shell_complete=backup_names)
def restore(name: str | None, yes: bool, as_json: bool) -> None:
    """List the backups of the queue, or restore the backup of NAME.

    No process may have the queue open. The present files are moved aside; none is deleted. Runs that started after the
    backup are restored from their directories. All other pending jobs are held, because they may have run after the
    backup: release the ones that should run. The numbers of new jobs continue after the highest one.
    """
    paths = Paths.from_environment()
    if name is None:
        _print_list(paths, as_json=as_json)
        return
    if not as_json and not yes and not confirm(f"Replace the store with the backup {printable(name)}?"):
        sys.exit(1)
    done = restore_backup(paths, name)
    if as_json:
        print_json(
            {
                "backup": None if done.backup is None else done.backup.name,
                "aside": done.aside or None,
                "held": list(done.held),
                "followed": list(done.followed),
            }
        )
        return
    if done.backup is not None:
        click.echo(f"{done.backup.name} of {done.backup.at.astimezone():%Y-%m-%d %H:%M} is restored.")
    if done.aside:
        click.echo(f"The old files are in {printable(done.aside)}.")
    if done.held:
        click.echo(
            f"{len(done.held):,} pending jobs are held, because they may have run after the backup. Release the ones"
            " that should run."
        )


def _print_list(paths: Paths, *, as_json: bool) -> None:
    found = backups(paths)
    if as_json:
        print_json([{"name": each.name, "at": iso(each.at), "bytes": each.size, "jobs": each.jobs} for each in found])
    elif not found:
        click.echo("There are no backups yet. A scheduler makes one a day.")
    else:
        rows = [
            (
                each.name.removesuffix(".db"),
                f"{each.at.astimezone():%Y-%m-%d %H:%M:%S}",
                size_text(each.size),
                "damaged" if each.jobs is None else f"{each.jobs:,}",
            )
            for each in found
        ]
        print_columns(("NAME", "MADE", "BYTES", "JOBS"), rows)


COMMANDS = {"restore": restore}
