"""Takes in the jobs that other hosts have left, and notices when one of them takes the queue over."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from tui_queue.core.errors import OtherHostError, StoreError, TuiQueueError
from tui_queue.core.store.incoming import Incoming, Request
from tui_queue.core.store.store import Store
from tui_queue.core.system.worker_thread import in_thread

POLL_S = 1.0  # nothing wakes this host for what another one writes
LISTED_S = 30.0  # a file whose bell was lost is found after so long

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
        """Look now and then, until cancelled."""
        while True:
            pause_s = POLL_S
            try:
                await self._look()
            except OtherHostError:
                self._changed()
            except (TuiQueueError, OSError):
                logger.exception("could not take in the jobs of other hosts; trying again")
                pause_s = LISTED_S
            await asyncio.sleep(pause_s)

    async def _look(self) -> None:
        if self._store.host is not None:
            await in_thread(self._store.host.check)
        bell, now = await in_thread(self._incoming.bell), time.monotonic()
        if bell == self._bell and now - self._listed_at < LISTED_S:
            return
        requests = await in_thread(lambda: list(self._incoming.requests()))
        for request in requests:
            await self._take_in(request)
        if requests or self._bell is None:
            await self._store.taking_in.forget()
            await in_thread(self._incoming.sweep)
        self._bell, self._listed_at = bell, now

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
