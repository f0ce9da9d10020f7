"""Has the backup of the day made while a process schedules, in a thread and in silence."""

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime
from functools import partial

from tui_queue.core.errors import StoreError
from tui_queue.core.recovery.backups import Backups
from tui_queue.core.system.worker_thread import in_thread

CHECK_S = 3600.0  # between two looks whether a new day has begun

logger = logging.getLogger(__name__)


async def keep_daily_backups(path: str) -> None:
    """Make a backup of the store at ``path`` on each day; until it is cancelled."""
    backups = Backups(path)
    while True:
        try:
            # By a connection of its own that only reads: no claim waits for it.
            await in_thread(partial(backups.make_daily, now=datetime.now(UTC)))
        except (StoreError, OSError, sqlite3.Error):
            logger.exception("could not make the daily backup; trying again later")
        await asyncio.sleep(CHECK_S)
