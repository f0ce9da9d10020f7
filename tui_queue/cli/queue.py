"""The commands for queues and for the limit that they share."""

from typing import TYPE_CHECKING, Any

import click

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import queues
from tui_queue.cli.family import Family
from tui_queue.cli.json_output import json_option, print_json, queue_object, queue_objects
from tui_queue.cli.tables import print_queues
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.queue import OnFailure, Queue
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.queues import queue_with, slots_of

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


@click.group(
    cls=Family, aliases={"set": "edit"}, epilog=examples("queue add gpu --slots 1", "queue edit default --slots 5")
)
def queue() -> None:
    """List and change queues. A queue has a name, and slots: how many of its jobs run at a time."""


def _settings(command: Any) -> Any:
    for names, settings in (
        (
            ("--slots",),
            {"metavar": "N", "help": "Run this many jobs of the queue at a time. Default: the setting slots."},
        ),
        (
            ("--hours",),
            {"metavar": "HOURS", "help": "Start jobs at these hours: 'mon-fri 22:00-06:00, sat-sun'. Default: always."},
        ),
        (("--zone",), {"metavar": "ZONE", "help": "Time zone of --hours. Default: that of this machine."}),
        (
            ("--pause-outside/--no-pause-outside",),
            {"help": "Pause running jobs outside of --hours. Default: let them run."},
        ),
        (
            ("--on-lost", "lost"),
            {
                "metavar": "[leave|requeue|ask]",
                "help": "What to do with a job after a reboot or a lost watcher. Default: leave, which fails the job.",
            },
        ),
        (
            ("--lost-age",),
            {
                "metavar": "DURATION",
                "help": "Apply --on-lost only to runs that started within this time. Default: to all.",
            },
        ),
        (
            ("--on-failure",),
            {
                "type": click.Choice([each.value for each in OnFailure]),
                "help": "What the queue does when a job has failed and no attempt is left. Default: continue.",
            },
        ),
        (
            ("--leftovers",),
            {
                "metavar": "[keep|wait|kill]",
                "help": "What to do with processes that a job leaves running. Default: the setting leftovers.",
            },
        ),
    ):
        command = click.option(*names, **{"default": None, **settings})(command)  # type: ignore[arg-type]
    return command


@queue.command(name="list", epilog=examples("queue list", "queue list --json"))
@json_option
def list_queues(as_json: bool) -> None:
    """List the queues with their slots, jobs and hours."""

    async def work() -> None:
        async with use_queue() as opened:
            overview = await opened.commands.reports.overview(ended=0)
            found = queue_objects(overview)
            if as_json:
                print_json(found)
            else:
                print_queues(found, overview.limit)

    run(work(), waits=False)


@queue.command(
    epilog=examples("queue add gpu --slots 1", "queue add night --hours 'mon-fri 22:00-06:00' --pause-outside")
)
@json_option
@click.argument("name")
@_settings
def add(name: str, as_json: bool, **values: Any) -> None:
    """Add a queue."""
    if not title("queue", name):
        raise BadInputError("queue", "The name of the queue is empty; give one.")

    async def work() -> None:
        async with use_queue(create=True) as opened:
            _say(opened, await opened.commands.queues.add(queue_with(Queue(name=name), **values)), as_json=as_json)

    run(work(), waits=False)


@queue.command(name="edit", epilog=examples("queue edit default --slots 5", "queue edit default --hours ''"))
@json_option
@click.argument("name", shell_complete=queues)
@_settings
def change(name: str, as_json: bool, **values: Any) -> None:
    """Change a queue. Options that are not given stay as they are. The change takes effect at once.

    An empty value, such as --hours '', restores the default. `queue set` is the same command.
    """
    if all(value is None for value in values.values()):
        raise BadInputError("queue", "Nothing to change; see `tui-queue queue edit --help`.")

    async def work() -> None:
        async with use_queue(create=True) as opened:
            changed = await opened.commands.queues.set(queue_with(await opened.commands.queues.get(name), **values))
            _say(opened, changed, as_json=as_json)

    run(work(), waits=False)


@queue.command(epilog=examples("queue pause default", "queue pause default --running"))
@click.option("--running", is_flag=True, help="Pause the running jobs of the queue too.")
@json_option
@click.argument("name", shell_complete=queues)
def pause(name: str, running: bool, as_json: bool) -> None:
    """Pause a queue: no more of its jobs start. Running jobs continue, unless --running is given."""
    run(_set_paused(name, paused=True, running=running, as_json=as_json), waits=False)


@queue.command(epilog=examples("queue resume default", "queue resume default --running"))
@click.option("--running", is_flag=True, help="Continue all paused jobs of the queue, even those paused one by one.")
@json_option
@click.argument("name", shell_complete=queues)
def resume(name: str, running: bool, as_json: bool) -> None:
    """Let the pending jobs of a queue start, and continue the jobs that were paused with it."""
    run(_set_paused(name, paused=False, running=running, as_json=as_json), waits=False)


@queue.command(epilog=examples("queue remove spare", "queue remove spare --json"))
@json_option
@click.argument("name", shell_complete=queues)
def remove(name: str, as_json: bool) -> None:
    """Remove a queue. It must be empty."""

    async def work() -> None:
        async with use_queue() as opened:
            await opened.commands.queues.remove(name)
            if as_json:
                print_json({"name": name, "removed": True})

    run(work(), waits=False)


@queue.command(epilog=examples("queue limit 8", "queue limit none"))
@json_option
@click.argument("slots", metavar="N|none")
def limit(slots: str, as_json: bool) -> None:
    """Limit how many jobs run at a time in all queues together. With none there is no limit, which is the default."""
    most = slots_of(slots)

    async def work() -> None:
        async with use_queue(create=True) as opened:
            await opened.commands.queues.set_limit(most)
            if as_json:
                print_json({"limit": most})

    run(work(), waits=False)


def _say(opened: "OpenQueue", changed: Queue, *, as_json: bool) -> None:
    if as_json:
        print_json(queue_object(changed, opened.settings.slots))


async def _set_paused(name: str, *, paused: bool, running: bool, as_json: bool) -> None:
    async with use_queue(create=True) as opened:
        set_paused = opened.commands.queues.pause if paused else opened.commands.queues.resume
        _say(opened, await set_paused(name, running=running), as_json=as_json)


COMMANDS = {"queue": queue}
