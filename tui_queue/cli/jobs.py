"""The commands that act on given jobs, or on a set of jobs: cancel, retry, hold and others."""

from collections.abc import Awaitable, Callable
from typing import Any

import click

from tui_queue.cli.command import run, use_queue
from tui_queue.cli.completion_types import jobs
from tui_queue.cli.job_ids import one, selection, set_options
from tui_queue.cli.json_output import json_option
from tui_queue.cli.options import capture_option
from tui_queue.cli.outcome import dry_run_option, say
from tui_queue.core.commands.job_verbs import JobVerbs
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import State
from tui_queue.core.model.queue import Move
from tui_queue.core.model.selection import Done, Selection, Verb
from tui_queue.core.parsing.fields import signal_number

_ENDED = tuple(state for state in State if state.ended)
# The verb, to jobs of which states it applies, and what it does.
_VERBS: dict[str, tuple[Verb, tuple[State, ...], str]] = {
    "cancel": (
        Verb.CANCEL,
        (State.PENDING, State.RUNNING),
        "Take pending jobs out of the queue, end running ones with every process they have started, and what ended ones"
        " have left running.",
    ),
    "retry": (
        Verb.RETRY,
        _ENDED,
        "Put ended jobs into the queue again; start those now that wait for their next attempt. With --all those that "
        "have failed or were cancelled, but for those that were held then.",
    ),
    "start": (
        Verb.START,
        (State.PENDING, State.RUNNING),
        "Start pending jobs now: beyond the slots, in a paused or closed queue, before their time or next attempt. "
        "They still wait for the jobs that they come after, and for resources. A paused job goes on.",
    ),
    "hold": (Verb.HOLD, (State.PENDING,), "Keep pending jobs from starting until they are released."),
    "release": (Verb.RELEASE, (State.PENDING,), "Let held jobs start."),
    "pause": (
        Verb.PAUSE,
        (State.RUNNING,),
        "Stop every process of running jobs where it is; they keep their slots.",
    ),
    "resume": (Verb.RESUME, (State.RUNNING,), "Let paused jobs go on."),
    "top": (Verb.MOVE, (State.PENDING,), "Put pending jobs at the top of their queue."),
}
_NOT_ALL = (
    "start --all would start every pending job at the same moment. `release --all` and `resume --all` keep to the "
    "slots; --where 'state:pending' means it."
)
_FAILED = click.option("--failed", is_flag=True, help="Only jobs that have failed; alone all of them.")


def _command(name: str, verb: Verb, states: tuple[State, ...], text: str) -> click.Command:
    @click.command(name=name, help=f"{text}\n\nExample: tui-queue {name} 12 14-16")
    @set_options
    @dry_run_option
    @json_option
    @click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(*states))
    def command(ids: tuple[str, ...], dry_run: bool, as_json: bool, capture_env: bool = False, **which: Any) -> None:
        if verb is Verb.START and which["everything"] and which["where"] is None and which["batch"] is None:
            raise BadInputError("all", _NOT_ALL)

        async def act(verbs: JobVerbs, chosen: Selection) -> Done:
            if verb is Verb.MOVE:
                return await verbs.move(chosen, Move.TOP)
            return await (verbs.retry_here(chosen) if capture_env else verbs.act(verb, chosen))

        do(verb, ids, act, dry_run=dry_run, as_json=as_json, **which)

    return command


def do(
    verb: Verb,
    ids: tuple[str, ...],
    act: Callable[[JobVerbs, Selection], Awaitable[Done]],
    *,
    dry_run: bool,
    as_json: bool,
    **which: Any,
) -> None:
    """Do a verb to the jobs that a command names; or only show them."""

    async def work() -> None:
        async with use_queue() as queue:
            chosen = await selection(queue.commands, ids, **which)
            verbs = queue.commands.jobs.verbs
            done = await (verbs.plan(verb, chosen) if dry_run else act(verbs, chosen))
            say(done, verb, queue.commands.jobs, counted=chosen.is_set, dry_run=dry_run, as_json=as_json)

    run(work())


@click.command()
@click.option("--up", "where_to", flag_value="up", help="One place up.")
@click.option("--down", "where_to", flag_value="down", help="One place down.")
@click.option("--top", "where_to", flag_value="top", help="Before all others.")
@click.option("--bottom", "where_to", flag_value="bottom", help="Behind all others.")
@click.option("--before", metavar="ID", help="Before this job.", shell_complete=jobs(State.PENDING))
@set_options
@dry_run_option
@json_option
@click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(State.PENDING))
def move(
    ids: tuple[str, ...], where_to: str | None, before: str | None, dry_run: bool, as_json: bool, **which: Any
) -> None:
    """Give pending jobs another place in their queue; they take the priority that is there.

    Example: tui-queue move --before 12 15
    """
    if bool(where_to) == bool(before):
        raise BadInputError("move", "Where to? One of --up, --down, --top, --bottom, --before ID.")

    async def work() -> None:
        async with use_queue() as queue:
            chosen = await selection(queue.commands, ids, **which)
            other = None if before is None else (await one(queue.commands, before)).id
            verbs = queue.commands.jobs.verbs
            moving = verbs.plan(Verb.MOVE, chosen) if dry_run else verbs.move(chosen, Move(where_to or "before"), other)
            done = await moving
            say(done, Verb.MOVE, queue.commands.jobs, counted=chosen.is_set, dry_run=dry_run, as_json=as_json)

    run(work())


@click.command()
@click.option("--everybody", is_flag=True, help="Every process of the job, not only its first one.")
@set_options
@dry_run_option
@json_option
@click.argument("name", metavar="SIGNAL")
@click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(State.RUNNING))
def signal(name: str, ids: tuple[str, ...], everybody: bool, dry_run: bool, as_json: bool, **which: Any) -> None:
    """Send a signal to running jobs, and to all that ended ones have left running.

    Example: tui-queue signal USR1 12
    """
    number = signal_number("signal", name)

    async def act(verbs: JobVerbs, chosen: Selection) -> Done:
        return await verbs.signal(chosen, number, everybody=everybody)

    do(Verb.SIGNAL, ids, act, dry_run=dry_run, as_json=as_json, **which)


COMMANDS = {name: _command(name, *verb) for name, verb in _VERBS.items()} | {"move": move, "signal": signal}
COMMANDS["retry"] = capture_option(_FAILED(COMMANDS["retry"]))
