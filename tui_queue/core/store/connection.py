"""Connections to a database, on which whole functions are run: single statements could be torn apart.

In an event loop it is a connection of aiosqlite, and functions run on its thread. Without a loop there is nothing to
hold up, and they run where they are called.
"""

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from tui_queue.core.errors import StoreError
from tui_queue.core.store.presence import RESTORE, is_damage
from tui_queue.core.system import event_loop
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    import aiosqlite

P = ParamSpec("P")
T = TypeVar("T")


class Connection(Protocol):
    """A connection to a database; what is done with it is a function that is called with the connection of SQLite."""

    async def on_connection(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """Return what ``work`` returns. Raises what it raises."""

    async def close(self) -> None:
        """Close it."""

    def leave(self) -> None:
        """Let go of it without closing it: SQLite would tidy up files that are not its own."""


def check_aiosqlite() -> None:
    """Raise StoreError for a version of aiosqlite without the private names that are needed with an event loop."""
    if not event_loop.has_loop():
        return
    import aiosqlite  # noqa: PLC0415 - few commands have a loop

    if missing := [name for name in ("_execute", "_conn") if not hasattr(aiosqlite.Connection, name)]:
        raise StoreError(
            f"This version of aiosqlite can't be used: its Connection has no {' and no '.join(missing)}. "
            "Install another: pip install 'aiosqlite>=0.22,<0.23'."
        )


async def connect(path: str) -> Connection:
    """Open the database at ``path``, whose transactions the caller begins and ends. Raises StoreError."""
    if event_loop.has_loop():
        import aiosqlite  # noqa: PLC0415 - as above

        opened = await aiosqlite.connect(path, isolation_level=None)
        opened.row_factory = sqlite3.Row
        return _OnThread(opened)
    direct = sqlite3.connect(path, isolation_level=None)
    direct.row_factory = sqlite3.Row
    return _Direct(direct)


async def connect_to_read(path: str) -> Connection:
    """Open a database that another connection of this process has open; nothing can be written with this one."""
    connection = await connect(path)
    await call_with(connection, path, _configure)
    return connection


async def call_with(
    connection: Connection,
    path: str,
    work: Callable[Concatenate[sqlite3.Connection, P], T],
    *args: P.args,
    **kw: P.kwargs,
) -> T:
    """Return what ``work`` returns; ``path`` of the database is for the errors. Raises StoreError."""
    try:
        return await connection.on_connection(work, *args, **kw)
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        if is_damage(error):
            raise StoreError(f"{printable(path)} is damaged: {error}. {RESTORE}.") from error
        raise StoreError(f"{printable(path)}: {error}.") from error


class _OnThread:
    """A connection of aiosqlite."""

    def __init__(self, connection: "aiosqlite.Connection") -> None:
        self._db = connection

    async def on_connection(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        # aiosqlite's (0.22.1) own way to run a function on its thread is private.
        result: T = await self._db._execute(work, self._db._conn, *args, **kw)  # type: ignore[no-untyped-call]
        return result

    async def close(self) -> None:
        await self._db.close()

    def leave(self) -> None:
        _keep_for_ever(self._db._conn)
        self._db._connection = None  # else the thread closes it at its end
        self._db.stop()


class _Direct:
    """A connection on the thread of its caller."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    async def on_connection(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        return work(self._db, *args, **kw)

    async def close(self) -> None:
        self._db.close()

    def leave(self) -> None:
        _keep_for_ever(self._db)


def _keep_for_ever(connection: sqlite3.Connection) -> None:
    import ctypes  # noqa: PLC0415 - hardly ever needed

    # One reference more than there are: the end of the interpreter does not close it either.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _configure(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA query_only = ON")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA wal_autocheckpoint = 0")
