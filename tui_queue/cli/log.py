"""The command that prints the output of jobs."""

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import jobs
from tui_queue.cli.job_ids import select
from tui_queue.cli.json_output import Object, json_option, print_json
from tui_queue.cli.log_reader import POLL_S, LogReader, write
from tui_queue.core.errors import BadInputError
from tui_queue.core.logs.file import LogTail, last_lines_begin
from tui_queue.core.model.job import Job
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


class LogCommand(click.Command):
    """A command whose word ``search`` is a command of its own."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Make the context of what is to be run."""
        if args[:1] == ["search"]:
            from tui_queue.cli.log_search import search  # needed by that word only

            return search.make_context(f"{info_name} search", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(cls=LogCommand, epilog=examples("log 12", "log 12 --lines 20", "log search error"))
@click.option(
    "-f", "--follow", is_flag=True, help="Print new output until the run, or each of several jobs, has ended."
)
@click.option(
    "--attempt", type=click.IntRange(1), metavar="N", help="Print the output of this attempt. Default: the latest."
)
@click.option(
    "-n", "--lines", type=click.IntRange(0), metavar="N", help="Print this many lines from the end. Default: all."
)
@click.option("--raw", is_flag=True, help="Print the output byte for byte, also to a terminal.")
@json_option
@click.argument("job_ids", nargs=-1, metavar="[ID]...", shell_complete=jobs())
def log(
    job_ids: tuple[str, ...], follow: bool, attempt: int | None, lines: int | None, raw: bool, as_json: bool
) -> None:
    """Print the output of the latest run of a job. Several jobs are printed one after the other, each below a title.

    In a pipe the output is plain text, without colours. On a terminal it has colours, and other control sequences are
    made visible. With --follow, each line of several jobs begins with the number of its job.

    Without ID the command prints the job that was added last from this terminal. @~1 is the job before it, and 3-5 are
    three jobs. `tui-queue log search PATTERN` finds lines in all logs.
    """
    if as_json and follow:
        raise BadInputError("json", "--json can't be used with --follow; leave out one of them.")

    async def work() -> None:
        async with use_queue() as queue:
            numbers = await select(queue.commands, job_ids or ("@",))
            if len(numbers) > 1:
                _refuse_for_several(len(numbers), attempt, raw=raw and follow)
            if len(numbers) > 1 and follow:
                from tui_queue.cli.log_follow import follow_logs  # seldom needed

                await follow_logs(queue, numbers, lines)
                return
            objects = []
            for place, number in enumerate(numbers):
                job = await queue.commands.jobs.get(str(number))
                _require_attempt(job, attempt)
                if as_json:
                    objects.append(_object(queue, replace(job, attempt=attempt or job.attempt), lines))
                    continue
                if len(numbers) > 1:
                    before = "\n" if place else ""
                    write(os.fsencode(f"{before}==> {job.id} {printable(job.name)} <==\n"))
                await print_log(queue, job, attempt, lines, follow=follow, raw=raw)
            if as_json:
                print_json(objects[0] if len(objects) == 1 else objects)

    run(work())


def _refuse_for_several(number: int, attempt: int | None, *, raw: bool) -> None:
    """Raise BadInputError for what only the log of one job can be asked for."""
    if attempt is not None:
        raise BadInputError("attempt", f"--attempt needs a single job, and there are {number}; name one job.")
    if raw:
        raise BadInputError("raw", "--raw can't be used with --follow for several jobs; name one job.")


def _require_attempt(job: Job, attempt: int | None) -> None:
    if attempt is not None and attempt > job.attempt:
        raise BadInputError(
            "attempt", f"Attempt {attempt} of job {job.id}: the job has had {job.attempt} attempts; name one of them."
        )


def _object(queue: "OpenQueue", job: Job, lines: int | None) -> Object:
    path = queue.commands.jobs.own_log_path(job)
    output = b""
    if path is not None:
        tail = LogTail(path, from_start=True, position=last_lines_begin(path, lines))
        while data := tail.read().data:
            output += data
    return {"id": job.id, "uuid": job.uuid, "attempt": job.attempt, "log_path": path, "output": os.fsdecode(output)}


async def print_log(
    queue: "OpenQueue", job: Job, attempt: int | None, lines: int | None, *, follow: bool, raw: bool
) -> None:
    """Write the output of one run to stdout; with ``follow`` until that has ended."""
    changed = asyncio.Event()
    reader = LogReader(queue, job, attempt, lines, follow=follow, raw=raw)
    async with queue.listen(changed.set):
        while True:
            changed.clear()
            job = await queue.commands.jobs.get(str(job.id))
            while data := reader.read(job):
                write(data)
            if not follow or reader.is_over(job):
                write(reader.rest())
                return
            queue.check_place()
            queue.commands.bring_back_scheduler()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await changed.wait()


COMMANDS = {"log": log}
