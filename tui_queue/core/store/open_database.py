"""One connection to the database on disk, or to a copy of it.

Everything done with it is one function that runs on the database's thread, so that no other coroutine can come between
its statements, and a cancelled caller leaves nothing half done. What writes shares a transaction with all that is
called while the one before is on its way to the disk: a commit costs the same for one as for twenty.
"""

import asyncio
import functools
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiosqlite
from msgspec import Struct

from tui_queue.core.errors import StoreError, TuiQueueError
from tui_queue.core.store import schema, wal
from tui_queue.core.store.held import Held
from tui_queue.core.store.host_file import Owner
from tui_queue.core.store.lock_file import LockFile, LockTakenError, opening_lock
from tui_queue.core.store.numbers import NumbersFile, newest
from tui_queue.core.store.open_files import (
    FilesRemovedError,
    FilesReplacedError,
    OpenFiles,
    holder_without_log,
    replaced,
)
from tui_queue.core.store.presence import RESTORE, ensure_not_lost, ensure_present, is_damage
from tui_queue.core.store.read_only import Source, is_obstacle
from tui_queue.core.store.tenure import Tenure
from tui_queue.core.store.wal import WriteGate
from tui_queue.core.units.printable import printable

ALONG_S = 0.02
AGAIN = (
    "The queue was moved to another host and back while this program had it open; start the program again to change it."
)
TRIES = 5  # to open a database whose log is removed at that moment

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class _Write(Struct, frozen=True):
    work: Callable[[sqlite3.Connection], Any]
    done: asyncio.Future[Any]
    urgent: bool = True
    prepare: Callable[[], None] | None = None  # called before the transaction


class OpenDatabase:
    """One connection, for as long as the queue stays whose it is.

    ``refusal`` says why nothing can be written, if so: then the database is only read, and each write refused. With the
    ``tenure`` of another host a copy is read. ``wake`` has other processes notice that files of the database are gone.
    ``lacks`` are the numbers of jobs that were added before it was opened and are not in it.
    """

    def __init__(self, path: str, refusal: str, tenure: Tenure, *, wake: Callable[[], None]) -> None:
        self.path = path
        self.refusal = refusal
        self.tenure = tenure
        self.is_copied = tenure.owner is Owner.OTHERS
        self._held = Held(path, tenure.moved)
        self._source: Source | None = None
        self._wake = wake
        self.lacks = range(0)
        self._db: aiosqlite.Connection
        self._gate: WriteGate
        self._opening: LockFile
        self._files: OpenFiles
        self._is_connected = False
        self._is_open = False
        self._is_stuck = False  # it keeps a connection that must not be closed; SQLite allows no sound one beside that
        self._reopening = asyncio.Lock()
        self._numbers = NumbersFile(path)
        self._newest = 0
        self._waiting: list[_Write] = []
        self._writer: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._late = False

    async def open(self) -> None:
        """Open it. Raises StoreError."""
        _check_aiosqlite()
        if not self.is_copied and self._held.has_outdated():
            self.refusal, self.is_copied = AGAIN, True
        if self.refusal or self.is_copied:
            await self._open_to_read()
            return
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

    async def _open_to_read(self) -> None:
        # A connection of its own thread; the source has another one, which it can open again.
        self._db = await aiosqlite.connect(":memory:")
        self._source = Source(self.path, is_copied=self.is_copied)
        try:
            await self._on_thread(self._source.read, lambda _: None)
        except BaseException:
            await self._close_source(self._source)
            raise

    async def _close_source(self, source: Source) -> None:
        await self._on_thread(source.close)
        await self._db.close()

    async def _open_to_write(self) -> None:
        try:
            self._opening = opening_lock(self.path)
            self._gate = WriteGate(self.path)
        except OSError as error:
            raise self._unopened(error) from error
        try:
            await self._connect()
        except BaseException:
            self._close_locks()
            raise

    def _unopened(self, error: OSError) -> StoreError:
        return StoreError(
            f"{printable(self.path)}: can't be opened: {error.strerror}. Set TUI_QUEUE_HOME to another place."
        )

    def _close_locks(self) -> None:
        self._gate.close()
        self._opening.close()

    async def close(self) -> None:
        """Write down what waits, and let go of it."""
        self._begin()
        if self._writer is not None:
            await self._writer
        if self._source is not None:
            await self._close_source(self._source)
        else:
            await self._disconnect()
            self._close_locks()

    async def _connect(self) -> None:
        """Connect to the database, with its newest schema."""
        for _ in range(TRIES):
            if await self._has_connected():
                break
            await ensure_present(self.path, wake=self._wake)
        else:
            raise StoreError(
                f"{printable(self.path)}-wal or -shm was removed again and again while the queue was being opened; stop"
                " what removes it, and try again."
            )
        try:
            await self._on_thread(self._migrate)
        except BaseException:
            await self._disconnect()
            raise
        self._is_open = True

    async def _has_connected(self) -> bool:
        """Connect, while no other process opens or closes the database, unless one knows more than its files hold.

        The last one that closes a database removes its log, and the next one that opens it makes another. Behind the
        lock neither can be mistaken for a user who removes the log of others.
        """
        try:
            async with self._opening.held_async():
                ensure_not_lost(self.path)
                if self._is_stuck:
                    raise replaced(self.path)
                if holder_without_log(self.path):
                    return False
                try:
                    await self._connect_once()
                except FilesRemovedError:
                    return False
                if not self._files.is_beside_others():
                    return True
                # The user has removed the log just now.
                await self._let_go()
                with self._gate.alone():
                    self._files.remove_new_log()
                return False
        except LockTakenError:
            raise StoreError(
                f"{printable(self.path)}: another process has been opening or closing the queue for a minute;"
                f" `fuser {printable(self.path)}-open` names it. End it, and try again."
            ) from None

    async def _connect_once(self) -> None:
        self._make_file()
        self._files = OpenFiles(self.path)
        self._db = await aiosqlite.connect(self.path, isolation_level=None)
        self._is_connected = True
        self._held.opened()
        self._db.row_factory = sqlite3.Row
        try:
            has_log = await self._on_thread(wal.configure)
            self._files.remember_others(wal=has_log)
        except BaseException:
            await self._let_go()
            raise

    def _make_file(self) -> None:
        # SQLite would follow the umask; the journal takes over the mode. A database that exists is not opened: to close
        # it would give back what another connection of this process has locked.
        if not os.path.exists(self.path):
            try:
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            except OSError as error:
                raise self._unopened(error) from error

    async def _disconnect(self) -> None:
        """Close the connection while no other process opens the database; without that lock leave it."""
        if self._is_connected:
            try:
                async with self._opening.held_async():
                    await self._let_go()
            except LockTakenError:
                self._leave()

    async def _let_go(self) -> None:
        is_kept, was_open, self._is_open = self.tenure.is_kept, self._is_open, False
        ours = await (self._on_thread(lambda _: is_kept()) if was_open else asyncio.to_thread(is_kept))
        if ours and self._files.can_be_closed():
            self._is_connected = False
            await self._db.close()
            self._held.closed()
            return
        if not ours:
            self._held.left()
        self._leave()
        self._is_stuck = ours and not self._files.is_another

    def _leave(self) -> None:
        self._is_connected = self._is_open = False
        _end_without_closing(self._db)

    async def _connect_again(self) -> None:
        """Save what the removed log of the database held, and open the database with a new one."""
        async with self._reopening:
            if self._is_open:
                with suppress(FilesRemovedError, FilesReplacedError):
                    self._files.check()
                    return  # another caller has done it
                await self._on_thread(self._save_log)
                await self._disconnect()
            await asyncio.to_thread(self.tenure.check_to_write)
            await self._connect()

    def _save_log(self, db: sqlite3.Connection) -> None:
        from tui_queue.core.store.saving import save_removed_log  # noqa: PLC0415 - hardly ever needed

        self.tenure.check_to_write()  # a host that takes over removes files too: then the log is another host's
        save_removed_log(db, self._gate, self._files, self.path)

    def _migrate(self, db: sqlite3.Connection) -> None:
        with self._gate.writing(db):
            schema.migrate(db, self.path)
        self.lacks = range(newest(db) + 1, self._numbers.highest() + 1)

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
                outcomes = await self._with_files(self._write_together, writes)
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
            if self.tenure.owner is Owner.OTHERS:
                self.tenure.check_to_write()
            self._source.refuse(db, writes[0].work, self.refusal)
        for write in writes:
            if write.prepare is not None:
                write.prepare()
        with self._gate.writing(db):
            self._files.check()
            try:
                outcomes = _transaction(db, "BEGIN IMMEDIATE", functools.partial(self._do_all, writes))
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

    def _make_sure(self, db: sqlite3.Connection) -> None:
        """Make sure that what was stored has not gone into a file that was removed at that moment."""
        try:
            self._files.check()
        except (FilesRemovedError, FilesReplacedError):
            self._save_log(db)
        with suppress(OSError):  # the next one that adds a job tries again
            self._numbers.note(self._newest)

    async def read(self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``verb`` with the connection in a transaction that sees one state of the database."""
        work = functools.partial(_call, verb, args, kwargs)
        if self._source is not None:
            return await self._on_thread(self._read_source, self._source, work)
        return await self._with_files(self._read, work)

    def _read(self, db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
        self.tenure.check_to_read()
        self._files.check()
        return _transaction(db, "BEGIN", work)

    def _read_source(self, db: sqlite3.Connection, source: Source, work: Callable[[sqlite3.Connection], T]) -> T:
        self.tenure.check_to_read()
        return source.read(db, lambda found: _transaction(found, "BEGIN", work))

    async def _with_files(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """Do ``work``, which begins with a check of the files; where some are removed, once more with new ones."""
        if self._source is not None:
            return await self._on_thread(work, *args, **kw)
        for _ in range(TRIES):
            if not self._is_open:
                await self._connect_again()
            try:
                return await self._on_thread(work, *args, **kw)
            except (FilesRemovedError, FilesReplacedError):
                await self._connect_again()
        return await self._on_thread(work, *args, **kw)

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
            if is_damage(error):
                raise StoreError(f"{printable(self.path)} is damaged: {error}. {RESTORE}.") from error
            raise StoreError(f"{printable(self.path)}: {error}.") from error
        return result


def _end_without_closing(connection: aiosqlite.Connection) -> None:
    """End the thread of a connection that must not be closed: SQLite would tidy up files that are not its own."""
    import ctypes  # noqa: PLC0415 - hardly ever needed

    # One reference more than there are: the end of the interpreter does not close it either.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection._conn))
    connection._connection = None  # else the thread closes it at its end
    connection.stop()


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
