"""The connection to a database on disk, beside the same of other processes, and what keeps them from harm.

A user, or a program that cleans up, may remove or replace files of an open database; the last process that closes it
removes some too. Each of these looks alike to a process that opens the database, and SQLite tells none of them apart.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Concatenate, ParamSpec, TypeVar

from tui_queue.core.errors import StoreError
from tui_queue.core.store import schema, wal
from tui_queue.core.store.connection import Connection, call_with, connect, connect_to_read
from tui_queue.core.store.held import Held
from tui_queue.core.store.lock_file import LockFile, LockTakenError, opening_lock
from tui_queue.core.store.numbers import NumbersFile, newest
from tui_queue.core.store.open_files import (
    FilesRemovedError,
    FilesReplacedError,
    OpenFiles,
    holder_without_log,
    is_surely_unused,
    replaced,
)
from tui_queue.core.store.presence import ensure_not_lost, ensure_present
from tui_queue.core.store.tenure import Tenure
from tui_queue.core.store.wal import WriteGate
from tui_queue.core.system import event_loop
from tui_queue.core.units.printable import printable

TRIES = 5  # to open a database whose log is removed at that moment

P = ParamSpec("P")
T = TypeVar("T")


class SharedDatabase:
    """A connection to the database at ``path`` that reads and writes it, and where that is wanted one that reads.

    ``wake`` has other processes notice that files of the database are gone. ``lacks`` are the numbers of jobs that were
    added before it was opened and are not in it. ``has_log`` says that reads and writes do not lock each other out.
    """

    def __init__(self, path: str, tenure: Tenure, held: Held, *, wake: Callable[[], None]) -> None:
        self.path = path
        self.lacks = range(0)
        self.has_log = False
        self.is_open = False
        self.gate: WriteGate
        self.files: OpenFiles
        self._tenure = tenure
        self._held = held
        self._wake = wake
        self._opening: LockFile
        self._db: Connection
        self._reader: Connection | None = None  # opened when something is read apart
        self._is_connected = False
        self._is_stuck = False  # it keeps a connection that must not be closed; SQLite allows no sound one beside that
        self._reopening = event_loop.Lock()

    async def open(self) -> None:
        """Open it, and make it where it is missing. Raises StoreError."""
        try:
            self._opening = opening_lock(self.path)
            self.gate = WriteGate(self.path)
        except OSError as error:
            raise self._unopened(error) from error
        try:
            await self._connect()
        except BaseException:
            self._close_locks()
            raise

    async def close(self) -> None:
        """Let go of it."""
        await self._disconnect()
        self._close_locks()

    async def open_again(self) -> None:
        """Save what the removed log of the database held, and open the database with a new one."""
        async with self._reopening:
            if self.is_open:
                with suppress(FilesRemovedError, FilesReplacedError):
                    self.files.check()
                    return  # another caller has done it
                await self.on_connection(self.save_log)
                await self._disconnect()
            await event_loop.to_thread(self._tenure.check_to_write)
            await self._connect()

    def save_log(self, db: sqlite3.Connection) -> None:
        """Write what a removed log holds into the database. Raises StoreError."""
        from tui_queue.core.store.saving import save_removed_log  # noqa: PLC0415 - hardly ever needed

        self._tenure.check_to_write()  # a host that takes over removes files too: then the log is another host's
        save_removed_log(db, self.gate, self.files, self.path)

    async def on_connection(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """Return what ``work`` returns for the connection that writes. Raises StoreError."""
        return await call_with(self._db, self.path, work, *args, **kw)

    async def on_reading_connection(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """Do the same for another connection, which only reads; no write waits for it."""
        async with self._reopening:
            if self._reader is None:
                self.files.check()
                self._reader = await connect_to_read(self.path)
        return await call_with(self._reader, self.path, work, *args, **kw)

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
            await self.on_connection(self._migrate)
        except BaseException:
            await self._disconnect()
            raise
        self.is_open = True

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
                is_unused = is_surely_unused(self.path)
                if not is_unused and holder_without_log(self.path):
                    return False
                try:
                    await self._connect_once()
                except FilesRemovedError:
                    return False
                if is_unused or not self.files.is_beside_others():
                    return True
                # The user has removed the log just now.
                await self._let_go()
                with self.gate.alone():
                    self.files.remove_new_log()
                return False
        except LockTakenError:
            raise StoreError(
                f"{printable(self.path)}: another process has been opening or closing the queue for a minute;"
                f" `fuser {printable(self.path)}-open` names it. End it, and try again."
            ) from None

    async def _connect_once(self) -> None:
        self._make_file()
        self.files = OpenFiles(self.path)
        self._db = await connect(self.path)
        self._is_connected = True
        self._held.opened()
        try:
            self.has_log = await self.on_connection(wal.configure)
            self.files.remember_others(wal=self.has_log)
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
        is_kept, was_open, self.is_open = self._tenure.is_kept, self.is_open, False
        ours = await (self.on_connection(lambda _: is_kept()) if was_open else event_loop.to_thread(is_kept))
        if ours and self.files.can_be_closed():
            self._is_connected = False
            if self._reader is not None:
                await self._reader.close()
                self._reader = None
            await self._db.close()
            self._held.closed()
            return
        if not ours:
            self._held.left()
        self._leave()
        self._is_stuck = ours and not self.files.is_another

    def _leave(self) -> None:
        self._is_connected = self.is_open = False
        for connection in filter(None, (self._reader, self._db)):
            connection.leave()
        self._reader = None

    def _migrate(self, db: sqlite3.Connection) -> None:
        with self.gate.writing(db):
            schema.migrate(db, self.path)
        self.lacks = range(newest(db) + 1, NumbersFile(self.path).highest() + 1)

    def _unopened(self, error: OSError) -> StoreError:
        return StoreError(
            f"{printable(self.path)}: can't be opened: {error.strerror}. Set TUI_QUEUE_HOME to another place."
        )

    def _close_locks(self) -> None:
        self.gate.close()
        self._opening.close()
