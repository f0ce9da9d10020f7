"""Runs a function on the thread of a connection of aiosqlite, which offers single statements only."""

import sqlite3
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import aiosqlite

from tui_queue.core.errors import StoreError
from tui_queue.core.store.presence import RESTORE, is_damage
from tui_queue.core.units.printable import printable

P = ParamSpec("P")
T = TypeVar("T")


async def on_thread(
    connection: aiosqlite.Connection,
    path: str,
    work: Callable[Concatenate[sqlite3.Connection, P], T],
    *args: P.args,
    **kw: P.kwargs,
) -> T:
    """Return what ``work`` returns; ``path`` of the database is for the errors. Raises StoreError."""
    # aiosqlite's (0.22.1) own way to run a function on its thread is private.
    call = connection._execute(work, connection._conn, *args, **kw)  # type: ignore[no-untyped-call]
    try:
        result: T = await call
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        if is_damage(error):
            raise StoreError(f"{printable(path)} is damaged: {error}. {RESTORE}.") from error
        raise StoreError(f"{printable(path)}: {error}.") from error
    return result


async def connect_to_read(path: str) -> aiosqlite.Connection:
    """Open a database that another connection of this process has open; nothing can be written with this one."""
    connection = await aiosqlite.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    await on_thread(connection, path, _configure)
    return connection


def _configure(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA query_only = ON")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA wal_autocheckpoint = 0")


def end_without_closing(connection: aiosqlite.Connection) -> None:
    """End the thread of a connection that must not be closed: SQLite would tidy up files that are not its own."""
    import ctypes  # noqa: PLC0415 - hardly ever needed

    # One reference more than there are: the end of the interpreter does not close it either.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection._conn))
    connection._connection = None  # else the thread closes it at its end
    connection.stop()


def check_aiosqlite() -> None:
    """Raise StoreError for a version of aiosqlite without the private names that ``on_thread`` needs."""
    if missing := [name for name in ("_execute", "_conn") if not hasattr(aiosqlite.Connection, name)]:
        raise StoreError(
            f"This version of aiosqlite can't be used: its Connection has no {' and no '.join(missing)}. "
            "Install another: pip install 'aiosqlite>=0.22,<0.23'."
        )
