"""Starts what may start now, sleeps until something changes."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Self

from tui_queue.core.boot import boot_id
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.executors import Executor
from tui_queue.core.lease import Lease
from tui_queue.core.runner import Runner
from tui_queue.core.store import Store

LOOK_S = 30.0  # after this long it looks without having been woken: who changed something may have died at once
RETRY_S = 1.0  # after an error of the store, a full disk say

Run = Callable[[], Coroutine[None, None, None]]

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
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._executor = executor
        self._lease = lease
        self._slots = slots
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
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        self._lease.release()

    async def _schedule(self) -> None:
        while True:
            try:
                await self._lease.announce()
                self._changed()
                await self._lease.acquire(away=self.wake)
                await self._lead()
            except Exception:  # whatever it is: without a scheduler nothing would ever start
                logger.exception("scheduling failed; trying again")
                await asyncio.sleep(RETRY_S)
            finally:
                await self._let_go_of_runs()
                self._executor.close()
                self._lease.hand_over()

    async def _lead(self) -> None:
        """Schedule until somebody in the foreground wants to, or somebody else does already."""
        holder = await self._store.take_lease(
            pid=os.getpid(), host=socket.gethostname(), tty=_terminal(), now=datetime.now(UTC)
        )
        self._executor.warm_up()
        runner = Runner(
            self._store,
            self._executor,
            epoch=holder.epoch,
            changed=self._changed,
            over=self.wake,
        )
        boot = boot_id()
        for job, of_boot in await self._store.running():
            adopt = partial(runner.adopt, job, rebooted=of_boot not in ("", boot))
            self._see_through(adopt, again=adopt)
        self._changed()
        while self._lease.held and not self._lease.wanted:
            self._woken.clear()
            claimed = await self._store.claim(epoch=holder.epoch, slots=self._slots, boot=boot, now=datetime.now(UTC))
            if claimed is None:
                logger.warning("another scheduler has taken over: this one was stopped or too slow")
                return
            for job in claimed:
                self._see_through(partial(runner.start, job), again=partial(runner.adopt, job))
            if claimed:
                self._changed()
            # Not wait_for: it swallows a cancellation that comes together with the event (Python 3.11).
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._woken.wait()

    def _see_through(self, run: Run, *, again: Run) -> None:
        async def until_its_end() -> None:
            try:
                await run()
            except (TuiQueueError, OSError):
                # The end lies safe in the run's own files: it is written down when that is possible again.
                logger.exception("what became of a run could not be stored; trying again")
                await asyncio.sleep(RETRY_S)
                self._see_through(again, again=again)

        task = asyncio.create_task(until_its_end())
        self._runs.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._runs.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a run could not be followed", exc_info=error)

    async def _let_go_of_runs(self) -> None:
        runs = list(self._runs)
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)


def _terminal() -> str:
    with suppress(OSError, ValueError, AttributeError):
        return os.ttyname(sys.stdin.fileno())
    return ""
