"""The command that waits for jobs."""

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import batches, jobs
from tui_queue.cli.job_ids import select
from tui_queue.cli.json_output import json_option, print_jobs
from tui_queue.cli.progress_line import ProgressLine
from tui_queue.core.errors import BadInputError, NoSuchJobError
from tui_queue.core.model.blocked import Blocked
from tui_queue.core.model.job import Job, State
from tui_queue.core.parsing.fields import time_limit

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

TIMED_OUT = 124  # as timeout(1) ends


@click.command(epilog=examples("wait 12 && echo done", "wait --batch nightly --timeout 2h", "wait --all"))
@click.option(
    "--timeout",
    default="",
    metavar="DURATION",
    help=f"Stop waiting after this long, and exit with {TIMED_OUT}. Default: no limit.",
)
@click.option("--all", "everything", is_flag=True, help="Wait for all pending and running jobs, except held ones.")
@click.option("--held", is_flag=True, help="Wait for held jobs too, until they are released or cancelled.")
@click.option(
    "--batch", metavar="NAME", help="Wait for all jobs of this batch. Default: for ID.", shell_complete=batches
)
@json_option
@click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(State.PENDING, State.RUNNING))
def wait(ids: tuple[str, ...], batch: str | None, everything: bool, held: bool, timeout: str, as_json: bool) -> None:
    """Wait until jobs have ended, and exit with the exit code of the job. For several jobs it is the highest one.

    The exit code is 0 for a completed job, 128 plus the signal for a job that a signal ended, and 1 for a cancelled job
    or one that failed without an exit code. It is also 1 for a job that is held because a dependency failed, unless
    --held is given. On a terminal, standard error shows the progress.
    """
    if everything and (ids or batch):
        raise BadInputError("ids", "--all can't be used with IDs or --batch; give one of them.")
    patience_s = time_limit("timeout", timeout)

    async def work() -> int:
        async with use_queue() as queue:
            try:
                async with asyncio.timeout(patience_s):
                    if queue.is_elsewhere:
                        await queue.commands.jobs.taken_in(ids)
                    numbers = await (_all(queue, held=held) if everything else select(queue.commands, ids, batch))
                    ended, blocked = await until_ended(queue, numbers, held=held)
            except TimeoutError:
                return TIMED_OUT
            for job_id, why in blocked.items():
                click.echo(
                    f"tui-queue: {why.text(job_id)}; release or cancel it, or use --held to keep waiting.", err=True
                )
            if as_json:
                print_jobs(ended, queue.commands.jobs)
            return max(map(exit_code, ended), default=0)

    sys.exit(run(work()))


def exit_code(job: Job) -> int:
    """Return what waiting for a job ends with."""
    if job.state is State.COMPLETED:
        return 0
    return job.exit_code or (128 + job.signal if job.signal else 1)


async def _all(queue: "OpenQueue", *, held: bool) -> list[int]:
    """Return the jobs that are pending or running; what the user holds, and all behind that, only with ``held``."""
    numbers = await queue.commands.jobs.in_state(State.PENDING, State.RUNNING)
    blocked = {} if held else await queue.commands.jobs.blocked()
    return [number for number in numbers if number not in blocked or blocked[number].reason]


async def until_ended(
    queue: "OpenQueue", numbers: Sequence[int], *, held: bool
) -> tuple[list[Job], Mapping[int, Blocked]]:
    """Return the jobs, in that order, once all have ended, and which of them will not by themselves.

    With ``held`` those are waited for too; a job that the user holds always is.
    """
    changed, warned = asyncio.Event(), False
    line = ProgressLine(queue)
    try:
        async with queue.listen(changed.set):
            while True:
                changed.clear()
                found = {job.id: job for job in await queue.commands.jobs.existing(numbers)}
                if gone := [number for number in numbers if number not in found]:
                    raise NoSuchJobError(f"Job {gone[0]} was removed while this command waited for it.")
                blocked = {} if held else await blocked_now(queue, found.values())
                if all(job.state.ended or job.id in blocked for job in found.values()):
                    return [found[number] for number in numbers], blocked
                queue.check_place()
                if not warned and _starts_nothing(queue):
                    warned = True
                    line.clear()
                    click.echo(
                        "tui-queue: no scheduler runs, so no job starts; type `tui-queue run --until-empty`, or open"
                        " the dashboard.",
                        err=True,
                    )
                await line.show(list(found.values()))
                try:
                    # The scheduler that ends a run may be killed before it wakes this process.
                    async with asyncio.timeout(ELSEWHERE_S if queue.is_elsewhere else POLL_S):
                        await changed.wait()
                except TimeoutError:
                    queue.commands.bring_back_scheduler()
    finally:
        line.clear()


def _starts_nothing(queue: "OpenQueue") -> bool:
    return not queue.is_elsewhere and not queue.lease.is_held() and not queue.settings.background


async def blocked_now(queue: "OpenQueue", jobs: Iterable[Job]) -> dict[int, Blocked]:
    """Return those of the jobs that are held, or wait for one that is, and not because the user has held it."""
    waiting = [job.id for job in jobs if job.waits and (job.held or job.after)]
    blocked = await queue.commands.jobs.blocked() if waiting else {}
    return {number: blocked[number] for number in waiting if number in blocked and blocked[number].reason}


POLL_S = 5.0  # how often it looks without being told
ELSEWHERE_S = 0.5  # how often where another host runs the queue, of which nothing is heard

COMMANDS = {"wait": wait}
