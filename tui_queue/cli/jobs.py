"""The commands that act on given jobs: cancel, retry, hold and others."""

from collections.abc import Awaitable, Callable, Sequence

import click

from tui_queue.cli.command import run, use_queue
from tui_queue.cli.completion_types import batches, jobs
from tui_queue.cli.job_ids import select
from tui_queue.cli.json_output import json_option, print_jobs
from tui_queue.cli.options import capture_option
from tui_queue.core.commands.jobs import JobCommands
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.queue import Move
from tui_queue.core.parsing.fields import signal_number

Act = Callable[[JobCommands, list[int]], Awaitable[Sequence[Job]]]
Everyone = Callable[[JobCommands], Awaitable[list[int]]]

_ENDED = tuple(state for state in State if state.ended)
# The verb, what --all means for it, to jobs of which states it applies, and what it does.
_VERBS: dict[str, tuple[Act, Everyone, tuple[State, ...], str]] = {
    "cancel": (
        JobCommands.cancel,
        lambda jobs: jobs.in_state(State.PENDING, State.RUNNING),
        (State.PENDING, State.RUNNING),
        "Take pending jobs out of the queue, end running ones with every process they have started, and what ended ones"
        " have left running.",
    ),
    "retry": (
        JobCommands.retry,
        lambda jobs: jobs.in_state(State.FAILED, State.CANCELLED),
        _ENDED,
        "Put ended jobs into the queue again; start those now that wait for their next attempt.",
    ),
    "remove": (
        JobCommands.remove,
        JobCommands.removable,
        _ENDED,
        "Forget ended jobs and their logs.",
    ),
    "hold": (
        JobCommands.hold,
        lambda jobs: jobs.in_state(State.PENDING, held=False),
        (State.PENDING,),
        "Keep pending jobs from starting until they are released.",
    ),
    "release": (
        JobCommands.release,
        lambda jobs: jobs.in_state(State.PENDING, held=True),
        (State.PENDING,),
        "Let held jobs start.",
    ),
    "pause": (
        JobCommands.pause,
        lambda jobs: jobs.in_state(State.RUNNING, paused=False),
        (State.RUNNING,),
        "Stop every process of running jobs where it is; they keep their slots.",
    ),
    "resume": (
        JobCommands.resume,
        lambda jobs: jobs.in_state(State.RUNNING, paused=True),
        (State.RUNNING,),
        "Let paused jobs go on.",
    ),
    "top": (
        lambda jobs, ids: jobs.move(ids, Move.TOP),
        lambda jobs: jobs.in_state(State.PENDING),
        (State.PENDING,),
        "Put pending jobs at the top of their queue.",
    ),
}


def _command(name: str, act: Act, everyone: Everyone, states: tuple[State, ...], text: str) -> click.Command:
    @click.command(name=name, help=f"{text}\n\nExample: tui-queue {name} 12 14-16")
    @click.option("--batch", metavar="NAME", help="All jobs of this batch.", shell_complete=batches)
    @click.option("--all", "everything", is_flag=True, help="All jobs that this applies to.")
    @json_option
    @click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(*states))
    def command(
        ids: tuple[str, ...], batch: str | None, everything: bool, as_json: bool, capture_env: bool = False
    ) -> None:
        async def work() -> None:
            async with use_queue() as queue:
                if not everything:
                    numbers = await select(queue.commands, ids, batch)
                elif ids or batch:
                    raise BadInputError("ids", "Either --all or some jobs.")
                else:
                    numbers = await everyone(queue.commands.jobs)
                if capture_env:
                    acted_on: Sequence[Job] = await queue.commands.jobs.retry(numbers, capture_env=True)
                else:
                    acted_on = await act(queue.commands.jobs, numbers)
                if as_json:
                    print_jobs(acted_on, queue.commands.jobs.log_path)

        run(work())

    return command


@click.command()
@click.option("--up", "where", flag_value="up", help="One place up.")
@click.option("--down", "where", flag_value="down", help="One place down.")
@click.option("--top", "where", flag_value="top", help="Before all others.")
@click.option("--bottom", "where", flag_value="bottom", help="Behind all others.")
@click.option("--before", metavar="ID", help="Before this job.", shell_complete=jobs(State.PENDING))
@json_option
@click.argument("ids", nargs=-1, required=True, metavar="ID...", shell_complete=jobs(State.PENDING))
def move(ids: tuple[str, ...], where: str | None, before: str | None, as_json: bool) -> None:
    """Give pending jobs another place in their queue; they take the priority that is there.

    Example: tui-queue move --before 12 15
    """
    if bool(where) == bool(before):
        raise BadInputError("move", "Where to? One of --up, --down, --top, --bottom, --before ID.")

    async def work() -> None:
        async with use_queue() as queue:
            numbers = await select(queue.commands, ids)
            other = None if before is None else (await queue.commands.jobs.get(before)).id
            moved = await queue.commands.jobs.move(numbers, Move(where or "before"), other)
            if as_json:
                print_jobs(moved, queue.commands.jobs.log_path)

    run(work())


@click.command()
@click.option("--everybody", is_flag=True, help="Every process of the job, not only its first one.")
@json_option
@click.argument("name", metavar="SIGNAL")
@click.argument("ids", nargs=-1, required=True, metavar="ID...", shell_complete=jobs(State.RUNNING))
def signal(name: str, ids: tuple[str, ...], everybody: bool, as_json: bool) -> None:
    """Send a signal to running jobs, and to all that ended ones have left running.

    Example: tui-queue signal USR1 12
    """

    async def work() -> None:
        number = signal_number("signal", name)
        async with use_queue() as queue:
            numbers = await select(queue.commands, ids)
            reached = await queue.commands.jobs.signal(numbers, number, everybody=everybody)
            if as_json:
                print_jobs(reached, queue.commands.jobs.log_path)

    run(work())


COMMANDS = {name: _command(name, *verb) for name, verb in _VERBS.items()} | {"move": move, "signal": signal}
capture_option(COMMANDS["retry"])
