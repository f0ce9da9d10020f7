"""Builds the parts of a queue and connects them."""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from tui_queue.core.commands.commands import Commands
from tui_queue.core.commands.context import CommandContext
from tui_queue.core.errors import StoreError, TuiQueueError
from tui_queue.core.execution.local import LocalExecutor
from tui_queue.core.model import health
from tui_queue.core.model.options import Full
from tui_queue.core.parsing.fields import log_bytes
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.scheduling import wakeup
from tui_queue.core.scheduling.background import Background
from tui_queue.core.scheduling.lease import Lease, Lock
from tui_queue.core.store.store import Store
from tui_queue.core.system.machine import Machine, lives
from tui_queue.core.units.printable import printable
from tui_queue.paths import Paths
from tui_queue.settings import SettingsFile, load_settings

if TYPE_CHECKING:
    from tui_queue.core.cleanup.cleaner import Cleaner
    from tui_queue.core.model.health import Check
    from tui_queue.core.scheduling.scheduler import Scheduler


class OpenQueue:
    """An open queue: its verbs, and a scheduler that runs once it is entered."""

    def __init__(self, paths: Paths, settings_file: SettingsFile, store: Store, *, standby: bool) -> None:
        self.paths = paths
        self.settings_file = settings_file
        self.settings = settings = settings_file.now()
        self.machine = Machine(paths.runs)
        self.lease = Lease(paths.state, standby=standby)
        self.background = Background(paths.state, enabled=settings.background)
        self.executor = LocalExecutor(
            paths.runs,
            python=lambda: settings_file.now().python,
            grace_s=lambda: settings_file.now().grace_s,
            log_size=lambda: log_bytes("log_size", settings_file.now().log_size),
            log_full=lambda: Full(settings_file.now().log_full or Full.KEEP),
        )
        self._store = store
        self._capacity = Capacity(
            slots=lambda: settings_file.now().slots,
            resources=settings.resources,
            gpus=self.machine.gpus,
            free=self.machine.free,
            lives=lives,
        )
        self.commands = Commands(
            CommandContext(
                store,
                self.executor,
                self.lease,
                self.background,
                cleaner=lambda: self._cleaner,
                capacity=self._capacity,
                wake=paths.wake,
                scripts=paths.scripts,
            )
        )

    def listen(self, changed: Callable[[], None], *, called: Callable[[], None] | None = None) -> wakeup.Listener:
        """Call ``changed`` in the event loop after each change by any process; an async context manager.

        ``called`` is for a scheduler: it is called for the changes that a scheduler has not made itself.
        """
        return wakeup.Listener(self.paths.wake, changed, called=called)

    async def close(self) -> None:
        """Let go of the runs, which go on, and delete what this process has put into the trash."""
        self.executor.close()
        if "_cleaner" in self.__dict__:
            await self._cleaner.close()

    @cached_property
    def _cleaner(self) -> "Cleaner":
        from tui_queue.core.cleanup.cleaner import Cleaner  # noqa: PLC0415 - few commands need it

        return Cleaner(self._store, self.executor, runs=self.paths.runs, scripts=self.paths.scripts)

    @cached_property
    def scheduler(self) -> "Scheduler":
        """What starts the jobs; an async context manager."""
        from tui_queue.core.scheduling.scheduler import Scheduler  # noqa: PLC0415 - few commands need it

        return Scheduler(
            self._store,
            self.executor,
            self.lease,
            capacity=self._capacity,
            cleaner=self._cleaner,
            limits=lambda: self.settings_file.now().limits,
            compress_after_s=lambda: self.settings_file.now().compress_after_s,
            channels=self.settings.notify,
            waker=wakeup.Waker(self.paths.wake),
        )


@asynccontextmanager
async def open_queue(paths: Paths | None = None, *, standby: bool = False) -> AsyncIterator[OpenQueue]:
    """Open the queue at ``paths``, or that the environment names; creates it if need be. Raises TuiQueueErrors.

    With ``standby`` its scheduler leaves the lease to a process in the foreground.
    """
    paths = paths or Paths.from_environment()
    _put_strange_runs_aside(paths)
    for directory in (paths.state, paths.runs, paths.wake):
        _make_private(directory)
    settings_file = SettingsFile(paths.settings)
    async with Store(paths.store) as store:
        queue = OpenQueue(paths, settings_file, store, standby=standby)
        try:
            yield queue
        finally:
            await queue.close()


def examine(paths: Paths) -> "Iterator[Check]":
    """Yield what there is to say about the queue at ``paths`` and the machine below it. Changes nothing."""
    from tui_queue.core.execution.watcher_trial import why_no_watcher_starts  # noqa: PLC0415 - as the next one
    from tui_queue.core.inspection import doctor  # noqa: PLC0415 - few commands need it

    yield from doctor.directories(paths.state, paths.settings)
    background = True
    try:
        background = load_settings(paths.settings).background
    except TuiQueueError as error:
        yield health.Check(name="settings", level=health.Level.WRONG, found=str(error), advice="Correct this line.")
    yield from doctor.file_system(paths.state)
    yield from doctor.database(paths.store)
    if os.path.exists(paths.store) and os.access(paths.state, os.W_OK | os.X_OK):
        stands_by = Lock(os.path.join(paths.state, "background")).is_taken()
        yield from doctor.scheduler(held=Lease(paths.state).is_held(), background=stands_by, allowed=background)
        yield from doctor.starts(paths.store)
    yield from doctor.watcher(why_no_watcher_starts())
    yield from doctor.terminal()
    yield from doctor.logind()
    yield from doctor.machine()


def _put_strange_runs_aside(paths: Paths) -> None:
    """Keep the runs of a database that is gone away from those of a new one, whose numbers begin with 1 again."""
    if not os.path.exists(paths.store) and os.path.isdir(paths.runs) and os.listdir(paths.runs):
        os.rename(paths.runs, f"{paths.runs}.of-lost-queue-{time.time_ns()}")


def _make_private(directory: str) -> None:
    shown = printable(directory)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{shown}: can't be created: {error.strerror}. Set TUI_QUEUE_HOME to another place.") from None
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise StoreError(f"{shown}: can't be written. Set TUI_QUEUE_HOME to another place.")
