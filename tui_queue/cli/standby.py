"""Schedules in the background without a screen, and ends when no work is left."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from tui_queue.bootstrap import open_queue
from tui_queue.cli.command import refuse_elsewhere
from tui_queue.cli.dashboard import log_to_file

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

logger = logging.getLogger(__name__)

LINGER_S = 10  # how long it waits for more when nothing is left


async def run_standby(*, stay: bool, inherited: int | None) -> None:
    """Schedule while no process in the foreground does, until no work is left; one such process a queue.

    With ``stay`` it waits for another such process to end, and does not end by itself. ``inherited`` is the descriptor
    of a lock that the process which started this one took for it.
    """
    async with open_queue(create=stay, must_write=True, standby=True) as queue:
        if queue.is_elsewhere and inherited is not None and queue.background.take(inherited):
            queue.background.withdraw()  # the watchers of runs that go on here need not try again
        refuse_elsewhere(queue)
        if not await _has_lock(queue, stay=stay, inherited=inherited):
            return
        log_to_file(queue.paths.program_log)
        changed, left = asyncio.Event(), asyncio.Event()
        queue.background.leave_on_signals(left.set)
        queue.background.record()
        async with queue.listen(changed.set, called=queue.scheduler.wake), queue.scheduler:
            ends = (left, queue.scheduler.moved, queue.scheduler.gone)
            tasks: list[asyncio.Task[Any]] = [asyncio.create_task(each.wait()) for each in ends]
            if not stay:
                tasks.append(asyncio.create_task(_until_nothing_is_left(queue, changed)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if queue.background.lock.held:
                queue.background.withdraw()  # before its watchers hear that it is gone
        if queue.scheduler.moved.is_set():  # no error: who starts us again after one would get a new, empty queue
            logger.warning("%s: the queue was moved or deleted; no more jobs are started from here", queue.paths.state)


async def _has_lock(queue: "OpenQueue", *, stay: bool, inherited: int | None) -> bool:
    """Return whether this is the one background process now."""
    background = queue.background
    if inherited is not None and background.take(inherited):
        if queue.settings.background:
            return True
        background.withdraw()  # the user has changed the settings since the one before was started
        return False
    if stay:
        await background.lock.acquire()
        return True
    return background.lock.claim()


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
            # A command that adds a job looks at the lock later: the job is seen here, or a new process is started.
            queue.background.withdraw()
            queue.background.lock.release()
            if not await queue.commands.work_left() or not queue.background.lock.claim():
                return
            queue.background.record()
