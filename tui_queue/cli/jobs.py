"""The commands that act on given jobs, or on a set of jobs: cancel, retry, hold and others."""

from collections.abc import Awaitable, Callable
from typing import Any

import click

from tui_queue.cli.command import examples, run, use_queue
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
# The verb, to jobs of which states it applies, what it does, and examples.
_VERBS: dict[str, tuple[Verb, tuple[State, ...], str, tuple[str, ...]]] = {
    "cancel": (
        Verb.CANCEL,
        (State.PENDING, State.RUNNING),
        "Cancel jobs. A pending job leaves the queue. A running job is ended with all its processes. Processes that an"
        " ended job has left running are ended too.",
        ("cancel 12 14-16", "cancel --batch nightly", "cancel --where 'state:running queue:default'"),
    ),
    "retry": (
        Verb.RETRY,
        _ENDED,
        "Put ended jobs into the queue again. A job that waits for its next attempt starts now. With --all the command"
        " acts on all failed and cancelled jobs, except those that were held when they were cancelled.",
        ("retry 12", "retry --failed", "retry --batch nightly --dry-run"),
    ),
    "start": (
        Verb.START,
        (State.PENDING, State.RUNNING),
        "Start pending jobs now, even when no slot is free, the queue is paused or closed, or their time has not come."
        " The jobs still wait for their dependencies and resources. A paused job continues.",
        ("start 12", "start --where 'queue:default state:pending' --dry-run"),
    ),
    "hold": (
        Verb.HOLD,
        (State.PENDING,),
        "Keep pending jobs from starting until you release them.",
        ("hold 12", "hold --batch nightly"),
    ),
    "release": (
        Verb.RELEASE,
        (State.PENDING,),
        "Let held jobs start.",
        ("release 12", "release --all"),
    ),
    "pause": (
        Verb.PAUSE,
        (State.RUNNING,),
        "Pause running jobs: all their processes are stopped. The jobs keep their slots.",
        ("pause 12", "pause --where 'queue:default state:running'"),
    ),
    "resume": (Verb.RESUME, (State.RUNNING,), "Continue paused jobs.", ("resume 12", "resume --all")),
    "top": (
        Verb.MOVE,
        (State.PENDING,),
        "Put pending jobs at the top of their queue, as `move --top` does.",
        ("top 12", "top 14-16"),
    ),
}
_NOT_ALL = (
    "--all would start every pending job at the same moment. Use `release --all` or `resume --all`, which respect the"
    " slots. To start all the same, give --where 'state:pending'."
)
_FAILED = click.option(
    "--failed", is_flag=True, help="Act on failed jobs only. Without --batch or --where, act on all failed jobs."
)


def _command(name: str, verb: Verb, states: tuple[State, ...], text: str, lines: tuple[str, ...]) -> click.Command:
    @click.command(name=name, help=text, epilog=examples(*lines))
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

    run(work(), waits=False)


@click.command(epilog=examples("move --before 12 15", "move --top 15", "move --down 12"))
@click.option("--up", "where_to", flag_value="up", help="Move each job one place up.")
@click.option("--down", "where_to", flag_value="down", help="Move each job one place down.")
@click.option("--top", "where_to", flag_value="top", help="Move the jobs before all others.")
@click.option("--bottom", "where_to", flag_value="bottom", help="Move the jobs behind all others.")
@click.option(
    "--before",
    metavar="ID",
    help="Move the jobs before this job. No default: one place must be given.",
    shell_complete=jobs(State.PENDING),
)
@set_options
@dry_run_option
@json_option
@click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(State.PENDING))
def move(
    ids: tuple[str, ...], where_to: str | None, before: str | None, dry_run: bool, as_json: bool, **which: Any
) -> None:
    """Move pending jobs to another place in their queue. The jobs take the priority of that place."""
    if bool(where_to) == bool(before):
        raise BadInputError(
            "move", "The new place must be given once; give one of --up, --down, --top, --bottom, --before ID."
        )

    async def work() -> None:
        async with use_queue() as queue:
            chosen = await selection(queue.commands, ids, **which)
            other = None if before is None else (await one(queue.commands, before)).id
            verbs = queue.commands.jobs.verbs
            moving = verbs.plan(Verb.MOVE, chosen) if dry_run else verbs.move(chosen, Move(where_to or "before"), other)
            done = await moving
            say(done, Verb.MOVE, queue.commands.jobs, counted=chosen.is_set, dry_run=dry_run, as_json=as_json)

    run(work(), waits=False)


@click.command(epilog=examples("signal USR1 12", "signal --everybody HUP 12", "signal CONT --batch nightly"))
@click.option("--everybody", is_flag=True, help="Signal every process of the job. Default: only the first one.")
@set_options
@dry_run_option
@json_option
@click.argument("name", metavar="SIGNAL")
@click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(State.RUNNING))
def signal(name: str, ids: tuple[str, ...], everybody: bool, dry_run: bool, as_json: bool, **which: Any) -> None:
    """Send a signal to running jobs, and to the processes that ended jobs have left running."""
    number = signal_number("signal", name)

    async def act(verbs: JobVerbs, chosen: Selection) -> Done:
        return await verbs.signal(chosen, number, everybody=everybody)

    do(Verb.SIGNAL, ids, act, dry_run=dry_run, as_json=as_json, **which)


COMMANDS = {name: _command(name, *verb) for name, verb in _VERBS.items()} | {"move": move, "signal": signal}
COMMANDS["retry"] = capture_option(_FAILED(COMMANDS["retry"]))
