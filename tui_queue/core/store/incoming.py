"""The jobs that other hosts leave in the directory ``incoming``, and what the host of the queue answers.

``UUID.job`` holds the jobs of one ``add``; it appears in one step, on disk. Two renames decide about it, each of which
succeeds once: to ``UUID.promised`` by the host that left it, which acknowledges the jobs then without an answer, and to
``UUID.refused`` by the host of the queue. ``UUID.answer`` is there before the jobs are, since a file server is asked
again about a file that exists, not about one that is missing; for the same reason ``bell`` is written for each file.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec import Struct

from tui_queue.core.execution.watcher.records import sealed, unsealed
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.queue import Move, Place
from tui_queue.core.store.rows import draft_from_json, draft_to_json, microseconds, required_time
from tui_queue.core.system.disk import sync

KEPT_S = 3600.0  # how long an answer stays that its host has not come for
SCHEMA = 1
_LEFT = (".job", ".promised")  # the ends of the names of requests that wait to be taken in


class Request(Struct, frozen=True, kw_only=True):
    """The jobs of one ``add`` on another host, with their UUIDs; the first of those names the request.

    ``who`` is for the audit trail. ``promised`` says that the user has been told that the jobs are safe.
    """

    uuids: tuple[str, ...]
    drafts: tuple[JobDraft, ...]
    at: datetime
    unique: bool = False
    place: Place | None = None
    who: str = ""
    promised: bool = False

    @property
    def name(self) -> str:
        """The name of its files."""
        return self.uuids[0]


class Answer(Struct, frozen=True, kw_only=True):
    """What became of a request: the numbers of its jobs, or why there are none."""

    numbers: tuple[int, ...] = ()
    error: str = ""


class Incoming:
    """The directory, for the hosts that leave jobs and for the one that takes them in. Every method blocks."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def make(self) -> None:
        """Make the directory where there is none, but not the queue's: that may just be moved away. Raises OSError."""
        with suppress(FileExistsError):
            os.mkdir(self.directory, 0o700)

    # For a host that leaves jobs

    def leave(self, request: Request) -> None:
        """Leave jobs; they are on disk when this returns. Raises OSError."""
        self.make()
        self._write(f"{request.name}.answer", b"")
        self._write(f".{request.name}", sealed(_record(request)))
        os.rename(self._path(f".{request.name}"), self._path(f"{request.name}.job"))
        try:
            sync(self.directory)
        except OSError:
            with suppress(OSError):
                os.unlink(self._path(f"{request.name}.job"))
            raise
        self.ring(request.name)

    def ring(self, name: str) -> None:
        """Have the host of the queue look."""
        with suppress(OSError):
            self._write("bell", name.encode("ascii"))

    def answer_to(self, name: str) -> Answer | None:
        """Return the answer, once it is there."""
        return self._answer(f"{name}.answer")

    def promise(self, name: str) -> bool:
        """Mark jobs as acknowledged; return False where the host of the queue has decided about them already."""
        try:
            os.rename(self._path(f"{name}.job"), self._path(f"{name}.promised"))
        except FileNotFoundError:
            return False
        sync(self.directory)
        return True

    def forget_answer(self, name: str) -> None:
        """Delete the answer that has been read."""
        with suppress(OSError):
            os.unlink(self._path(f"{name}.answer"))

    # For the host of the queue

    def bell(self) -> tuple[int, bytes]:
        """Return what changes whenever another host has left jobs."""
        try:
            file = os.open(self._path("bell"), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return 0, b""
        try:
            return os.fstat(file).st_mtime_ns, os.read(file, 64)
        finally:
            os.close(file)

    def is_empty(self) -> bool:
        """Whether no job is left here."""
        with suppress(OSError):
            return not any(name.endswith(_LEFT) for name in os.listdir(self.directory))
        return True

    def uuids(self) -> set[str]:
        """Return the UUIDs of all jobs that are left here."""
        if self.is_empty():
            return set()
        return {uuid for request in self.requests() for uuid in request.uuids}

    def requests(self) -> Iterator[Request]:
        """Yield what is left here and can be read, the oldest first."""
        found = []
        for name in self._names():
            if name.endswith(_LEFT):
                with suppress(FileNotFoundError):  # its host has just renamed it: it comes next time
                    found.append((os.stat(self._path(name)).st_mtime_ns, name))
        for _, name in sorted(found):
            if (request := self._request(name)) is not None:
                yield request

    def accept(self, request: Request, numbers: tuple[int, ...]) -> None:
        """Answer with the numbers of jobs that are in the database, and delete the request."""
        self._put_answer(request, Answer(numbers=numbers))
        for end in _LEFT:
            with suppress(FileNotFoundError):
                os.unlink(self._path(f"{request.name}{end}"))
        sync(self.directory)

    def refuse(self, request: Request, error: str) -> bool:
        """Refuse jobs; return False where the user has just been told that they are safe."""
        try:
            os.rename(self._path(f"{request.name}.job"), self._path(f"{request.name}.refused"))
        except FileNotFoundError:
            return False
        self._put_answer(request, Answer(error=error))
        return True

    def sweep(self) -> None:
        """Delete answers and refused jobs that their host has not come for."""
        for name in self._names():
            if name.endswith((".answer", ".refused")) or name.startswith("."):
                with suppress(OSError):
                    path = self._path(name)
                    if time.time() - os.stat(path).st_mtime > KEPT_S:
                        os.unlink(path)

    def _names(self) -> list[str]:
        # What this host makes and removes itself has its kernel read a file server's directory anew.
        fresh = self._path(f".look-{os.getpid()}")
        with suppress(OSError):
            os.mkdir(fresh, 0o700)
            os.rmdir(fresh)
        with suppress(FileNotFoundError):
            return os.listdir(self.directory)
        return []

    def _request(self, name: str) -> Request | None:
        try:
            with open(self._path(name), "rb") as file:
                record = unsealed(file.read())
        except FileNotFoundError:
            return None
        if record is None or record.get("schema") != SCHEMA:  # a newer program's: it stays until that reads it
            return None
        return _request_of(record, promised=name.endswith(".promised"))

    def _answer(self, name: str) -> Answer | None:
        try:
            with open(self._path(name), "rb") as file:
                record = unsealed(file.read())
        except FileNotFoundError:
            return None
        return None if record is None else Answer(numbers=tuple(record["numbers"]), error=record["error"])

    def _put_answer(self, request: Request, answer: Answer) -> None:
        with suppress(OSError):  # the host that asked has gone; its jobs are safe all the same
            line = sealed({"numbers": list(answer.numbers), "error": answer.error})
            self._write(f"{request.name}.answer", line, create=False)

    def _write(self, name: str, data: bytes, *, create: bool = True) -> None:
        flags = os.O_WRONLY | os.O_CLOEXEC | os.O_TRUNC | (os.O_CREAT if create else 0)
        file = os.open(self._path(name), flags, 0o600)
        try:
            while data:
                data = data[os.write(file, data) :]
            os.fsync(file)
        finally:
            os.close(file)

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, name)


def _record(request: Request) -> dict[str, object]:
    place = request.place
    return {
        "schema": SCHEMA,
        "uuids": list(request.uuids),
        "drafts": [draft_to_json(draft) for draft in request.drafts],
        "at": microseconds(request.at),
        "unique": request.unique,
        "place": None if place is None else [place.move.value, place.before],
        "who": request.who,
    }


def _request_of(record: dict[str, Any], *, promised: bool) -> Request:
    place = record["place"]
    return Request(
        uuids=tuple(record["uuids"]),
        drafts=tuple(map(draft_from_json, record["drafts"])),
        at=required_time(record["at"]),
        unique=record["unique"],
        place=None if place is None else Place(Move(place[0]), place[1]),
        who=record["who"],
        promised=promised,
    )
