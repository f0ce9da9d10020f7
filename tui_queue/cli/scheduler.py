"""The commands for the scheduler: who it is, stop and restart of the one in the background."""

from typing import TYPE_CHECKING

import click

from tui_queue import __version__
from tui_queue.cli.command import examples, refuse_elsewhere, run, say_elsewhere, use_queue
from tui_queue.cli.json_output import Object, iso, json_option, print_json
from tui_queue.cli.tables import print_pairs
from tui_queue.core.errors import WrongStateError
from tui_queue.core.model.job import State
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


@click.group()
def scheduler() -> None:
    """The scheduler: the process that starts jobs. What runs goes on without it."""


@scheduler.command(epilog=examples("scheduler status", "scheduler status --json"))
@json_option
def status(as_json: bool) -> None:
    """Tell who schedules: the process, its host, its version, since when."""

    async def work() -> None:
        async with use_queue() as queue:
            say_elsewhere(queue)
            found = await _found(queue)
            if as_json:
                print_json(found)
            else:
                print_pairs(_lines(found))

    run(work())


@scheduler.command(epilog=examples("scheduler stop", "scheduler stop --json"))
@json_option
def stop(as_json: bool) -> None:
    """Stop the scheduler in the background; running jobs go on.

    The next command that adds or starts a job starts it again, and so does an open dashboard when it is left. To keep
    jobs from starting pause their queue.
    """

    async def work() -> None:
        async with use_queue() as queue:
            refuse_elsewhere(queue)
            stopped = await queue.commands.scheduler.stop()
            found = await _found(queue)
            if as_json:
                print_json({"stopped": stopped, **found})
                return
            click.echo("No scheduler runs in the background." if stopped is None else f"Process {stopped} has ended.")
            _say_other(found)

    run(work())


@scheduler.command(epilog=examples("scheduler restart", "scheduler restart --json"))
@json_option
def restart(as_json: bool) -> None:
    """Stop the scheduler in the background and start it again, with the program as it is now; running jobs go on."""

    async def work() -> None:
        async with use_queue() as queue:
            refuse_elsewhere(queue)
            if not queue.settings.background:
                raise WrongStateError(
                    "background = false in the settings: no scheduler is started in the background; nothing was"
                    " changed. `tui-queue settings set background true` allows it."
                )
            stopped = await queue.commands.scheduler.stop()
            started = await queue.commands.scheduler.start() if await queue.commands.work_left() else None
            found = await _found(queue)
            if as_json:
                print_json({"stopped": stopped, "started": started, **found})
                return
            ended = "" if stopped is None else f"Process {stopped} has ended. "
            if started is None:
                click.echo(f"{ended}Nothing is pending or running: the next job that is added starts a scheduler.")
            else:
                click.echo(f"{ended}Process {started} has begun, version {__version__}.")
            _say_other(found)

    run(work())


async def _found(queue: "OpenQueue") -> Object:
    present = await queue.commands.scheduler.present()
    holder = present.holder
    return {
        "scheduler": None
        if holder is None
        else {
            "pid": holder.pid,
            "host": holder.host,
            "tty": holder.tty,
            "since": iso(holder.since),
            "version": present.version or None,
        },
        "background_pid": present.background or None,
        "version": __version__,
        "running": len(await queue.commands.jobs.in_state(State.RUNNING)),
    }


def _lines(found: Object) -> list[tuple[str, str]]:
    holder, background = found["scheduler"], found["background_pid"]
    if holder is None:
        return [("Scheduler", "none; pending jobs wait"), ("Running", _running(found))]
    where = printable(holder["tty"]) or "in the background"
    said = holder["version"]
    ours = "" if said == found["version"] else f"; this program is {found['version']}"
    version = f"{printable(said)}{ours}" if said else f"older than this program, {found['version']}"
    stands_by = background is not None and background != holder["pid"]
    return [
        ("Scheduler", f"process {holder['pid']} on {printable(holder['host'])}, {where}"),
        ("Since", str(holder["since"])),
        ("Version", version),
        *([("Background", f"process {background} stands by")] if stands_by else []),
        ("Running", _running(found)),
    ]


def _running(found: Object) -> str:
    return f"{found['running']:,} {'job' if found['running'] == 1 else 'jobs'}"


def _say_other(found: Object) -> None:
    """Say that another process schedules all the same: a dashboard, or `run`."""
    holder = found["scheduler"]
    if holder is not None and holder["pid"] != found["background_pid"]:
        where = f" on {printable(holder['tty'])}" if holder["tty"] else ""
        click.echo(f"Process {holder['pid']}{where} schedules in the foreground; leave it there to end that.")


COMMANDS = {"scheduler": scheduler}
