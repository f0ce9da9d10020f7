"""The connection to the database on disk, or to a copy of it, and where that is wanted another one for reads.

Everything done with one is a function that runs on its thread, so that no other coroutine can come between its
statements, and a cancelled caller leaves nothing half done. What writes shares a transaction with all that is
called while the one before is on its way to the disk: a commit costs the same for one as for twenty. A command without
an event loop runs the function itself.
"""

import functools
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from msgspec import Struct

from tui_queue.core.errors import StoreError, TuiQueueError
from tui_queue.core.store import wal
from tui_queue.core.store.connection import Connection, call_with, check_aiosqlite, connect
from tui_queue.core.store.held import Held
from tui_queue.core.store.host_file import Owner
from tui_queue.core.store.numbers import NumbersFile, newest
from tui_queue.core.store.open_files import FilesRemovedError, FilesReplacedError
from tui_queue.core.store.read_only import Source, is_obstacle
from tui_queue.core.store.shared_database import SharedDatabase
from tui_queue.core.store.tenure import Tenure
from tui_queue.core.system import event_loop

if TYPE_CHECKING:
    import asyncio

ALONG_S = 0.05
AGAIN = (
    "The queue was moved to another host and back while this program had it open; start the program again to change it."
)
TRIES = 5  # at work while the log is removed again and again

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class _Write(Struct, frozen=True):
    work: Callable[[sqlite3.Connection], Any]
    urgent: bool = True
    prepare: Callable[[], None] | None = None  # called before the transaction


class OpenDatabase:
    """One connection, or two, for as long as the queue stays whose it is.

    ``refusal`` says why nothing can be written, if so: then the database is only read, and each write refused. With the
    ``tenure`` of another host a copy is read. ``wake`` has other processes notice that files of the database are gone.
    With ``reads_apart`` what writes never waits for what reads.
    """

    def __init__(self, path: str, refusal: str, tenure: Tenure, *, wake: Callable[[], None], reads_apart: bool) -> None:
        self.path = path
        self.refusal = refusal
        self.tenure = tenure
        self.is_copied = tenure.owner is Owner.OTHERS
        self.reads_apart = reads_apart
        self._held = Held(path, tenure.moved)
        self._shared = SharedDatabase(path, tenure, self._held, wake=wake)
        self._source: Source | None = None
        self._of_source: Connection  # for its thread; the source has another one, which it can open again
        self._numbers = NumbersFile(path)
        self._newest = 0
        self._waiting: list[tuple[_Write, asyncio.Future[Any]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._late = False
        self._is_unsynced = False  # whether the log holds a transaction that no sync has taken along

    async def open(self) -> None:
        """Open it. Raises StoreError."""
        check_aiosqlite()
        if not self.is_copied and self._held.has_outdated():
            self.refusal, self.is_copied = AGAIN, True
        if self.refusal or self.is_copied:
            await self._open_to_read()
            return
        try:
            await self._shared.open()
        except StoreError as error:
            if not is_obstacle(error.__cause__):
                raise
            self.refusal = str(error)
            try:
                await self._open_to_read()
            except StoreError:
                raise error from None

    @property
    def has_log(self) -> bool:
        """Whether changes go into a log first, so that a transaction need not be synced by itself."""
        return self._source is None and self._shared.has_log

    @property
    def lacks(self) -> range:
        """The numbers of jobs that were added before the database was opened and are not in it."""
        return self._shared.lacks

    async def _open_to_read(self) -> None:
        self._of_source = await connect(":memory:")
        self._source = Source(self.path, is_copied=self.is_copied)
        try:
            await self._on_connection(self._source.read, lambda _: None)
        except BaseException:
            await self._close_source(self._source)
            raise

    async def _close_source(self, source: Source) -> None:
        await self._on_connection(source.close)
        await self._of_source.close()

    async def close(self) -> None:
        """Write down what waits, and let go of it."""
        self._begin()
        if self._writer is not None:
            await self._writer
        if self._source is not None:
            await self._close_source(self._source)
        else:
            await self._shared.close()

    async def write(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call ``verb`` with the connection in a transaction that is on disk when this returns, or never was."""
        return await self._put(functools.partial(_call, verb, args, kwargs))

    async def write_with(self, outside: Callable[[], V], verb: Callable[[sqlite3.Connection, V], T]) -> T:
        """Do the same with the value of ``outside``, which is called before the transaction and may read files."""
        found: list[V] = []
        return await self._put(lambda db: verb(db, found[-1]), prepare=lambda: found.append(outside()))

    async def write_unsynced(self, outside: Callable[[], V], verb: Callable[[sqlite3.Connection, V], T]) -> T:
        """Do the same in a transaction of its own that is not synced; the next one that is takes it along."""
        if not self.has_log:
            return await self.write_with(outside, verb)
        return await self._with_files(self._write_unsynced, outside, verb)

    def _write_unsynced(
        self, db: sqlite3.Connection, outside: Callable[[], V], verb: Callable[[sqlite3.Connection, V], T]
    ) -> T:
        found = outside()
        with wal.unsynced(db), self._shared.gate.writing(db):
            self._shared.files.check()
            outcome = _transaction(db, "BEGIN IMMEDIATE", lambda db: self._do_one(db, verb, found))
        self._is_unsynced = True
        self._save_if_removed(db)
        return outcome

    def _empty_log(self, db: sqlite3.Connection) -> None:
        """Move what was not synced from the log into the database, after a sync that has failed.

        The kernel drops what it could not write as soon as it needs the memory, and says so once only.
        """
        self._is_unsynced = False
        with suppress(sqlite3.OperationalError), self._shared.gate.alone():
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _do_one(self, db: sqlite3.Connection, verb: Callable[[sqlite3.Connection, V], T], found: V) -> T:
        self.tenure.check_to_write()
        return verb(db, found)

    async def _put(self, work: Callable[[sqlite3.Connection], T], *, prepare: Callable[[], None] | None = None) -> T:
        write = _Write(work, prepare=prepare)
        if not event_loop.has_loop():
            result: T = await self._write_directly(write)
            return result
        done = self._wait(write)
        self._begin()
        return await done  # type: ignore[no-any-return]

    async def _write_directly(self, write: _Write) -> Any:
        (outcome,) = await self._with_files(self._write_synced, [write])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _wait(self, write: _Write) -> "asyncio.Future[Any]":
        import asyncio  # noqa: PLC0415 - most commands have no loop

        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, done))
        return done

    async def write_along(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do the same, but wait up to ``ALONG_S`` for the transaction of another caller to share."""
        done = self._wait(_Write(functools.partial(_call, verb, args, kwargs), urgent=False))
        if self._later is None:
            self._later = done.get_loop().call_later(ALONG_S, self._begin)
        result: T = await done
        return result

    def _begin(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._late = bool(self._waiting)
        if self._writer is None and self._waiting:
            import asyncio  # noqa: PLC0415 - as above

            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        """Write what waits, also what comes while it writes, until nothing waits."""
        while self._late or any(write.urgent for write, _ in self._waiting):
            self._late = False
            waiting, self._waiting = self._waiting, []
            try:
                outcomes = await self._with_files(self._write_synced, [write for write, _ in waiting])
            except Exception as error:  # noqa: BLE001 - each caller gets it
                outcomes = [error] * len(waiting)
            for (_, done), outcome in zip(waiting, outcomes, strict=True):
                if done.cancelled():
                    continue
                if isinstance(outcome, Exception):
                    done.set_exception(outcome)
                else:
                    done.set_result(outcome)
        self._writer = None

    def _write_synced(self, db: sqlite3.Connection, writes: Sequence[_Write]) -> list[Any]:
        try:
            return self._write_together(db, writes)
        except sqlite3.OperationalError as error:
            if self._is_unsynced and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_IOERR:
                self._empty_log(db)
            raise

    def _write_together(self, db: sqlite3.Connection, writes: Sequence[_Write]) -> list[Any]:
        """Do each or, with its error, nothing of it; return the results."""
        if self._source is not None:
            if self.tenure.owner is Owner.OTHERS:
                self.tenure.check_to_write()
            self._source.refuse(db, writes[0].work, self.refusal)
        for write in writes:
            if write.prepare is not None:
                write.prepare()
        with self._shared.gate.writing(db):
            self._shared.files.check()
            try:
                outcomes = _transaction(db, "BEGIN IMMEDIATE", functools.partial(self._do_all, writes))
                self._is_unsynced = False
            except TuiQueueError as refused:
                if len(writes) == 1:
                    return [refused]
                outcomes = None
        if outcomes is None:
            return [self._write_alone(db, write) for write in writes]
        self._make_sure(db)
        return outcomes

    def _do_all(self, writes: Sequence[_Write], db: sqlite3.Connection) -> list[Any]:
        # Behind the lock: a host that takes over has to wait for this transaction at most.
        self.tenure.check_to_write()
        outcomes = [write.work(db) for write in writes]
        self._newest = newest(db)
        return outcomes

    def _write_alone(self, db: sqlite3.Connection, write: _Write) -> Any:
        try:
            return self._write_together(db, [write])[0]
        except StoreError as error:  # those before it are stored: they are not done again
            return error

    def _save_if_removed(self, db: sqlite3.Connection) -> None:
        """Make sure that what was stored has not gone into a file that was removed at that moment."""
        try:
            self._shared.files.check()
        except (FilesRemovedError, FilesReplacedError):
            self._shared.save_log(db)

    def _make_sure(self, db: sqlite3.Connection) -> None:
        self._save_if_removed(db)
        with suppress(OSError):  # the next one that adds a job tries again
            self._numbers.note(self._newest)

    async def read(self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``verb`` with the connection in a transaction that sees one state of the database."""
        work = functools.partial(_call, verb, args, kwargs)
        if self._source is not None:
            return await self._on_connection(self._read_source, self._source, work)
        if (
            self.reads_apart and self._shared.has_log
        ):  # without a log of changes readers and writers lock each other out
            return await self._tried(lambda: self._shared.on_reading_connection(self._read, work))
        return await self._with_files(self._read, work)

    def _read(self, db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        self.tenure.check_to_read()
        self._shared.files.check()
        return _transaction(db, "BEGIN", work)

    def _read_source(self, db: sqlite3.Connection, source: Source, work: Callable[[sqlite3.Connection], T]) -> T:
        self.tenure.check_to_read()
        return source.read(db, lambda found: _transaction(found, "BEGIN", work))

    async def _with_files(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """Do ``work``, which begins with a check of the files; where some are removed, once more with new ones."""
        if self._source is not None:
            return await self._on_connection(work, *args, **kw)
        return await self._tried(lambda: self._on_connection(work, *args, **kw))

    async def _tried(self, attempt: Callable[[], Awaitable[T]]) -> T:
        for _ in range(TRIES):
            if not self._shared.is_open:
                await self._shared.open_again()
            try:
                return await attempt()
            except (FilesRemovedError, FilesReplacedError):
                await self._shared.open_again()
        return await attempt()

    async def _on_connection(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        if self._source is not None:
            return await call_with(self._of_source, self.path, work, *args, **kw)
        return await self._shared.on_connection(work, *args, **kw)


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
