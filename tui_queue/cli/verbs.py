"""The commands that do one thing with the jobs they are given, or with none of them."""

from collections.abc import Awaitable, Callable

import click

from tui_queue.cli.job_words import run
from tui_queue.cli.open_queue import open_queue
from tui_queue.cli.selection import select
from tui_queue.core.commands import Commands
from tui_queue.core.errors import BadInputError
from tui_queue.core.models import State
from tui_queue.core.order import Move
from tui_queue.core.wishes import signal_number

Act = Callable[[Commands, list[int]], Awaitable[object]]

_ENDED = tuple(state for state in State if state.ended)
# The verb, what --all means for it, and what it does.
_VERBS: dict[str, tuple[Act, Callable[[Commands], Awaitable[list[int]]], str]] = {
    "cancel": (
        Commands.cancel,
        lambda commands: commands.in_state(State.PENDING, State.RUNNING),
        "Take pending jobs out of the queue, end running ones with every process they have started.",
    ),
    "retry": (
        Commands.retry,
        lambda commands: commands.in_state(State.FAILED, State.CANCELLED),
        "Put ended jobs into the queue again.",
    ),
    "remove": (Commands.remove, lambda commands: commands.in_state(*_ENDED), "Forget ended jobs and their logs."),
    "hold": (
        Commands.hold,
        lambda commands: commands.in_state(State.PENDING, held=False),
        "Keep pending jobs from starting until they are released.",
    ),
    "release": (Commands.release, lambda commands: commands.in_state(State.PENDING, held=True), "Let held jobs start."),
    "pause": (
        Commands.pause,
        lambda commands: commands.in_state(State.RUNNING, paused=False),
        "Stop every process of running jobs where it is; they keep their slots.",
    ),
    "resume": (
        Commands.resume,
        lambda commands: commands.in_state(State.RUNNING, paused=True),
        "Let paused jobs go on.",
    ),
    "top": (
        lambda commands, ids: commands.move(ids, Move.TOP),
        lambda commands: commands.in_state(State.PENDING),
        "Put pending jobs at the top of their queue.",
    ),
}


def verbs() -> list[click.Command]:
    """Return a command for each verb."""
    return [_command(name, *verb) for name, verb in _VERBS.items()]


def _command(name: str, act: Act, everyone: Callable[[Commands], Awaitable[list[int]]], text: str) -> click.Command:
    async def work(ids: tuple[str, ...], batch: str | None, everything: bool) -> None:
        async with open_queue() as queue:
            if everything:
                if ids or batch:
                    raise BadInputError("ids", "Either --all or some jobs.")
                await act(queue.commands, await everyone(queue.commands))
            else:
                await act(queue.commands, await select(queue.commands, ids, batch))

    @click.command(name=name, help=f"{text}\n\nExample: tui-queue {name} 12 14-16")
    @click.option("--batch", metavar="NAME", help="All jobs of this batch.")
    @click.option("--all", "everything", is_flag=True, help="All jobs that this applies to.")
    @click.argument("ids", nargs=-1, metavar="ID...")
    def command(ids: tuple[str, ...], batch: str | None, everything: bool) -> None:
        run(work(ids, batch, everything))

    return command


@click.command()
@click.option("--up", "where", flag_value="up", help="One place up.")
@click.option("--down", "where", flag_value="down", help="One place down.")
@click.option("--top", "where", flag_value="top", help="Before all others.")
@click.option("--bottom", "where", flag_value="bottom", help="Behind all others.")
@click.option("--before", metavar="ID", help="Before this job.")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def move(ids: tuple[str, ...], where: str | None, before: str | None) -> None:
    """Give pending jobs another place in their queue; they take the priority that is there.

    Example: tui-queue move --before 12 15
    """
    if bool(where) == bool(before):
        raise BadInputError("move", "Where to? One of --up, --down, --top, --bottom, --before ID.")

    async def work() -> None:
        async with open_queue() as queue:
            numbers = await select(queue.commands, ids)
            other = None if before is None else (await queue.commands.job(before)).id
            await queue.commands.move(numbers, Move(where or "before"), other)

    run(work())


@click.command()
@click.option("--everybody", is_flag=True, help="Every process of the job, not only its first one.")
@click.argument("name", metavar="SIGNAL")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def signal(name: str, ids: tuple[str, ...], everybody: bool) -> None:
    """Send a signal to running jobs.

    Example: tui-queue signal USR1 12
    """

    async def work() -> None:
        number = signal_number("signal", name)
        async with open_queue() as queue:
            await queue.commands.signal(await select(queue.commands, ids), number, everybody=everybody)

    run(work())
