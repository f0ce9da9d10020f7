"""Notifies of logs that may have changed: by inotify where there is one, else by polling."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress
from functools import partial

from tui_queue.core.system.worker_thread import in_thread

SOONEST_S = 0.1  # between two notifications
POLL_S = 0.25  # without inotify
NET_S = 5.0  # at most between two: inotify misses writes of other machines to a network file system


async def changes(paths: Collection[str]) -> AsyncGenerator[None, None]:
    """Yield whenever one of these files may have been created, written to, cut, replaced or deleted; never ends."""
    async with aclosing(
        _notified({os.path.dirname(path) for path in paths}) if sys.platform == "linux" else _polled()
    ) as notifications:
        async for _ in notifications:
            yield
            await asyncio.sleep(SOONEST_S)


async def _polled() -> AsyncGenerator[None, None]:
    while True:
        yield
        await asyncio.sleep(POLL_S)


async def _notified(directories: Collection[str]) -> AsyncGenerator[None, None]:
    from asyncinotify import Inotify, Mask  # noqa: PLC0415 - only on Linux, and only where a log is followed

    try:
        inotify = Inotify()
    except OSError:  # too many of them on this machine
        inotify = None
    if inotify is not None:
        with inotify, suppress(OSError):  # there is no such directory, or too many watches
            for directory in directories:
                what = Mask.MODIFY | Mask.CREATE | Mask.MOVED_TO | Mask.DELETE
                await in_thread(partial(inotify.add_watch, directory, what))
            while True:
                yield
                with suppress(TimeoutError):
                    async with asyncio.timeout(NET_S):
                        await inotify.get()
    async for _ in _polled():
        yield
