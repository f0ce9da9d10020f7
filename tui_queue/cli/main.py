"""The commands of ``tui-queue`` and their options."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import click

from tui_queue import __version__
from tui_queue.cli import output
from tui_queue.cli.open_queue import needs_terminal, open_queue, run_dashboard
from tui_queue.core.drafts import make_draft
from tui_queue.core.errors import BadInputError, StoreError, TuiQueueError
from tui_queue.core.printable import printable

T = TypeVar("T")

# Words behind the job's path belong to the job, whatever they look like.
_JOB_WORDS = {"allow_interspersed_args": False}


class _OneLineErrors(click.Group):
    """A group whose errors are one line on stderr that names what is wrong."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["standalone_mode"] = False
        try:
            return super().main(*args, **kwargs)
        except click.exceptions.Abort:
            sys.exit(130)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except TuiQueueError as error:
            _fail(str(error), error.exit_code)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                _fail(f"{os.fsdecode(error.filename or 'the queue')}: {error.strerror or error}", StoreError.exit_code)
            # Whoever read has left, as `head` does; keep the interpreter from complaining at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"tui-queue: {printable(message)}", err=True)
    sys.exit(code)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@click.group(cls=_OneLineErrors, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="tui-queue %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """A job queue that lives in your terminal.

    Without a command it opens the dashboard. TUI_QUEUE_HOME=DIR keeps a queue of its own in DIR.
    """
    if context.invoked_subcommand is None:
        why_not = needs_terminal()
        if why_not:
            raise BadInputError("terminal", why_not)
        farewell, code = _run(run_dashboard())
        if farewell:
            click.echo(farewell)
        sys.exit(code)


@cli.command(context_settings=_JOB_WORDS)
@click.option("--name", default="", help="What to call the job; default: the file's name.")
@click.option("--cwd", default="", metavar="DIR", help="Directory to run in; default: the current one.")
@click.option("--python", default="", metavar="PATH", help="Interpreter for a .py file.")
@click.option("--timeout", default="", metavar="D", help="End the run after this long: 90s, 15m, 2h30m, 3d.")
@click.option("--json", "as_json", is_flag=True, help="Print the job as JSON instead of its number.")
@click.argument("path")
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARG]...")
def add(name: str, cwd: str, python: str, timeout: str, as_json: bool, path: str, args: tuple[str, ...]) -> None:
    """Add a job: PATH and every word behind it. Prints its number.

    Example: tui-queue add --name nightly jobs/countdown.py 10
    """

    async def work() -> None:
        draft = make_draft(path=path, args=args, cwd=cwd, name=name, python=python, timeout=timeout)
        async with open_queue() as queue:
            (job,) = await queue.commands.add([draft])
            output.print_job(job, queue.commands.log_path(job)) if as_json else click.echo(job.id)

    _run(work())


@cli.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--limit", type=click.IntRange(0, 10**9), default=500, show_default=True, help="Ended jobs to show.")
def list_jobs(as_json: bool, limit: int) -> None:
    """List active jobs in the order they start, then the latest ended ones.

    Example: tui-queue list --json
    """

    async def work() -> None:
        async with open_queue() as queue:
            overview = await queue.commands.overview(ended=limit)
            if as_json:
                output.print_json(overview, queue.commands.log_path)
            else:
                output.print_table(overview)

    _run(work())


@cli.command()
@click.argument("job_id", metavar="ID")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@click.option("--raw", is_flag=True, help="Control sequences reach the terminal as they are.")
def log(job_id: str, follow: bool, raw: bool) -> None:
    """Print the output of a job's latest run.

    Example: tui-queue log 12 -f
    """

    async def work() -> None:
        async with open_queue() as queue:
            await output.print_log(queue, job_id, follow=follow, raw=raw)

    _run(work())


def _verb(name: str, text: str) -> None:
    """Define a command that applies one verb to all the jobs it is given, or to none of them."""

    async def work(ids: tuple[str, ...]) -> None:
        async with open_queue() as queue:
            numbers = list(dict.fromkeys([(await queue.commands.job(key)).id for key in ids]))
            await getattr(queue.commands, name)(numbers)

    @cli.command(name=name, help=f"{text}\n\nExample: tui-queue {name} 12 14")
    @click.argument("ids", nargs=-1, required=True, metavar="ID...")
    def command(ids: tuple[str, ...]) -> None:
        _run(work(ids))


_verb("cancel", "Take pending jobs out of the queue, end running ones with every process they have started.")
_verb("retry", "Put ended jobs into the queue again.")
_verb("remove", "Forget ended jobs and their logs.")


@cli.command()
@click.option("--until-empty", "how", flag_value="until-empty", help="End when nothing is pending or running.")
@click.option("--background", "how", flag_value="background", help="Return at once; the queue goes on by itself.")
@click.option("--standby", "how", flag_value="standby", hidden=True)
@click.option("--stay", is_flag=True, hidden=True)
def run(how: str | None, stay: bool) -> None:
    """Run the queue without a screen.

    With --until-empty it ends with 0 when all jobs that ended meanwhile completed, with 1 when some did not. With
    --background a process without a terminal schedules until nothing is left; it gives way to a dashboard.

    Example: tui-queue run --until-empty
    """
    if how == "until-empty":
        from tui_queue.cli.until_empty import run_until_empty

        sys.exit(0 if _run(run_until_empty()) else 1)
    elif how == "standby":
        from tui_queue.cli.standby import stand_by

        _run(stand_by(stay=stay))
    elif how == "background":
        _run(_go_on())
    else:
        raise click.UsageError("Say how: --until-empty or --background.")


@cli.command()
def unit() -> None:
    """Print a systemd user unit that runs the queue also when you are logged out.

    Example: tui-queue unit > ~/.config/systemd/user/tui-queue.service
    """
    from tui_queue.cli.unit import unit

    click.echo(unit(), nl=False)


async def _go_on() -> None:
    async with open_queue() as queue:
        if not await queue.commands.go_on_without_us():
            click.echo("Nothing is pending or running.")


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    cli()
