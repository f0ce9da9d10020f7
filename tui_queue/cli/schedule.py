"""The commands for schedules: rules that make jobs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import click
from msgspec.structs import replace

from tui_queue.cli.add import JOB_WORDS
from tui_queue.cli.command import confirm, run, use_queue
from tui_queue.cli.completion_types import files, schedules
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


@click.group()
def schedule() -> None:
    """Schedules: jobs that come again, by an interval or a cron line."""


def _words(kind: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([each.value for each in kind])


def _rule_options(command: Callable[..., None]) -> Callable[..., None]:
    for names, settings in (
        (("--every",), {"metavar": "D", "help": "Each 15m, 2h30m, 3d."}),
        (("--cron",), {"metavar": "LINE", "help": "At the times of a cron line: '0 6 * * mon-fri', '@daily'."}),
        (("--zone",), {"metavar": "ZONE", "help": "Time zone of the cron line; default: yours."}),
        (
            ("--missed",),
            {
                "type": click.Choice([each.value for each in Missed]),
                "help": "Times when nothing scheduled; default: once.",
            },
        ),
        (
            ("--overlap",),
            {
                "type": click.Choice([each.value for each in Overlap]),
                "help": "While one runs still; default: queue, one waits.",
            },
        ),
        (("--yes", "-y"), {"is_flag": True, "default": False, "help": "Do not ask."}),
    ):
        command = click.option(*names, **{"default": None, **settings})(command)  # type: ignore[arg-type]
    return command


@schedule.command(context_settings=JOB_WORDS, cls=JobCommand)
@_rule_options
@job_options
@json_option
@click.argument("called", metavar="NAME")
@click.argument("path", shell_complete=files)
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...", shell_complete=files)
def add(called: str, path: str, args: tuple[str, ...], as_json: bool, **values: Any) -> None:
    """Make a schedule; its next times are shown first. All options stand before PATH.

    Example: tui-queue schedule add --cron '0 6 * * mon-fri' report jobs/report.sh
    """
    fields = given(values)
    if not title("name", called):
        raise BadInputError("name", "The schedule needs a name.")
    if bool(values["every"]) == bool(values["cron"]):
        raise BadInputError("rule", "When? One of --every 15m and --cron '0 6 * * *'.")

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


@schedule.command(context_settings=JOB_WORDS, cls=JobCommand)
@_rule_options
@job_options
@click.option("--path", metavar="PATH", help="Another script or program.", shell_complete=files)
@click.option("--rename", metavar="NAME", help="Another name for the schedule.")
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
    """Change a schedule: what is given is replaced, words behind NAME are its jobs' new parameters.

    Options stand before NAME or right behind it; `--` ends them.

    Example: tui-queue schedule edit report --cron '30 6 * * *'
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


@schedule.command(name="list")
@json_option
def list_schedules(as_json: bool) -> None:
    """List the schedules.

    Example: tui-queue schedule list
    """

    async def work() -> None:
        async with use_queue() as queue:
            found = await queue.commands.schedules.all()
            if as_json:
                print_json([schedule_object(each) for each in found])
            else:
                print_schedules(found)

    run(work())


def _simple(name: str, text: str, act: Callable[[Commands, str], Awaitable[Job | Schedule | None]]) -> None:
    @schedule.command(name=name, help=f"{text}\n\nExample: tui-queue schedule {name} report")
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


_simple("pause", "Make no more jobs of a schedule until it is resumed.", _pause)
_simple("resume", "Make jobs of a schedule again, from its next time on.", _resume)
_simple("run", "Make a job of a schedule now; prints its number.", lambda commands, name: commands.schedules.run(name))
_simple(
    "remove",
    "Remove a schedule; the jobs that it has made stay.",
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
