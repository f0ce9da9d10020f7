"""Checks what keeps the jobs of a queue safe: that nothing of the store is lost, its log, its backups."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from tui_queue.core.errors import StoreError
from tui_queue.core.model.health import Check, Level
from tui_queue.core.recovery.backups import KEPT, ROOM, Backups
from tui_queue.core.store.open_files import holder_without_log, read_only
from tui_queue.core.store.presence import ensure_not_lost
from tui_queue.core.units.sizes import size_text

LARGE_LOG = 32 << 20  # bytes; more than a log ever has where checkpoints are made
LATE_S = 2 * 86_400  # so much later the store was changed than its latest backup was made
REPAIR = "End all tui-queue processes, then `tui-queue doctor --repair`: it puts the file aside, restores a backup."


def lost_store(store: str) -> Check | None:
    """Return what is wrong where the store is lost, empty, or in use without its log; None where it can be read."""
    try:
        ensure_not_lost(store)
    except StoreError as error:
        found, _, _ = str(error).partition(" Nothing was changed.")
        return Check(name="store", level=Level.WRONG, found=found, advice=REPAIR)
    if os.path.exists(store) and (pid := holder_without_log(store)):
        return Check(
            name="store",
            level=Level.WRONG,
            found=f"{store}-wal or -shm was removed while process {pid} has the queue open",
            advice="`tui-queue list` has that process save what it knows.",
        )
    return None


def log_of_store(store: str) -> Iterator[Check]:
    """Look at the size of the write-ahead log."""
    size = os.path.getsize(f"{store}-wal") if os.path.exists(f"{store}-wal") else 0
    if size > LARGE_LOG:
        yield Check(
            name="log of store",
            level=Level.LOOK,
            found=f"{store}-wal has {size_text(size)} bytes: a process keeps an old state of the store open",
            advice=f"End that process; `fuser {store}` names those that have it open.",
        )


def missing_jobs(store: str) -> Iterator[Check]:
    """Say for a while that numbers were given which the store does not know."""
    try:
        with closing(sqlite3.connect(read_only(store), uri=True, timeout=10)) as db:
            row = db.execute("SELECT value FROM settings WHERE name = 'lacks'").fetchone()
    except sqlite3.Error:
        return
    if row is None:
        return
    first, last, at = map(int, row[0].split())
    since = datetime.fromtimestamp(at / 1e6, UTC)
    if datetime.now(UTC) - since < KEPT:
        yield Check(
            name="jobs",
            level=Level.LOOK,
            found=f"{first if first == last else f'{first} to {last}'}: added, and not in the store since"
            f" {since.astimezone():%Y-%m-%d %H:%M}: it was restored, replaced by an older copy, or lost queue.db-wal",
            advice="`tui-queue restore` lists the backups.",
        )


def backups(store: str) -> Iterator[Check]:
    """Look at the backups, and whether there is room for the next one."""
    if not os.path.exists(store):
        return
    kept = Backups(store)
    found = kept.all()
    shown = "none yet: a scheduler makes one a day"
    if found:
        size = size_text(sum(each.size for each in found))
        shown = f"{len(found)}, {size} bytes in all, the latest of {found[0].at.astimezone():%Y-%m-%d %H:%M}"
    if missing := kept.missing_room():
        yield Check(
            name="backups",
            level=Level.LOOK,
            found=f"{shown if found else 'none'}; no more are made: one takes over {100 // ROOM} % of the free room",
            advice=f"Make room, {size_text(missing)} bytes, or `tui-queue clean --older 30d`.",
        )
    elif found and os.path.getmtime(store) - found[0].at.timestamp() > LATE_S:
        yield Check(
            name="backups",
            level=Level.LOOK,
            found=shown,
            advice=f"See {os.path.join(os.path.dirname(store), 'tui-queue.log')} for why there is none of today.",
        )
    else:
        yield Check(name="backups", level=Level.OK, found=shown)
