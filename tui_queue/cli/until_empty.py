"""The scheduler without a screen, until the queue is empty."""

import asyncio
import signal
from collections.abc import Callable

import click

from tui_queue.cli.command import refuse_elsewhere, use_queue
from tui_queue.core.errors import OtherHostError
from tui_queue.core.system.inherited_signals import heeded


async def run_until_empty() -> bool:
    """Schedule until nothing is pending or running, but for held jobs.

    Return whether every job that ended in that time completed, and no job is left that is held, but not by the user.
    Where another process schedules, this one waits for the queue to empty, and takes over if that one ends.
    """
    changed, left = asyncio.Event(), False
    async with use_queue(create=True, must_write=True) as queue:
        refuse_elsewhere(queue)

        def leave() -> None:
            nonlocal left
            left = True
            changed.set()

        for number in heeded(signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, leave)
        mark = await queue.commands.jobs.mark()
        async with queue.listen(changed.set, called=queue.scheduler.wake), queue.scheduler:
            offered = queue.background.offer()
            scheduler = queue.scheduler
            ends = [asyncio.create_task(_call_after(each, leave)) for each in (scheduler.moved, scheduler.gone)]
            while not left:
                changed.clear()
                if not await queue.commands.work_left(schedules=False):
                    break
                await changed.wait()
            for each in ends:
                each.cancel()
            if scheduler.gone.is_set():
                raise OtherHostError(queue.commands.elsewhere)
            if offered or left:
                queue.background.withdraw()
        queue.check_place()
        if left:
            return False
        blocked = {job_id: why for job_id, why in (await queue.commands.jobs.blocked()).items() if why.reason}
        for job_id, why in blocked.items():
            click.echo(f"tui-queue: {why.text(job_id)}; release or cancel it.", err=True)
        return not blocked and await queue.commands.jobs.all_completed(mark)


async def _call_after(event: asyncio.Event, leave: Callable[[], None]) -> None:
    await event.wait()
    leave()
