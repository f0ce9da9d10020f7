"""The connection to the database on disk.

Everything done with it is one function that runs on the database's thread, so that no other coroutine can come between
its statements, and a cancelled caller leaves nothing half done. What writes shares a transaction with all that is
called while the one before is on its way to the disk: a commit costs the same for one as for twenty.
"""

import asyncio
import functools
import os
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import aiosqlite
from msgspec import Struct

from tui_queue.core.errors import StoreError, TuiQueueError
from tui_queue.core.store import schema, wal
from tui_queue.core.store.read_only import Source, is_obstacle
from tui_queue.core.store.wal import WriteGate
from tui_queue.core.units.printable import printable

ALONG_S = 0.02

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class _Write(Struct, frozen=True):
    work: Callable[[sqlite3.Connection], Any]
    done: asyncio.Future[Any]
    urgent: bool = True
    prepare: Callable[[], None] | None = None  # called before the transaction


class Database:
    """One connection; an async context manager.

    ``refusal`` says why nothing can be written, if so: then the database is only read, and each write refused.
    """

    def __init__(self, path: str, refusal: str = "") -> None:
        self._path = path
        self.refusal = refusal
        self._source: Source | None = None
        self._db: aiosqlite.Connection
        self._gate: WriteGate
        self._waiting: list[_Write] = []
        self._writer: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._late = False

    async def __aenter__(self) -> Self:
        _check_aiosqlite()
        if self.refusal:
            await self._open_to_read()
            return self
        try:
            await self._open_to_write()
        except StoreError as error:
            if not is_obstacle(error.__cause__):
                raise
            self.refusal = str(error)
            try:
                await self._open_to_read()
            except StoreError:
                raise error from None
        return self

    async def _open_to_read(self) -> None:
        # A connection of its own thread; the source has another one, which it can open again.
        self._db = await aiosqlite.connect(":memory:")
        self._source = Source(self._path)
        try:
            await self._on_thread(self._source.read, lambda _: None)
        except BaseException:
            await self._close()
            raise

    async def _open_to_write(self) -> None:
        try:
            # Created here, since SQLite would follow the umask; the journal takes over the mode.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._gate = WriteGate(self._path)
        except OSError as error:
            raise StoreError(
                f"{printable(self._path)}: can't be opened: {error.strerror}. Set TUI_QUEUE_HOME to another place."
            ) from error
        try:
            self._db = await aiosqlite.connect(self._path, isolation_level=None)
        except sqlite3.Error as error:
            self._gate.close()
            raise StoreError(f"{printable(self._path)}: {error}.") from error
        self._db.row_factory = sqlite3.Row
        try:
            await self._on_thread(wal.configure)
            await self._on_thread(self._migrate)
        except BaseException:
            await self._close()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._begin()
        if self._writer is not None:
            await self._writer
        await self._close()

    async def _close(self) -> None:
        if self._source is not None:
            await self._on_thread(self._source.close)
        else:
            self._gate.close()
        await self._db.close()

    def _migrate(self, db: sqlite3.Connection) -> None:
        with self._gate.writing(db):
            schema.migrate(db, self._path)

    async def write(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call ``verb`` with the connection in a transaction that is on disk when this returns, or never was."""
        return await self._put(functools.partial(_call, verb, args, kwargs))

    async def write_with(self, outside: Callable[[], V], verb: Callable[[sqlite3.Connection, V], T]) -> T:
        """Do the same with the value of ``outside``, which is called before the transaction and may read files."""
        found: list[V] = []
        return await self._put(lambda db: verb(db, found[-1]), prepare=lambda: found.append(outside()))

    def _put(
        self, work: Callable[[sqlite3.Connection], T], *, prepare: Callable[[], None] | None = None
    ) -> "asyncio.Future[T]":
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(work, done, prepare=prepare))
        self._begin()
        return done

    async def write_along(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do the same, but wait up to ``ALONG_S`` for somebody else's transaction to share."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Write(functools.partial(_call, verb, args, kwargs), done, urgent=False))
        if self._later is None:
            self._later = loop.call_later(ALONG_S, self._begin)
        return await done

    def _begin(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._late = bool(self._waiting)
        if self._writer is None and self._waiting:
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        """Write down what waits, and what comes meanwhile, until nothing waits."""
        while self._late or any(write.urgent for write in self._waiting):
            self._late = False
            writes, self._waiting = self._waiting, []
            try:
                outcomes = await self._on_thread(self._write_together, writes)
            except Exception as error:  # noqa: BLE001 - each caller gets it
                outcomes = [error] * len(writes)
            for write, outcome in zip(writes, outcomes, strict=True):
                if write.done.cancelled():
                    continue
                if isinstance(outcome, Exception):
                    write.done.set_exception(outcome)
                else:
                    write.done.set_result(outcome)
        self._writer = None

    def _write_together(self, db: sqlite3.Connection, writes: Sequence[_Write]) -> list[Any]:
        """Do each or, with its error, nothing of it; return the results."""
        if self._source is not None:
            self._source.refuse(db, writes[0].work, self.refusal)
        for write in writes:
            if write.prepare is not None:
                write.prepare()
        with self._gate.writing(db):
            try:
                return _transaction(db, "BEGIN IMMEDIATE", lambda db: [write.work(db) for write in writes])
            except TuiQueueError as refused:
                if len(writes) == 1:
                    return [refused]
        return [outcome for write in writes for outcome in self._write_together(db, [write])]

    async def read(self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``verb`` with the connection in a transaction that sees one state of the database."""
        work = functools.partial(_call, verb, args, kwargs)
        if self._source is not None:
            return await self._on_thread(self._source.read, lambda db: _transaction(db, "BEGIN", work))
        return await self._on_thread(_transaction, "BEGIN", work)

    async def _on_thread(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        # aiosqlite (0.22.1) offers single statements only; its own way to run a function on its thread is private.
        call = self._db._execute(work, self._db._conn, *args, **kw)  # type: ignore[no-untyped-call]
        try:
            result: T = await call
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise StoreError(f"{printable(self._path)}: {error}.") from error
        return result


def _check_aiosqlite() -> None:
    """Raise StoreError for a version of aiosqlite without the private names that ``_on_thread`` needs."""
    if missing := [name for name in ("_execute", "_conn") if not hasattr(aiosqlite.Connection, name)]:
        raise StoreError(
            f"This version of aiosqlite can't be used: its Connection has no {' and no '.join(missing)}. "
            "Install another: pip install 'aiosqlite>=0.22,<0.23'."
        )


def _call(verb: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object], db: sqlite3.Connection) -> T:
    return verb(db, *args, **kwargs)


def _transaction(db: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    db.execute(begin)
    try:
        result = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result
