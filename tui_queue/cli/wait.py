"""The command that waits for jobs."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui_queue.cli.command import run, use_queue
from tui_queue.cli.completion_types import batches, jobs
from tui_queue.cli.job_ids import select
from tui_queue.cli.json_output import json_option, print_jobs
from tui_queue.core.errors import NoSuchJobError
from tui_queue.core.model.job import Job, State
from tui_queue.core.parsing.fields import time_limit

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

TIMED_OUT = 124  # as timeout(1) ends


@click.command()
@click.option("--timeout", default="", metavar="D", help=f"Stop waiting after this long, and end with {TIMED_OUT}.")
@click.option("--batch", metavar="NAME", help="All jobs of this batch.", shell_complete=batches)
@json_option
@click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(State.PENDING, State.RUNNING))
def wait(ids: tuple[str, ...], batch: str | None, timeout: str, as_json: bool) -> None:
    """Wait until jobs have ended, and end with the exit code of that job; of several with the highest one.

    A completed job counts as 0, one that a signal ended as 128 and the signal's number, one that failed without an exit
    code, or was cancelled, as 1.

    Example: tui-queue wait 12 && echo done
    """
    patience_s = time_limit("timeout", timeout)

    async def work() -> int:
        async with use_queue() as queue:
            numbers = await select(queue.commands, ids, batch)
            try:
                async with asyncio.timeout(patience_s):
                    ended = await _ended(queue, numbers)
            except TimeoutError:
                return TIMED_OUT
            if as_json:
                print_jobs(ended, queue.commands.jobs.log_path)
            return max(map(exit_code, ended), default=0)

    sys.exit(run(work()))


def exit_code(job: Job) -> int:
    """Return what waiting for an ended job ends with."""
    if job.state is State.COMPLETED:
        return 0
    return job.exit_code or (128 + job.signal if job.signal else 1)


async def _ended(queue: "OpenQueue", numbers: Sequence[int]) -> list[Job]:
    """Return the jobs, in that order, once all have ended."""
    changed, warned = asyncio.Event(), False
    async with queue.listen(changed.set):
        while True:
            changed.clear()
            found = {job.id: job for job in await queue.commands.jobs.existing(numbers)}
            if gone := [number for number in numbers if number not in found]:
                raise NoSuchJobError(f"{gone[0]}: no such job any more; somebody has removed it.")
            if all(job.state.ended for job in found.values()):
                return [found[number] for number in numbers]
            queue.check_place()
            if not warned and not queue.lease.is_held() and not queue.settings.background:
                warned = True
                click.echo("tui-queue: nobody starts jobs; open a dashboard or `run --until-empty`.", err=True)
            try:
                # Whoever ends a run may be killed before the bell is rung.
                async with asyncio.timeout(POLL_S):
                    await changed.wait()
            except TimeoutError:
                queue.commands.bring_back_scheduler()


POLL_S = 5.0  # how often it looks without being told

COMMANDS = {"wait": wait}
