"""Schedules in the background without a screen, and ends when no work is left."""

import asyncio
import signal
from typing import TYPE_CHECKING, Any

from tui_queue.cli.command import open_queue
from tui_queue.cli.dashboard import log_to_file

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

LINGER_S = 10  # how long it waits for more when nothing is left


async def run_standby(*, stay: bool) -> None:
    """Schedule whenever nobody in the foreground does, until nothing is left to do; one such process a queue.

    With ``stay`` it waits for another such process to end, and does not end by itself.
    """
    async with open_queue(standby=True) as queue:
        if stay:
            await queue.background.lock.acquire()
        elif not queue.background.lock.try_acquire():
            return
        log_to_file(queue.paths.program_log)
        changed, left = asyncio.Event(), asyncio.Event()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, left.set)
        async with queue.listen(changed.set, called=queue.scheduler.wake), queue.scheduler:
            tasks: list[asyncio.Task[Any]] = [asyncio.create_task(left.wait())]
            if not stay:
                tasks.append(asyncio.create_task(_until_nothing_is_left(queue, changed)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _until_nothing_is_left(queue: "OpenQueue", changed: asyncio.Event) -> None:
    while True:
        changed.clear()
        if await queue.commands.work_left():
            await changed.wait()
            continue
        try:
            async with asyncio.timeout(LINGER_S):
                await changed.wait()
        except TimeoutError:
            # Whoever adds a job looks at the lock after that: it is either seen here or starts another process.
            queue.background.lock.release()
            if not await queue.commands.work_left() or not queue.background.lock.try_acquire():
                return
