"""Stays with jobs that a command has just added, until they have ended."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui_queue.cli.log import print_log
from tui_queue.cli.wait import blocked_now, exit_code, until_ended
from tui_queue.core.model.job import NO_NUMBER, Job

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue


async def stay_with(queue: "OpenQueue", added: Sequence[Job], *, follow: bool) -> int:
    """Wait until the jobs have ended, with ``follow`` printing the output of the one; return what `wait` ends with."""
    late = [job.uuid for job in added if job.id == NO_NUMBER]  # another host runs the queue, and has not answered yet
    try:
        if late:
            await queue.commands.jobs.taken_in(late)
            added = [await queue.commands.jobs.get(job.uuid) for job in added]
        numbers = [job.id for job in added]
        job = added[0]
        while follow and not job.state.ended and not await blocked_now(queue, added):
            await print_log(queue, job, None, None, follow=True, raw=False)
            job = await queue.commands.jobs.get(str(job.id))
        ended, blocked = await until_ended(queue, numbers, held=False)
    except asyncio.CancelledError:
        last = added[-1].id or added[-1].uuid
        which = f"Job {last} continues" if len(added) == 1 else f"{len(added):,} jobs continue"
        click.echo(f"tui-queue: {which}; type `tui-queue log -f {last}` to follow its output.", err=True)
        raise
    for job_id, why in blocked.items():
        click.echo(f"tui-queue: {why.text(job_id)}; release or cancel it.", err=True)
    return max(map(exit_code, ended), default=0)
