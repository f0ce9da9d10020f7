"""The commands that describe jobs: add, edit, clone."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from tui_queue.cli.command import confirm, examples, run, use_queue
from tui_queue.cli.completion_types import files, jobs, templates
from tui_queue.cli.job_ids import numbered, one
from tui_queue.cli.job_words import STASHED, AddCommand, JobCommand
from tui_queue.cli.json_output import job_object, json_option, print_jobs, print_json
from tui_queue.cli.new_drafts import command_fields, new_drafts
from tui_queue.cli.options import capture_option, given, job_options
from tui_queue.cli.standard_input import with_standard_input
from tui_queue.cli.variables import no_env_option, variables, with_variables
from tui_queue.core.errors import BadInputError, StoreError
from tui_queue.core.model.job import NO_NUMBER, Job, JobDraft, State
from tui_queue.core.model.queue import Move, Place
from tui_queue.core.parsing.job_draft import MANY, Fields, edited

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

LATE = (
    "{host} runs this queue and has not answered within {seconds:.0f} s. The new jobs are stored on disk under the"
    " UUIDs that are printed. They start when a scheduler runs on {host}: type `tui-queue run --background` there,"
    " or `tui-queue run --take-over` here."
)
# Words behind the job's path belong to the job, even if they look like options.
JOB_WORDS = {"allow_interspersed_args": False}


@click.command(
    context_settings=JOB_WORDS,
    cls=AddCommand,
    epilog=examples(
        "add --name nightly --retries 2 jobs/countdown.py 10",
        "add --after 12 --timeout 2h --queue default jobs/countdown.py 5",
        "add --shell 'sort names.txt | uniq > unique.txt'",
    ),
)
@job_options
@click.option(*STASHED, is_flag=True, hidden=True)
@click.option(
    "--template",
    metavar="NAME",
    help="Start from this template. Options on the line replace its own. Default: none.",
    shell_complete=templates,
)
@click.option(
    "--from",
    "source",
    metavar="FILE|-",
    shell_complete=files,
    help="Add one job for each line: PATH with arguments, or a JSON object of path, args and options. Default: none.",
)
@click.option(
    "--script",
    metavar="FILE|-",
    shell_complete=files,
    help="Copy this script now and run the copy with the arguments that follow. Default: none.",
)
@click.option(
    "--sweep", is_flag=True, help="Add one job for each combination of values: --lr '{0.1,0.01}' --seed '{1..5}'."
)
@click.option(
    "--zip", "together", is_flag=True, help="With --sweep, pair the first values, the second values and so on."
)
@click.option(
    "--before",
    metavar="ID",
    help="Put the job before this pending job. Default: behind all jobs of its priority.",
    shell_complete=jobs(State.PENDING),
)
@click.option("--top", is_flag=True, help="Put the job at the top of its queue.")
@click.option("--unique", is_flag=True, help="Refuse a job that is already pending or running.")
@click.option("--wait", "wait", is_flag=True, help="Wait until the job has ended, and exit with its exit code.")
@click.option("--follow", is_flag=True, help="Wait for the job and print its output. The job continues after Ctrl+C.")
@click.option("--dry-run", is_flag=True, help="Show what would be added, and when it would start. Add nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@no_env_option
@json_option
@click.argument("path", required=False, shell_complete=files)
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...", shell_complete=files)
def add(path: str | None, args: tuple[str, ...], as_json: bool, **values: Any) -> None:
    """Add a job that runs PATH with its arguments, and print the number of the job.

    Options stand before PATH. All words behind PATH belong to the job. PATH - reads a script from standard input and
    keeps it with the job. With --from all jobs are added, or none.
    """
    if values["source"] is not None and (path is not None or values["sweep"] or values["script"]):
        raise BadInputError(
            "from", "--from can't be used with PATH, --script or --sweep; give either --from FILE or a PATH."
        )
    fields = given(values) | command_fields(values["script"], path, args)
    dry_run, unique, follow = bool(values["dry_run"]), bool(values["unique"]), bool(values["follow"])
    yes = dry_run or bool(values["yes"])  # nothing to ask about
    if as_json and follow:
        raise BadInputError("json", "--json can't be used with --follow; use --wait with --json.")

    async def work() -> int:
        async with use_queue(create=True) as queue:
            place = await _place(queue, values["before"], top=values["top"])
            begun = await _template(queue, values["template"], fields)
            wanted = {**begun, **await _with_numbers(queue, fields)}
            if values["without_env"] or "env" in begun:
                wanted["env"] = variables(begun.get("env", ()), fields.get("env", ()), values["without_env"])
            drafts = await new_drafts(queue, wanted, values, yes=yes)
            if drafts is None or not (yes or unique or await _is_wanted(queue, drafts)):
                raise click.exceptions.Abort
            if follow and len(drafts) > 1:
                raise BadInputError(
                    "follow", f"--follow needs a single job, and there are {len(drafts):,}; use --wait."
                )
            if dry_run:
                from tui_queue.cli.trial import show_trial

                await show_trial(queue, drafts, unique=unique, place=place, as_json=as_json)
                return 0
            added = await queue.commands.jobs.add(drafts, unique=unique, place=place)
            say_added(queue, added, as_json=as_json, aside=follow)
            if not (follow or values["wait"]):
                return 0
            from tui_queue.cli.stay import stay_with

            return await stay_with(queue, added, follow=follow)

    if code := run(work(), waits=dry_run or follow or bool(values["wait"])):
        sys.exit(code)


@click.command(
    context_settings=JOB_WORDS,
    cls=JobCommand,
    epilog=examples("edit 14 --priority 5 --after 12", "edit 14 --timeout 3h", "edit 14 -- --epochs 20"),
)
@job_options
@click.option(
    "--path", metavar="PATH", help="Run another script or program. Default: keep the path.", shell_complete=files
)
@no_env_option
@capture_option
@json_option
@click.argument("job_id", metavar="ID", shell_complete=jobs())
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...")
def edit(
    job_id: str,
    path: str | None,
    args: tuple[str, ...],
    without_env: tuple[str, ...],
    capture_env: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Change a job. Options that are not given stay as they are. Words behind ID replace the arguments of the job.

    Options stand before ID or right behind it; `--` ends them. While a job runs, you can change its --timeout,
    --notify, --retries, --retry-delay, --priority and --name. The time limit counts from the start of the run.
    --env adds a variable or changes one, --no-env takes one away; the other variables stay.
    """
    fields = given(values)

    async def work() -> None:
        async with use_queue() as queue:
            job = await one(queue.commands, job_id)
            changes = with_variables(await _with_numbers(queue, fields), job.draft, without_env)
            if path is not None:
                changes["path"] = path
            if args:
                changes["args"] = args
            changes = await with_standard_input(queue, changes)
            if not changes and not capture_env:
                raise BadInputError("edit", "Nothing to change; see `tui-queue edit --help`.")
            if job.takes_slot:
                from tui_queue.core.parsing.running_job import change_running  # seldom needed

                draft = change_running(job, changes)
            else:
                draft = edited(job.draft, changes)
            job = await queue.commands.jobs.edit(job.id, draft, capture_env=capture_env)
            if as_json:
                print_json(job_object(job, queue.commands.jobs))

    run(work(), waits=False)


@click.command(
    context_settings=JOB_WORDS,
    cls=JobCommand,
    epilog=examples("clone 12", "clone 12 --priority 5", "clone 12 -- --seed 2"),
)
@job_options
@no_env_option
@capture_option
@json_option
@click.argument("job_id", metavar="ID", shell_complete=jobs())
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...")
def clone(
    job_id: str,
    args: tuple[str, ...],
    without_env: tuple[str, ...],
    capture_env: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Add a copy of a job, and print the number of the copy. The job can be in any state.

    Options that are given replace those of the job, words behind ID its arguments. Options stand before ID or right
    behind it; `--` ends them.
    """
    fields = given(values)

    async def work() -> None:
        async with use_queue() as queue:
            draft = (await one(queue.commands, job_id)).draft
            changes = with_variables(await _with_numbers(queue, fields), draft, without_env)
            if args:
                changes["args"] = args
            changes = await with_standard_input(queue, changes)
            new = edited(replace(draft, not_before=None), changes)
            say_added(queue, await queue.commands.jobs.add([new], like=draft, capture_env=capture_env), as_json=as_json)

    run(work(), waits=False)


async def _place(queue: "OpenQueue", before: str | None, *, top: bool) -> Place | None:
    """Return the place in their queues that new jobs are wanted at; None for the usual one."""
    if before:
        return Place(Move.BEFORE, (await one(queue.commands, before)).id)
    return Place(Move.TOP) if top else None


async def _template(queue: "OpenQueue", name: str | None, given: Fields) -> Fields:
    """Return the fields of a template; empty without a name."""
    fields = dict(await queue.commands.templates.get(name)) if name else {}
    if "path" in given and "path" in fields:
        fields.pop("shell", None)  # it tells of that path
    return fields


async def _with_numbers(queue: "OpenQueue", fields: Fields) -> Fields:
    """Return the fields with the numbers of jobs that are named by when they were added."""
    if "after" not in fields:
        return fields
    return {**fields, "after": await numbered(queue.commands, fields["after"])}


async def _is_wanted(queue: "OpenQueue", drafts: Sequence[JobDraft]) -> bool:
    """Ask about what is pending or running already; only of a single job, and only on a terminal."""
    twin = await queue.commands.jobs.like(drafts[0]) if len(drafts) == 1 else None
    return twin is None or confirm(f"Job {twin.id} is the same, and it is {twin.state}. Add another one?")


def say_added(queue: "OpenQueue", added: Sequence[Job], *, as_json: bool, aside: bool = False) -> None:
    """Print the numbers of new jobs; ``aside`` on stderr, where stdout is for the output of the job."""
    if late := [job for job in added if job.id == NO_NUMBER]:
        from tui_queue.core.commands.add_elsewhere import ANSWER_S

        click.echo(f"tui-queue: {LATE.format(host=queue.commands.other_host, seconds=ANSWER_S)}", err=True)
    if as_json and len(added) == 1:
        print_json(job_object(added[0], queue.commands.jobs))
    elif as_json:
        print_jobs(added, queue.commands.jobs)
    elif late:
        click.echo("\n".join(job.uuid for job in late))
    else:
        click.echo("\n".join(_numbers([job.id for job in added])), err=aside)

    try:
        queue.commands.require_start()
    except StoreError as error:  # the jobs are stored: this is no failure
        click.echo(f"tui-queue: {error}", err=True)


def _numbers(numbers: list[int]) -> Iterator[str]:
    """Yield the numbers of new jobs; many that follow each other as one range."""
    if len(numbers) > MANY and numbers[-1] - numbers[0] == len(numbers) - 1:
        yield f"{numbers[0]}-{numbers[-1]}"
    else:
        yield from map(str, numbers)


COMMANDS = {"add": add, "clone": clone, "edit": edit}
