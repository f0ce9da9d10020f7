"""The commands for queues and for the limit that they share."""

from typing import TYPE_CHECKING, Any

import click

from tui_queue.cli.command import run, use_queue
from tui_queue.cli.completion_types import queues
from tui_queue.cli.json_output import json_option, print_json, queue_object, queue_objects
from tui_queue.cli.tables import print_queues
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.queue import OnFailure, Queue
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.queues import queue_with, slots_of

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


@click.group()
def queue() -> None:
    """Queues: named lanes, each with its own slots."""


def _settings(command: Any) -> Any:
    for names, settings in (
        (("--slots",), {"metavar": "N", "help": "How many of its jobs run at a time; default: as the settings say."}),
        (("--hours",), {"metavar": "HOURS", "help": "When it starts jobs: 'mon-fri 22:00-06:00, sat-sun'; '' always."}),
        (("--zone",), {"metavar": "ZONE", "help": "Time zone of its hours; default: yours."}),
        (("--pause-outside/--no-pause-outside",), {"help": "Outside of its hours stop what runs."}),
        (("--on-lost", "lost"), {"metavar": "DO", "help": "After a reboot or a lost watcher: leave, requeue or ask."}),
        (("--lost-age",), {"metavar": "D", "help": "But leave a job that had begun longer ago."}),
        (
            ("--on-failure",),
            {
                "type": click.Choice([each.value for each in OnFailure]),
                "help": "When a job has failed and is not tried again; default: continue.",
            },
        ),
        (
            ("--leftovers",),
            {
                "metavar": "DO",
                "help": "Processes that a job leaves running: keep, wait or kill; '' as the settings say.",
            },
        ),
    ):
        command = click.option(*names, **{"default": None, **settings})(command)  # type: ignore[arg-type]
    return command


@queue.command(name="list")
@json_option
def list_queues(as_json: bool) -> None:
    """List the queues.

    Example: tui-queue queue list
    """

    async def work() -> None:
        async with use_queue() as opened:
            overview = await opened.commands.reports.overview(ended=0)
            found = queue_objects(overview)
            if as_json:
                print_json(found)
            else:
                print_queues(found, overview.limit)

    run(work())


@queue.command()
@json_option
@click.argument("name")
@_settings
def add(name: str, as_json: bool, **values: Any) -> None:
    """Make a queue.

    Example: tui-queue queue add gpu --slots 1
    """
    if not title("queue", name):
        raise BadInputError("queue", "The queue needs a name.")

    async def work() -> None:
        async with use_queue(create=True) as opened:
            _say(opened, await opened.commands.queues.add(queue_with(Queue(name=name), **values)), as_json=as_json)

    run(work())


@queue.command(name="set")
@json_option
@click.argument("name", shell_complete=queues)
@_settings
def change(name: str, as_json: bool, **values: Any) -> None:
    """Change a queue; it counts at once.

    Example: tui-queue queue set default --slots 5
    """
    if all(value is None for value in values.values()):
        raise BadInputError("queue", "Nothing to change; see `tui-queue queue set --help`.")

    async def work() -> None:
        async with use_queue(create=True) as opened:
            changed = await opened.commands.queues.set(queue_with(await opened.commands.queues.get(name), **values))
            _say(opened, changed, as_json=as_json)

    run(work())


@queue.command()
@click.option("--running", is_flag=True, help="Stop what runs in it too.")
@json_option
@click.argument("name", shell_complete=queues)
def pause(name: str, running: bool, as_json: bool) -> None:
    """Start no more jobs of a queue.

    Example: tui-queue queue pause gpu
    """
    run(_set_paused(name, paused=True, running=running, as_json=as_json))


@queue.command()
@click.option("--running", is_flag=True, help="Let all of its paused jobs go on, also those paused singly.")
@json_option
@click.argument("name", shell_complete=queues)
def resume(name: str, running: bool, as_json: bool) -> None:
    """Start jobs of a queue again; what was paused with it goes on.

    Example: tui-queue queue resume gpu
    """
    run(_set_paused(name, paused=False, running=running, as_json=as_json))


@queue.command()
@json_option
@click.argument("name", shell_complete=queues)
def remove(name: str, as_json: bool) -> None:
    """Remove a queue that no job is in.

    Example: tui-queue queue remove gpu
    """

    async def work() -> None:
        async with use_queue() as opened:
            await opened.commands.queues.remove(name)
            if as_json:
                print_json({"name": name, "removed": True})

    run(work())


@queue.command()
@json_option
@click.argument("slots", metavar="N|none")
def limit(slots: str, as_json: bool) -> None:
    """Let at most N jobs run in all queues together.

    Example: tui-queue queue limit 8
    """
    most = slots_of(slots)

    async def work() -> None:
        async with use_queue(create=True) as opened:
            await opened.commands.queues.set_limit(most)
            if as_json:
                print_json({"limit": most})

    run(work())


def _say(opened: "OpenQueue", changed: Queue, *, as_json: bool) -> None:
    if as_json:
        print_json(queue_object(changed, opened.settings.slots))


async def _set_paused(name: str, *, paused: bool, running: bool, as_json: bool) -> None:
    async with use_queue(create=True) as opened:
        set_paused = opened.commands.queues.pause if paused else opened.commands.queues.resume
        _say(opened, await set_paused(name, running=running), as_json=as_json)


COMMANDS = {"queue": queue}
