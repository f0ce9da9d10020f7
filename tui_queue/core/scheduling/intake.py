"""Takes in the jobs that other hosts have left, and notices when one of them takes the queue over."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from tui_queue.core.errors import OtherHostError, StoreError, TuiQueueError
from tui_queue.core.inspection.file_systems import file_system_of, is_of_one_kernel
from tui_queue.core.store.incoming import Incoming, Request
from tui_queue.core.store.store import Store
from tui_queue.core.system.file_events import ATTRIB, DELETE_SELF, MODIFY, MOVE_SELF, MOVED_TO, FileEvents
from tui_queue.core.system.worker_thread import in_thread

POLL_S = 1.0  # on a file system that another machine writes to: nothing tells this one
LISTED_S = 30.0  # after which a file whose bell was lost is found there
NET_S = 300.0  # between two looks where the kernel tells of each change
LEFT = MOVED_TO | MODIFY  # what another host does to the directory of jobs that it leaves
TAKEN_OVER = MODIFY | ATTRIB | DELETE_SELF | MOVE_SELF  # to the file that names the host; ATTRIB: it has one name less

logger = logging.getLogger(__name__)


class Intake:
    """The doorman of the host that has the queue: looks for jobs as long as it schedules."""

    def __init__(self, store: Store, incoming: Incoming, *, changed: Callable[[], None]) -> None:
        """Call ``changed`` after jobs were added, and when the queue has gone to another host."""
        self._store = store
        self._incoming = incoming
        self._changed = changed
        self._bell: tuple[int, bytes] | None = None  # as it was heard last
        self._listed_at = 0.0

    async def run(self) -> None:
        """Look after each change, or where nothing tells of them now and then, until cancelled."""
        events = await self._events()
        try:
            while True:
                told = events if events is not None and await in_thread(partial(self._watch, events)) else None
                await self._wait(told, await self._look_safely(told))
        finally:
            if events is not None:
                events.close()

    async def _events(self) -> FileEvents | None:
        """Return what tells of changes; None on a file system that other machines may write to past this kernel."""
        if is_of_one_kernel(await in_thread(lambda: file_system_of(self._incoming.directory))):
            with suppress(OSError):
                return FileEvents()
        return None

    def _watch(self, events: FileEvents) -> bool:
        """Have the next changes told; return False where they can't be."""
        try:
            self._incoming.make()
            events.watch(self._incoming.directory, LEFT)
            if self._store.host is not None:
                events.watch(self._store.host.path, TAKEN_OVER)
        except OSError:
            return False
        return True

    async def _look_safely(self, told: FileEvents | None) -> float:
        """Look; return after how many seconds to do so again if nothing is told before."""
        try:
            await self._look(always=told is not None)
        except OtherHostError:
            self._changed()
            return POLL_S
        except (TuiQueueError, OSError):
            logger.exception("could not take in the jobs of other hosts; trying again")
            return LISTED_S
        return POLL_S if told is None else NET_S

    @staticmethod
    async def _wait(told: FileEvents | None, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await (asyncio.sleep(seconds) if told is None else told.next())

    async def _look(self, *, always: bool) -> None:
        bell, now = await in_thread(self._heard), time.monotonic()
        if not always and bell == self._bell and now - self._listed_at < LISTED_S:
            return
        requests = await in_thread(lambda: list(self._incoming.requests()))
        for request in requests:
            await self._take_in(request)
        if requests or self._bell is None:
            await self._store.taking_in.forget()
            await in_thread(self._incoming.sweep)
        self._bell, self._listed_at = bell, now

    def _heard(self) -> tuple[int, bytes] | None:
        """Return the bell, if this host still has the queue. Raises OtherHostError."""
        if self._store.host is not None:
            self._store.host.check()
        return self._incoming.bell()

    async def _take_in(self, request: Request) -> None:
        """Take in one request; its jobs are in the database, and on disk, before its host hears of it."""
        try:
            numbers = await self._store.taking_in.take(request, now=datetime.now(UTC))
        except OtherHostError:
            raise
        except TuiQueueError as error:
            if request.promised or isinstance(error, StoreError):
                raise  # it is tried again
            if not await in_thread(partial(self._incoming.refuse, request, str(error))):
                await self._take_in(replace(request, promised=True))
        else:
            await in_thread(partial(self._incoming.accept, request, numbers))
            self._changed()
