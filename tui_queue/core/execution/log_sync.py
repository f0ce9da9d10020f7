"""Puts the output of ended runs on disk.

Runs that end at about the same time share a sync: the first file takes the file system's journal along for the others.
"""

import asyncio
import logging
import os

from tui_queue.core.execution.watcher.disk import sync_output
from tui_queue.core.units.printable import printable

TOGETHER_S = 0.02

logger = logging.getLogger(__name__)


class LogSync:
    """The logs that are to be on disk next."""

    def __init__(self) -> None:
        self._logs: list[bytes] = []
        self._sync: asyncio.Task[None] | None = None

    async def secure(self, log: str) -> None:
        """Put a log on disk, together with those that other runs ask for within ``TOGETHER_S``."""
        try:
            if not os.path.getsize(log):
                return
        except OSError:  # the user has deleted it
            return
        self._logs.append(os.fsencode(log))
        if self._sync is None:
            self._sync = asyncio.create_task(self._sync_soon())
        await asyncio.shield(self._sync)

    async def _sync_soon(self) -> None:
        await asyncio.sleep(TOGETHER_S)
        logs, self._logs, self._sync = self._logs, [], None
        await asyncio.to_thread(_sync_all, logs)  # a log of many gigabytes does not hold up the event loop


def _sync_all(logs: list[bytes]) -> None:
    for log in logs:
        if (error := sync_output(log)) is not None:
            logger.error("%s: parts of the output may be missing: %s", printable(os.fsdecode(log)), error.strerror)
