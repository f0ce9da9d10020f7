"""The commands for schedules: rules that make jobs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import click
from msgspec.structs import replace

from tui_queue.cli.add import JOB_WORDS
from tui_queue.cli.command import confirm, examples, run, use_queue
from tui_queue.cli.completion_types import files, schedules
from tui_queue.cli.family import Family
from tui_queue.cli.job_words import JobCommand
from tui_queue.cli.json_output import job_object, json_option, print_json, schedule_object
from tui_queue.cli.new_drafts import script_options
from tui_queue.cli.options import capture_option, given, job_options
from tui_queue.cli.standard_input import with_standard_input
from tui_queue.cli.tables import print_schedules
from tui_queue.cli.variables import no_env_option, with_variables
from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import Job
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.job_draft import Fields, edited
from tui_queue.core.parsing.schedules import next_lines, schedule_with
from tui_queue.core.timing.recurrence import Missed, Overlap
from tui_queue.core.timing.timezones import local_zone


@click.group(
    cls=Family,
    aliases={"set": "edit"},
    epilog=examples(
        "schedule add --every 1h report jobs/countdown.py 1", "schedule pause report", "schedule run report"
    ),
)
def schedule() -> None:
    """List and change schedules. A schedule adds a job at each time of an interval or a cron line."""


def _words(kind: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([each.value for each in kind])


def _rule_options(command: Callable[..., None]) -> Callable[..., None]:
    for names, settings in (
        (("--every",), {"metavar": "DURATION", "help": "Add a job at this interval: 15m, 2h30m, 3d. Default: --cron."}),
        (
            ("--cron",),
            {
                "metavar": "CRON",
                "help": "Add a job at the times of a cron line: '0 6 * * mon-fri', '@daily'. Default: --every.",
            },
        ),
        (("--zone",), {"metavar": "ZONE", "help": "Time zone of --cron. Default: that of this machine."}),
        (
            ("--missed",),
            {
                "type": click.Choice([each.value for each in Missed]),
                "help": "Jobs to add for times at which no scheduler ran. Default: once, one job for all of them.",
            },
        ),
        (
            ("--overlap",),
            {
                "type": click.Choice([each.value for each in Overlap]),
                "help": "What to do while the last job has not ended. Default: queue, one more job waits.",
            },
        ),
        (("--yes", "-y"), {"is_flag": True, "default": False, "help": "Do not ask for confirmation."}),
    ):
        command = click.option(*names, **{"default": None, **settings})(command)  # type: ignore[arg-type]
    return command


@schedule.command(
    context_settings=JOB_WORDS,
    cls=JobCommand,
    epilog=examples(
        "schedule add --cron '0 6 * * mon-fri' morning jobs/countdown.py 5",
        "schedule add --every 2h --overlap skip --timeout 1h check jobs/countdown.py 5",
    ),
)
@_rule_options
@job_options
@json_option
@click.argument("called", metavar="NAME")
@click.argument("path", shell_complete=files)
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...", shell_complete=files)
def add(called: str, path: str, args: tuple[str, ...], as_json: bool, **values: Any) -> None:
    """Add a schedule that adds a job for PATH at each time. The command first shows the next times, and asks.

    All options stand before PATH.
    """
    fields = given(values)
    if not title("name", called):
        raise BadInputError("name", "The name of the schedule is empty; give one.")
    if bool(values["every"]) == bool(values["cron"]):
        raise BadInputError("rule", "A schedule needs one rule; give either --every 15m or --cron '0 6 * * *'.")

    async def work() -> None:
        async with use_queue(create=True) as queue:
            words = await with_standard_input(queue, {"name": called, **fields, "path": path, "args": args})
            scripts = await script_options(queue, words)
            (draft,) = scripts.drafts(words, array=False)
            for remark in scripts.remarks:
                click.echo(f"tui-queue: {remark}.", err=True)
            empty = Schedule(name=called, rule="", zone=local_zone().key, draft=draft, created_at=datetime.now(UTC))
            made = schedule_with(empty, **_rule_words(values))
            _show_next(made)
            if not values["yes"] and not confirm("Save this schedule?"):
                raise click.exceptions.Abort
            made = await queue.commands.schedules.add(made)
            if as_json:
                print_json(schedule_object(made))

    run(work())


@schedule.command(
    context_settings=JOB_WORDS,
    cls=JobCommand,
    epilog=examples("schedule edit report --cron '30 6 * * *'", "schedule edit report --timeout 30m --yes"),
)
@_rule_options
@job_options
@click.option(
    "--path", metavar="PATH", help="Run another script or program. Default: keep the path.", shell_complete=files
)
@click.option("--rename", metavar="NAME", help="New name of the schedule. Default: keep the name.")
@no_env_option
@capture_option
@json_option
@click.argument("called", metavar="NAME", shell_complete=schedules)
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...")
def edit(
    called: str,
    path: str | None,
    rename: str | None,
    args: tuple[str, ...],
    without_env: tuple[str, ...],
    capture_env: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Change a schedule. Options that are not given stay as they are. Words behind NAME replace the job's arguments.

    Options stand before NAME or right behind it; `--` ends them. `schedule set` is the same command.
    """
    fields = given(values)

    async def work() -> None:
        async with use_queue() as queue:
            old = await queue.commands.schedules.get(called)
            changes = with_variables(_changes(fields, path, args), old.draft, without_env)
            changes = await with_standard_input(queue, changes)
            new = schedule_with(old, name=rename, **_rule_words(values))
            new = replace(new, draft=edited(old.draft, changes) if changes else old.draft)
            if new == old and not capture_env:
                raise BadInputError("schedule", "Nothing to change; see `tui-queue schedule edit --help`.")
            _show_next(new)
            if not values["yes"] and not confirm("Save this schedule?"):
                raise click.exceptions.Abort
            new = await queue.commands.schedules.set(new, capture_env=capture_env)
            if as_json:
                print_json(schedule_object(new))

    run(work())


@schedule.command(name="list", epilog=examples("schedule list", "schedule list --json"))
@json_option
def list_schedules(as_json: bool) -> None:
    """List the schedules with their rules and next times."""

    async def work() -> None:
        async with use_queue() as queue:
            found = await queue.commands.schedules.all()
            if as_json:
                print_json([schedule_object(each) for each in found])
            else:
                print_schedules(found)

    run(work())


def _simple(name: str, text: str, act: Callable[[Commands, str], Awaitable[Job | Schedule | None]]) -> None:
    @schedule.command(
        name=name, help=text, epilog=examples(f"schedule {name} report", f"schedule {name} report --json")
    )
    @json_option
    @click.argument("called", metavar="NAME", shell_complete=schedules)
    def command(called: str, as_json: bool) -> None:
        async def work() -> None:
            async with use_queue() as queue:
                done = await act(queue.commands, called)
                if isinstance(done, Job):
                    if as_json:
                        print_json(job_object(done, queue.commands.jobs))
                    else:
                        click.echo(done.id)
                elif as_json:
                    print_json({"name": called, "removed": True} if done is None else schedule_object(done))

        run(work())


async def _pause(commands: Commands, name: str) -> Schedule:
    return await commands.schedules.set(replace(await commands.schedules.get(name), paused=True))


async def _resume(commands: Commands, name: str) -> Schedule:
    return await commands.schedules.set(replace(await commands.schedules.get(name), paused=False, said=""))


async def _remove(commands: Commands, name: str) -> None:
    await commands.schedules.remove(name)


_simple("pause", "Pause a schedule: it adds no jobs until you resume it.", _pause)
_simple("resume", "Resume a schedule: it adds jobs again from its next time on.", _resume)
_simple(
    "run", "Add a job of a schedule now, and print its number.", lambda commands, name: commands.schedules.run(name)
)
_simple(
    "remove",
    "Remove a schedule. The jobs that it has added stay.",
    _remove,
)


def _rule_words(values: dict[str, Any]) -> dict[str, Any]:
    rule = f"every {values['every'].strip()}" if values["every"] else values["cron"]
    return {"rule": rule, **{name: values[name] for name in ("zone", "missed", "overlap")}}


def _changes(fields: Fields, path: str | None, args: tuple[str, ...]) -> Fields:
    return fields | ({} if path is None else {"path": path}) | ({"args": args} if args else {})


def _show_next(schedule: Schedule) -> None:
    for line in next_lines(schedule):
        click.echo(line, err=True)


COMMANDS = {"schedule": schedule}
