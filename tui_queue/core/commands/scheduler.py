"""The commands for the scheduler: who it is, and the end of the one in the background."""

import os
import signal
from contextlib import suppress
from functools import partial

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.errors import StoreError
from tui_queue.core.model.scheduling import Scheduling
from tui_queue.core.scheduling.background import is_background
from tui_queue.core.system import event_loop
from tui_queue.core.system.worker_thread import in_thread

POLL_S = 0.02
BEGUN_S = 20.0  # how long a background process may take to be ready to schedule
ENDED_S = 20.0  # and to end; it waits a second at most for hooks


class SchedulerCommands:
    """Look at the scheduler, and end the background process; what runs goes on. Errors are TuiQueueErrors."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context

    async def present(self) -> Scheduling:
        """Return who schedules now."""
        lease, store = self._context.lease, self._context.store
        holder = await store.runs.holder() if lease.is_held() else None
        return Scheduling(
            holder=holder,
            version="" if holder is None else await in_thread(partial(lease.version_of, holder.epoch)),
            background=None if store.is_elsewhere else await in_thread(self._context.background.pid),
        )

    async def stop(self) -> int | None:
        """End the background process in order; return its number, None where there is none. What runs goes on.

        Raises StoreError where it does not end.
        """
        self._context.require_host()
        if (pid := await self._ready()) is None:
            return None
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        for _ in range(int(ENDED_S / POLL_S)):
            if await in_thread(self._context.background.pid) not in (pid, 0):  # it takes back its number before it ends
                self._context.wake_listeners()
                return pid
            await event_loop.sleep(POLL_S)
        raise StoreError(
            f"Process {pid} was asked to end and has not ended within {ENDED_S:.0f} s; `kill -9 {pid}` ends it, and"
            " running jobs go on."
        )

    async def start(self) -> int:
        """Have a background process that is ready to schedule; return its number. Raises StoreError."""
        self._context.require_host()
        self._context.start_background()
        if (pid := await self._ready()) is None:
            raise StoreError("No scheduler came up in the background; `tui-queue doctor` says what is wrong.")
        return pid

    async def _ready(self) -> int | None:
        """Return the background process; one that has only just begun is waited for. Raises StoreError."""
        pid = await in_thread(self._context.background.pid)
        for _ in range(int(BEGUN_S / POLL_S)):
            if pid != 0:
                break
            await event_loop.sleep(POLL_S)
            pid = await in_thread(self._context.background.pid)
        if pid == 0:  # one of an older version, which does not say its number, is known if it schedules
            holder = (await self.present()).holder
            pid = 0 if holder is None else holder.pid
        if pid is not None and not is_background(pid):
            raise StoreError(
                "The scheduler in the background does not say which process it is; find it with `pgrep -f standby`."
            )
        return pid
