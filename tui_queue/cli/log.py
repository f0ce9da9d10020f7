"""The command that prints the output of a job."""

import asyncio
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from tui_queue.cli.command import run, use_queue
from tui_queue.cli.completion_types import jobs
from tui_queue.cli.job_ids import one
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.core.errors import BadInputError
from tui_queue.core.logs.file import LogTail, last_lines_begin, left_out
from tui_queue.core.logs.lines import ClearText
from tui_queue.core.model.job import Job, State
from tui_queue.core.units.printable import Harmless

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@click.option("--attempt", type=click.IntRange(1), metavar="N", help="The output of this attempt; default: the latest.")
@click.option("-n", "--lines", type=click.IntRange(0), metavar="LINES", help="Only the last lines.")
@click.option("--raw", is_flag=True, help="Byte for byte as it was written.")
@json_option
@click.argument("job_id", required=False, default="@", metavar="[ID]", shell_complete=jobs())
def log(job_id: str, follow: bool, attempt: int | None, lines: int | None, raw: bool, as_json: bool) -> None:
    """Print the output of a job's latest run.

    A pipe gets the text that a terminal would show, without colours; a terminal gets it with colours, and every other
    control sequence is written out. With --raw both get it byte for byte.

    Without ID that is the job that was added last from this terminal; @~1 is the one before.

    Example: tui-queue log 12 -f
    """
    if as_json and follow:
        raise BadInputError("json", "Either --json or --follow: an object has an end.")

    async def work() -> None:
        async with use_queue() as queue:
            job = await one(queue.commands, job_id)
            if attempt is not None and attempt > job.attempt:
                raise BadInputError("attempt", f"Job {job.id} has had {job.attempt} attempts; there is no {attempt}.")
            if as_json:
                _print_object(queue, replace(job, attempt=attempt or job.attempt), lines)
            else:
                await print_log(queue, job, attempt, lines, follow=follow, raw=raw)

    run(work())


def _print_object(queue: "OpenQueue", job: Job, lines: int | None) -> None:
    path = queue.commands.jobs.own_log_path(job)
    output = b""
    if path is not None:
        tail = LogTail(path, from_start=True, position=last_lines_begin(path, lines))
        while data := tail.read().data:
            output += data
    print_json(
        {"id": job.id, "uuid": job.uuid, "attempt": job.attempt, "log_path": path, "output": os.fsdecode(output)}
    )


async def print_log(
    queue: "OpenQueue", job: Job, attempt: int | None, lines: int | None, *, follow: bool, raw: bool
) -> None:
    """Write the output of one run to stdout; with ``follow`` until that has ended."""
    changed = asyncio.Event()
    on_screen = sys.stdout.isatty()
    harmless = None if raw else Harmless() if on_screen else ClearText(live=follow)
    # Whoever follows a job that waits means its next run.
    wanted = attempt or job.attempt + (follow and job.state is State.PENDING)
    async with queue.listen(changed.set):
        tail: LogTail | None = None
        while True:
            changed.clear()
            job = await queue.commands.jobs.get(str(job.id))
            if tail is None and job.attempt >= wanted:
                path = queue.commands.jobs.own_log_path(replace(job, attempt=wanted))
                if path is not None:
                    tail = LogTail(path, from_start=True, position=last_lines_begin(path, lines))
            while tail is not None and (chunk := tail.read()).data:
                if harmless is None:
                    _write(chunk.data)
                else:
                    data = (left_out(chunk.skipped) if chunk.skipped else b"") + chunk.data
                    _write(os.fsencode(harmless.feed(data)))
            over = job.state.ended or job.attempt > wanted or (job.attempt == wanted and job.state is State.PENDING)
            if not follow or over:
                if harmless is not None:
                    _write(os.fsencode(harmless.feed(b"", final=True)) + (b"\x1b[0m" if on_screen else b""))
                return
            queue.check_place()
            queue.commands.bring_back_scheduler()
            with suppress(TimeoutError):
                # The output of a run that goes on comes without a word to anybody.
                async with asyncio.timeout(0.2):
                    await changed.wait()


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(sys.stdout.fileno(), view) :]


COMMANDS = {"log": log}
