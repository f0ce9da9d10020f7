"""The database of a queue, for every host that shares the directory.

Only the host that the host file names writes it; each other one reads copies. The user may move the queue to another
host at any time: then the database is opened anew, for the other use.
"""

import os
from collections.abc import Awaitable, Callable
from sqlite3 import Connection
from typing import Concatenate, ParamSpec, Self, TypeVar

from tui_queue.core.errors import OtherHostError
from tui_queue.core.store.host_file import HostFile, Owner
from tui_queue.core.store.open_database import OpenDatabase
from tui_queue.core.store.tenure import MovedError, Tenure
from tui_queue.core.system import event_loop

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class Database:
    """The database at ``path``; an async context manager.

    ``refusal`` says why nothing can be written, if so: then the database is only read, and each write refused. ``wake``
    has other processes notice that files of the database are gone. Without ``host`` the database is this host's alone.
    """

    def __init__(
        self, path: str, refusal: str = "", *, wake: Callable[[], None] = lambda: None, host: HostFile | None = None
    ) -> None:
        self.path = path
        self._refusal = refusal
        self._wake = wake
        self._host = host
        self._open: OpenDatabase
        self._opening = event_loop.Lock()
        self._reads_apart = False

    async def __aenter__(self) -> Self:
        owner = Owner.OURS
        if self._host is not None:
            owner = self._host.owner()
            if owner is Owner.NOBODYS and not self._refusal and not os.path.exists(self.path):
                owner = self._claimed(self._host)  # before there is anything to write
        self._open = await self._opened(owner)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.close()

    def read_apart(self) -> None:
        """From now on have reads on a connection and a thread of their own, where writes do not wait for them."""
        self._reads_apart = self._open.reads_apart = True

    @property
    def refusal(self) -> str:
        """Why nothing can be written, also by the host that runs the queue; empty where it can."""
        return self._refusal if self.is_elsewhere else self._open.refusal

    @property
    def has_log(self) -> bool:
        """Whether changes go into a log first, so that a transaction need not be synced by itself."""
        return self._open.has_log

    @property
    def lacks(self) -> range:
        """The numbers of jobs that were added before the database was opened and are not in it."""
        return self._open.lacks

    @property
    def is_elsewhere(self) -> bool:
        """Whether another host runs the queue, as far as is known; the next transaction may find out."""
        return self._open.tenure.owner is Owner.OTHERS

    async def write(self, verb: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``verb`` with the connection in a transaction that is on disk when this returns, or never was."""
        return await self._writing(lambda opened: opened.write(verb, *args, **kwargs))

    async def write_with(self, outside: Callable[[], V], verb: Callable[[Connection, V], T]) -> T:
        """Do the same with the value of ``outside``, which is called before the transaction and may read files."""
        return await self._writing(lambda opened: opened.write_with(outside, verb))

    async def write_unsynced(self, outside: Callable[[], V], verb: Callable[[Connection, V], T]) -> T:
        """Do the same without waiting for the disk: a power cut may undo the transaction, and nothing else does."""
        return await self._writing(lambda opened: opened.write_unsynced(outside, verb))

    async def write_along(self, verb: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the same as ``write``, but wait a moment for another caller's transaction to share."""
        return await self._writing(lambda opened: opened.write_along(verb, *args, **kwargs))

    async def read(self, verb: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``verb`` with the connection in a transaction that sees one state of the database."""
        while True:
            try:
                return await self._open.read(verb, *args, **kwargs)
            except (MovedError, OtherHostError):
                await self._open_again()

    @staticmethod
    def _claimed(host: HostFile) -> Owner:
        """Name this host, unless another one was first; return whose the queue is then."""
        try:
            host.claim()
        except OtherHostError:
            return Owner.OTHERS
        return Owner.OURS

    async def _opened(self, owner: Owner) -> OpenDatabase:
        opened = OpenDatabase(
            self.path, self._refusal, Tenure(self._host, owner), wake=self._wake, reads_apart=self._reads_apart
        )
        await opened.open()
        return opened

    async def _writing(self, write: Callable[[OpenDatabase], Awaitable[T]]) -> T:
        """Call ``write`` with the open database; once more where the queue has come back to this host."""
        while True:
            opened = await self._to_write()
            try:
                return await write(opened)
            except (MovedError, OtherHostError) as error:
                await self._open_again()
                if isinstance(error, OtherHostError):
                    raise

    async def _to_write(self) -> OpenDatabase:
        """Make sure that the queue is this host's; it becomes so when no host is named. Raises OtherHostError."""
        is_ours = self._open.tenure.owner is Owner.OURS
        if not is_ours and self._host is not None and (self.is_elsewhere or not self.refusal):
            await event_loop.to_thread(self._host.claim)
            await self._open_again()
        return self._open

    async def _open_again(self) -> None:
        """Open the database as what it is to this host now."""
        async with self._opening:
            host, before = self._host, self._open
            assert host is not None  # noqa: S101 - else it stays whose it is
            owner = await event_loop.to_thread(host.owner)
            if (owner, host.moved) == (before.tenure.owner, before.tenure.moved):
                return
            if Owner.OTHERS not in (owner, before.tenure.owner) and host.moved == before.tenure.moved:
                before.tenure.owner = owner
                return
            self._open = await self._opened(owner)
            await before.close()
