"""The file that names the one host which writes a queue's database; it is read before the database is opened.

SQLite's log and its locks hold between processes of one machine, not between machines that share a directory. A queue
without the file takes the host of the first process that writes to it.
"""

import errno
import os
import time
from contextlib import suppress
from enum import Enum, auto
from uuid import uuid4

import msgspec

from tui_queue.core.errors import OtherHostError, StoreError
from tui_queue.core.model.host import Host, QueueHost
from tui_queue.core.system.disk import sync
from tui_queue.core.units.printable import printable

HANDOVER_S = 5.0  # in which each process of the host before has seen that it may not write any more
WRITTEN_S = 1.0  # in which a file that names no host yet names one
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EOPNOTSUPP)
_LARGEST = 65_536


class Owner(Enum):
    """Whose a queue is."""

    OURS = auto()
    OTHERS = auto()
    NOBODYS = auto()


class HostFile:
    """The host file in the directory of a queue, as this host sees it; ``ours`` is this host."""

    def __init__(self, directory: str, ours: Host) -> None:
        self.path = os.path.join(directory, "host")
        self._ours = ours
        self._seen: tuple[int, int, int] | None = None
        self._named: QueueHost | None = None

    def named(self) -> QueueHost | None:
        """Return the host that the file names now; None without one. Raises StoreError.

        The file is opened, since a network file system asks the server again only then; it is read when it has changed.
        One that names no host is read again for a while: it is being written, or was replaced under the cache of such a
        file system.
        """
        deadline = time.monotonic() + WRITTEN_S
        while True:
            try:
                return self._read()
            except msgspec.MsgspecError:
                if time.monotonic() > deadline:
                    raise self._unreadable("it names no host") from None
            time.sleep(0.02)

    def _read(self) -> QueueHost | None:
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            if not missing and os.access(os.path.dirname(self.path), os.X_OK):
                raise self._unreadable(error.strerror) from None
            self._seen = self._named = None  # what is wrong with the directory others say better
            return None
        try:
            found = os.fstat(file)
            seen = found.st_ino, found.st_mtime_ns, found.st_size
            if seen != self._seen:
                self._named = msgspec.json.decode(os.pread(file, _LARGEST, 0), type=QueueHost)
                self._seen = seen
        except OSError as error:
            raise self._unreadable(error.strerror) from None
        finally:
            os.close(file)
        return self._named

    def owner(self) -> Owner:
        """Return whose the queue is now. Raises StoreError."""
        named = self.named()
        if named is None:
            return Owner.NOBODYS
        return Owner.OURS if named.is_same(self._ours) and not named.moves else Owner.OTHERS

    @property
    def moved(self) -> int:
        """How many times the queue had been moved when the file was read last.

        A connection is good for one number only: after the queue has gone and come back, others share another index.
        """
        return 0 if self._named is None else self._named.moved

    def claim(self) -> None:
        """Name this host where no host is named. Raises OtherHostError where another one is, StoreError."""
        if self.owner() is Owner.NOBODYS:
            self._create(QueueHost(machine=self._ours.machine, name=self._ours.name, boot=self._ours.boot))
        self.check()

    def check(self) -> None:
        """Raise OtherHostError unless the queue is ours."""
        match self.owner():
            case Owner.OTHERS:
                raise self.refusal()
            case Owner.NOBODYS:  # the user has deleted the file
                self.claim()

    def refusal(self) -> OtherHostError:
        """Return what to say to a user who would change the queue from here."""
        if self._named is not None and self._named.moves:
            return OtherHostError(self._moving())
        return OtherHostError(
            f"{self.shown} runs this queue, and this is {printable(self._ours.shown)}: do that on {self.shown}, or move"
            " the queue to this host with `tui-queue run --take-over`."
        )

    def notice(self) -> str:
        """Return what to tell a user of another host, in one line."""
        if self._named is not None and self._named.moves:
            return self._moving()
        return (
            f"{self.shown} runs this queue. Here you can add jobs, list them, read their logs and wait; "
            "`tui-queue run --take-over` moves the queue here."
        )

    def _moving(self) -> str:
        return (
            f"This queue is being moved to {self.shown}: try again in some seconds, or give `tui-queue run --take-over`"
            " once more if that was broken off."
        )

    @property
    def shown(self) -> str:
        """What users call the host that runs the queue, as it was read last."""
        return printable(self._named.shown) if self._named is not None else "another host"

    def refresh(self) -> None:
        """Write down the present name and boot of this host, which has the queue. Raises OtherHostError, StoreError."""
        self.check()
        named = self._named
        if named is not None and (named.name, named.boot) != (self._ours.name, self._ours.boot):
            self._replace(msgspec.structs.replace(named, name=self._ours.name, boot=self._ours.boot))

    def take_over(self) -> QueueHost | None:
        """Name this host instead of another, and wait until that has let go; return the other, None for none.

        What the other one has written is kept. Raises StoreError.
        """
        before = self.named()
        if before is None or self.owner() is Owner.OURS:
            self.claim()
            return None
        earlier = [boot for boot in before.earlier if boot != self._ours.boot]
        if not before.is_same(self._ours):
            earlier.append(before.boot)
        taken = QueueHost(
            machine=self._ours.machine,
            name=self._ours.name,
            boot=self._ours.boot,
            earlier=tuple(dict.fromkeys(earlier)),
            moved=before.moved + 1,
            moves=True,
        )
        self._replace(taken)
        time.sleep(HANDOVER_S)
        if self.named() != taken:
            raise self.refusal()
        self._renew_index()
        self._replace(msgspec.structs.replace(taken, moves=False))
        return before

    def _renew_index(self) -> None:
        """Have the processes of this host share an index of the log that no process of another host has open.

        An empty one, and an empty log where there is none, mean the same to SQLite as none. They are made since missing
        ones look as if the user had removed them, to a process that finds a connection of before open on this host.
        """
        store = os.path.join(os.path.dirname(self.path), "queue.db")
        if not os.path.exists(store):
            return
        fresh = f"{store}-shm.{uuid4().hex[:8]}"
        try:
            os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            os.rename(fresh, f"{store}-shm")
            os.close(os.open(f"{store}-wal", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise self._unwritable(error) from None

    def _unreadable(self, why: str | None) -> StoreError:
        return StoreError(
            f"{printable(self.path)}: can't be read: {why}. It names the host that runs this queue; remove it on that"
            " host."
        )

    def _create(self, host: QueueHost) -> None:
        """Make the file, unless there is one."""
        temporary = self._written(host)
        try:
            os.link(temporary, self.path)
        except FileExistsError:  # another process was first, or the answer of a file server was lost
            pass
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise self._unwritable(error) from None
            self._create_in_place(host)
        finally:
            os.unlink(temporary)
        self._sync()

    def _create_in_place(self, host: QueueHost) -> None:
        with suppress(FileExistsError):
            _write_new(self.path, host)

    def _replace(self, host: QueueHost) -> None:
        temporary = self._written(host)
        try:
            os.rename(temporary, self.path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(temporary)
            raise self._unwritable(error) from None
        self._sync()

    def _written(self, host: QueueHost) -> str:
        """Return the path of a new file that names a host, on disk."""
        temporary = f"{self.path}.{uuid4().hex[:8]}"
        try:
            _write_new(temporary, host)
        except OSError as error:
            raise self._unwritable(error) from None
        return temporary

    def _sync(self) -> None:
        try:
            sync(os.path.dirname(self.path))
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(f"{printable(self.path)}: can't be written: {error.strerror}. Make room, or mend the disk.")


def _write_new(path: str, host: QueueHost) -> None:
    """Write a host into a new file, on disk. Raises OSError, also where there is such a file."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, msgspec.json.encode(host))
        os.fsync(file)
    finally:
        os.close(file)
