"""Follows the processes that ended runs have left: ends them where that is wanted, and notices when they have gone."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from tui_queue.core.errors import NoSuchJobError
from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.leftover import Leftover
from tui_queue.core.store.store import Store
from tui_queue.core.system.machine import lives
from tui_queue.core.system.worker_thread import in_thread

POLL_S = 5.0  # how often a process is looked at whose end the kernel does not tell
AGAIN_S = 0.5  # between two searches of all processes

logger = logging.getLogger(__name__)


class LeftoverWatch:
    """Follows what is left of each run until nothing is; the kernel tells of the end of a process (a pidfd)."""

    def __init__(self, store: Store, executor: Executor, *, changed: Callable[[], None]) -> None:
        """Call ``changed`` when processes of a run have gone."""
        self._store = store
        self._executor = executor
        self._changed = changed
        self._followed: dict[tuple[int, int], _Followed] = {}

    def follow(self, found: Sequence[Leftover]) -> None:
        """Follow these too, and end those of them that are to be ended."""
        for left in found:
            key = left.job_id, left.attempt
            if (followed := self._followed.get(key)) is None:
                self._followed[key] = followed = _Followed()
                followed.task = asyncio.create_task(self._see_through(left, followed))
            if left.ending and not followed.ending:
                followed.ending = True
                followed.woken.set()

    async def close(self) -> None:
        """Follow none any more; the next scheduler knows them from the store."""
        tasks = [each.task for each in self._followed.values() if each.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._followed.clear()

    async def _see_through(self, left: Leftover, followed: "_Followed") -> None:
        while True:
            try:
                await self._until_gone(left, followed)
            except Exception:  # a full disk, no thread: nothing else follows them
                logger.exception("what a run has left could not be followed; trying again")
                await asyncio.sleep(POLL_S)
                continue
            del self._followed[left.job_id, left.attempt]
            self._changed()
            return

    async def _until_gone(self, left: Leftover, followed: "_Followed") -> None:
        ended = False
        while processes := await self._living(left):
            if processes != left.processes:
                left = replace(left, processes=processes)
                await self._store.leftovers.note(left)
                self._changed()
            if followed.ending and not ended:
                ended = True
                await self._end(left)
            else:
                await _ended_or_woken(processes[0], followed)
        await self._store.leftovers.forget(left)

    async def _living(self, left: Leftover) -> tuple[tuple[int, int], ...]:
        """Return the living ones. All processes are searched only when none of those that are known lives."""
        if processes := await in_thread(partial(self._executor.recorded_leftovers, left)):
            return processes
        processes = await in_thread(partial(self._executor.found_leftovers, left))
        if processes:  # they go and come
            await asyncio.sleep(AGAIN_S)
        return processes

    async def _end(self, left: Leftover) -> None:
        with suppress(NoSuchJobError):
            job = await self._store.queries.job(str(left.job_id))
            await self._executor.end_leftovers(left, self._executor.grace_s(job))


class _Followed:
    """What is left of one run: the task that follows it, and whether it is to be ended."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.ending = False
        self.woken = asyncio.Event()


async def _ended_or_woken(process: tuple[int, int], followed: _Followed) -> None:
    """Wait until a process has ended, or there is an order to end it."""
    woken = followed.woken
    try:
        descriptor = os.pidfd_open(process[0])
    except ProcessLookupError:
        return
    except (OSError, AttributeError):  # an older kernel, a sandbox that refuses, no descriptor is left
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await woken.wait()
        woken.clear()
        return
    loop = asyncio.get_running_loop()
    try:
        if await in_thread(partial(lives, process)):  # its number has not been given again before
            loop.add_reader(descriptor, woken.set)
            await woken.wait()
            woken.clear()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
