"""Has the backup of the day made while a process schedules, in a thread and in silence."""

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime
from functools import partial

from tui_queue.core.errors import StoreError
from tui_queue.core.recovery.backups import Backups
from tui_queue.core.store.database import Database
from tui_queue.core.store.numbers import newest
from tui_queue.core.system.worker_thread import in_thread

CHECK_S = 3600.0  # between two looks whether a new day has begun

logger = logging.getLogger(__name__)


async def keep_daily_backups(database: Database) -> None:
    """Make a backup of the store on each day; until it is cancelled."""
    backups = Backups(database.path)
    while True:
        try:
            await database.read(newest)  # raises where its files are gone, which another connection would make anew
            # By a connection of its own that only reads: no claim waits for it.
            await in_thread(partial(backups.make_daily, now=datetime.now(UTC)))
        except (StoreError, OSError, sqlite3.Error):
            logger.exception("could not make the daily backup; trying again later")
        await asyncio.sleep(CHECK_S)
