"""The command that finds lines in the output of jobs."""

import os
import sys
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import jobs
from tui_queue.cli.job_ids import selection, set_options
from tui_queue.cli.json_output import Object, json_option, print_json
from tui_queue.cli.log_reader import write
from tui_queue.core.errors import StoreError, WrongStateError
from tui_queue.core.logs.numbered_lines import matching_lines
from tui_queue.core.logs.search import Pattern
from tui_queue.core.model.job import Job, State
from tui_queue.core.system.worker_thread import in_thread
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

READ_AT_ONCE = 500  # jobs


@click.command(epilog=examples("log search error", "log search '/loss=0\\.[01]/' --where state:completed"))
@set_options
@json_option
@click.argument("pattern", metavar="PATTERN")
@click.argument("ids", nargs=-1, metavar="[ID]...", shell_complete=jobs())
def search(pattern: str, ids: tuple[str, ...], as_json: bool, **which: Any) -> None:
    """Find lines in the output of all jobs, or of the jobs that are named. Prints each line as ID:LINE: text.

    PATTERN is words, or /a regular expression/, as in the dashboard. The case of letters matters if the pattern has a
    capital letter. With /.../i the case never matters, with /.../c it always does. A line of an earlier attempt begins
    with ID/ATTEMPT. The exit code is 1 if no line matches.
    """
    wanted = Pattern(pattern)

    async def work() -> int:
        found: list[Object] = []
        matched = False
        async with use_queue() as queue:
            async for job in _chosen(queue, ids, which):
                for attempt in range(1, job.attempt + 1):
                    of_run = replace(job, attempt=attempt)
                    try:
                        path = queue.commands.jobs.own_log_path(of_run)
                        if path is not None:
                            name = f"{job.id}" if attempt == job.attempt else f"{job.id}/{attempt}"
                            add = partial(_add, found, of_run) if as_json else partial(_print, name)
                            matched |= await in_thread(partial(_search, path, wanted, add))
                    except (StoreError, WrongStateError) as error:
                        click.echo(f"tui-queue: {printable(str(error))}", err=True)
        if as_json:
            print_json(found)
        return 0 if matched else 1

    if code := run(work()):
        sys.exit(code)


async def _chosen(queue: "OpenQueue", ids: tuple[str, ...], which: dict[str, Any]) -> AsyncIterator[Job]:
    """Yield the jobs to search, in the order of their numbers, or in that of being named."""
    commands = queue.commands.jobs
    if ids or which["batch"] is not None or which["where"] is not None:
        for job in await commands.verbs.members(await selection(queue.commands, ids, **which)):
            yield job.shown
        return
    numbers = sorted(await commands.in_state(*State))
    for begin in range(0, len(numbers), READ_AT_ONCE):
        for job in sorted(await commands.existing(numbers[begin : begin + READ_AT_ONCE]), key=lambda job: job.id):
            yield job


def _search(path: str, wanted: Pattern, add: Any) -> bool:
    matched = False
    for line in matching_lines(path, wanted):
        matched = True
        add(line.number, line.text)
    return matched


def _print(name: str, number: int, text: str) -> None:
    shown = printable(text) if sys.stdout.isatty() else text
    write(os.fsencode(f"{name}:{number}: {shown}\n"))


def _add(found: list[Object], job: Job, number: int, text: str) -> None:
    found.append({"id": job.id, "attempt": job.attempt, "line": number, "text": text})
