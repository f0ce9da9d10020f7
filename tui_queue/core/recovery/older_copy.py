"""Settles a store that turns out to be older than the numbers that were given, when it is opened."""

import logging
import os
import sqlite3
from datetime import UTC, datetime
from functools import partial

from tui_queue.core.recovery.runs_on_disk import RunsOnDisk
from tui_queue.core.recovery.settlement import Settled, put_unknown_aside, settle
from tui_queue.core.store.database import Database
from tui_queue.core.store.numbers import NumbersFile, newest
from tui_queue.core.system.worker_thread import in_thread
from tui_queue.core.units.printable import printable

logger = logging.getLogger(__name__)


async def settle_older_copy(database: Database, path: str) -> None:
    """Settle the open store at ``path``, which lacks jobs, and say so; once, whichever process is first."""
    state = os.path.dirname(path)
    runs = await in_thread(partial(RunsOnDisk, os.path.join(state, "runs")))
    limit = NumbersFile(path).limit()
    settled = await database.write(_settle, runs, limit, database.lacks.stop - 1)
    if settled is None:
        return
    aside = await in_thread(partial(put_unknown_aside, state, settled))
    logger.warning("%s", _report(path, database.lacks, settled, aside))


def _settle(db: sqlite3.Connection, runs: RunsOnDisk, limit: int, given: int) -> Settled | None:
    if newest(db) >= given:
        return None
    return settle(db, runs, limit=max(limit, given), now=datetime.now(UTC))


def _report(path: str, lacks: range, settled: Settled, aside: str) -> str:
    numbers = f"job {lacks[0]}" if len(lacks) == 1 else f"jobs {lacks[0]} to {lacks[-1]}"
    parts = [
        f"{printable(path)} lacks {numbers}: it was replaced by an older copy, or queue.db-wal was removed.",
        "`tui-queue restore` lists the backups.",
    ]
    if settled.held:
        parts.append(f"{len(settled.held)} jobs that may have run since are held; release runs them.")
    if aside:
        parts.append(f"Runs of jobs that it does not know are in {printable(aside)}.")
    return " ".join(parts)
