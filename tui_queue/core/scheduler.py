"""Starts what may start now, sleeps until something changes."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.executors import Executor
from tui_queue.core.lease import Lease
from tui_queue.core.runner import Runner
from tui_queue.core.store import Store

logger = logging.getLogger(__name__)


class Scheduler:
    """Schedules while it holds the lease; an async context manager around whatever shows a screen.

    Leaving it stops the scheduling and no run: each has a watcher of its own, and the next scheduler adopts it.
    """

    def __init__(
        self,
        store: Store,
        executor: Executor,
        lease: Lease,
        *,
        slots: int,
        grace_s: float,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._executor = executor
        self._lease = lease
        self._slots = slots
        self._grace_s = grace_s
        self._changed = changed
        self._woken = asyncio.Event()
        self._runs: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look at the queue again, soon."""
        self._woken.set()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._schedule(), name="scheduler")
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [task for task in (self._loop, *self._runs) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lease.release()

    async def _schedule(self) -> None:
        await self._lease.acquire()
        holder = await self._store.take_lease(
            pid=os.getpid(), host=socket.gethostname(), tty=_terminal(), now=datetime.now(UTC)
        )
        runner = Runner(self._store, self._executor, epoch=holder.epoch, grace_s=self._grace_s, changed=self._changed)
        for job in await self._store.running():
            self._see_through(runner.adopt(job))
        self._changed()
        while True:
            self._woken.clear()
            await self._start_what_may(runner, holder.epoch)
            await self._woken.wait()

    async def _start_what_may(self, runner: Runner, epoch: int) -> None:
        try:
            claimed = await self._store.claim(epoch=epoch, slots=self._slots, now=datetime.now(UTC))
        except TuiQueueError:
            logger.exception("the queue could not be read; waiting for the next change")
            return
        for job in claimed:
            self._see_through(runner.start(job))
        if claimed:
            self._changed()

    def _see_through(self, run: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(run)
        self._runs.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._runs.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a run could not be followed", exc_info=error)
        self.wake()


def _terminal() -> str:
    with suppress(OSError, ValueError, AttributeError):
        return os.ttyname(sys.stdin.fileno())
    return ""
