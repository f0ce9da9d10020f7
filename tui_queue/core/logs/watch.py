"""Tells when a log may have changed, without looking again and again where the kernel tells it."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress
from functools import partial

from tui_queue.core.system.worker_thread import in_thread

SOONEST_S = 0.1  # between two tellings
POLL_S = 0.25  # where the kernel can't tell
NET_S = 5.0  # the longest without a look: a file system of another machine does not tell


async def changes(paths: Collection[str]) -> AsyncGenerator[None, None]:
    """Yield whenever one of these files may have been made, written to, cut, replaced or deleted; never ends."""
    async with aclosing(
        _told({os.path.dirname(path) for path in paths}) if sys.platform == "linux" else _polled()
    ) as news:
        async for _ in news:
            yield
            await asyncio.sleep(SOONEST_S)


async def _polled() -> AsyncGenerator[None, None]:
    while True:
        yield
        await asyncio.sleep(POLL_S)


async def _told(directories: Collection[str]) -> AsyncGenerator[None, None]:
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
