"""Log files: opening them, compressed or not, reading parts of them, and following what is appended."""

import errno
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import IO

from msgspec import Struct

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.compression import packed, unpack, unpack_into
from tui_queue.core.units.printable import printable

WINDOW = 4 * 2**20  # bytes before the end at which a reader of the latest output begins
BATCH = 2**20  # bytes


def left_out(size: int) -> bytes:
    """Return the line that is shown in place of this number of bytes."""
    return b"\n\x1b[0;2m... %b bytes left out ...\x1b[0m\n" % f"{size:,}".encode()


class Chunk(Struct, frozen=True):
    """The result of one read.

    ``skipped`` bytes before ``data`` were left out; ``restarted`` says that the file was cut or replaced, so that
    everything read before is gone.
    """

    data: bytes = b""
    skipped: int = 0
    restarted: bool = False


class LogFile:
    """A plain file that may not exist yet, be cut, or be replaced; one that is deleted stays readable."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = -1
        self._inode = (0, 0)
        self._change = Lock()  # of the file and its inode, which another thread may ask for

    def poll(self, seen: int) -> bool:
        """Open the file if it exists; return whether it was replaced or cut, so that the ``seen`` bytes are gone.

        Raises StoreError for anything but a plain file.
        """
        restarted = self._file >= 0 and self._was_replaced(seen)
        if restarted:
            self.close()
        if self._file < 0 and (file := open_log(self.path)) is not None:
            found = os.fstat(file)
            with self._change:
                self._file, self._inode = file, (found.st_dev, found.st_ino)
        return restarted

    @property
    def size(self) -> int:
        """In bytes; 0 when there is no file."""
        return os.fstat(self._file).st_size if self._file >= 0 else 0

    def read(self, begin: int, size: int) -> bytes:
        """Return bytes from an offset on; fewer at the end."""
        return os.pread(self._file, size, begin) if self._file >= 0 and size > 0 else b""

    def hole(self) -> tuple[int, int]:
        """Return where the bytes taken out of the middle begin and end; the size twice where there are none."""
        size = self.size
        try:
            begin = os.lseek(self._file, 0, os.SEEK_HOLE) if size else 0
            return (begin, os.lseek(self._file, begin, os.SEEK_DATA)) if begin < size else (size, size)
        except OSError:  # no data behind it, or a file system without holes
            return size, size

    def again(self) -> "LogFile":
        """Return the same file, opened a second time; waits neither for the disk nor for a read."""
        other = LogFile(self.path)
        with self._change:
            if self._file >= 0:
                other._file, other._inode = os.dup(self._file), self._inode
        return other

    def close(self) -> None:
        """Close the file; the next poll opens it again."""
        with self._change:
            file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def __del__(self) -> None:
        # The reader may be gone before its thread has opened the file.
        self.close()

    def _was_replaced(self, seen: int) -> bool:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:  # deleted, or compressed: what was written stays readable
            return False
        return (found.st_dev, found.st_ino) != self._inode or found.st_size < seen


class LogTail:
    """Reads the output that is appended to a log.

    From the start it gives every byte. Otherwise it gives the latest ones: whenever more than a window lies
    ahead it leaves out what is older, so that no flood of output makes the reader lag.
    """

    def __init__(self, path: str, *, from_start: bool = False, position: int = 0) -> None:
        """With ``from_start`` reading begins at ``position``, in bytes."""
        self._file = LogFile(path)
        self._from_start = from_start
        self._position = position

    def read(self) -> Chunk:
        """Return the next batch, empty when there is none yet. Raises StoreError if it is not a plain file."""
        restarted = self._file.poll(self._position)
        if restarted:
            self._position = 0
        size = self._file.size
        skipped = 0
        if not self._from_start and size - self._position > WINDOW:
            skipped = size - WINDOW - self._position
            self._position += skipped
        hole = self._file.hole()
        if hole[0] <= self._position < hole[1]:
            skipped += hole[1] - self._position
            self._position = hole[1]
        before = hole[0] - self._position if self._position < hole[0] else BATCH
        data = self._file.read(self._position, min(BATCH, before))
        self._position += len(data)
        if skipped:  # begin with a whole line
            cut = data.find(b"\n") + 1
            skipped, data = skipped + cut, data[cut:]
        return Chunk(data, skipped, restarted)

    def close(self) -> None:
        """Close the file; the next read begins again."""
        self._file.close()
        self._position = 0


def open_log(path: str) -> int | None:
    """Open a log to read it, compressed or not; None where there is none.

    Raises StoreError for what is not a plain file, such as a link. A compressed log is unpacked first.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return _unpacked(path)
    except OSError as error:
        what = "is a link" if error.errno == errno.ELOOP else f"can't be read: {error.strerror}"
        raise StoreError(f"{printable(path)}: {what}.") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise StoreError(f"{printable(path)}: not a plain file.")
    return file


def is_packed(path: str) -> bool:
    """Whether a log is compressed, so that it takes a while to open it."""
    return not os.path.lexists(path) and os.path.exists(packed(path))


def write_unpacked(path: str, target: IO[bytes]) -> None:
    """Write what a compressed log holds into an empty file. Raises StoreError where that can't be read or written."""
    with _reading(path):
        unpack_into(path, target)


def _unpacked(path: str) -> int | None:
    with _reading(path):
        return unpack(path)


@contextmanager
def _reading(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"{printable(packed(path))}: can't be read: {error}.") from None


def last_lines_begin(path: str, lines: int | None) -> int:
    """Return where the last lines of a file begin, in bytes from its start; 0 for None, and where there is no file.

    Where bytes were left out of the middle, none before them is among the last ones. Raises StoreError as ``open_log``.
    """
    if lines is None:
        return 0
    file = LogFile(path)
    file.poll(0)
    try:
        end = place = file.size
        hole = file.hole()
        first = hole[1] if hole[0] < hole[1] else 0
        # The end of the last line begins none.
        missing = lines + (end > 0 and file.read(end - 1, 1) == b"\n")
        while place > first and missing:
            begin = max(first, place - BATCH)
            block = file.read(begin, place - begin)
            cut = len(block)
            while missing and (cut := block.rfind(b"\n", 0, cut)) >= 0:
                missing -= 1
            if not missing:
                return begin + cut + 1
            place = begin
        return first if lines else end
    finally:
        file.close()


def end_of(path: str, size: int) -> bytes:
    """Return the last bytes of a log, at most ``size``; none where there is none. Raises StoreError as ``open_log``."""
    if (file := open_log(path)) is None:
        return b""
    try:
        return os.pread(file, size, max(0, os.fstat(file).st_size - size))
    finally:
        os.close(file)


def silent_s(log: str | None, started_at: datetime | None, now: datetime) -> float:
    """Return the seconds since a run has printed anything, or has started, as far as clock and file tell: to be shown,
    never to be acted on.
    """
    if log is None or started_at is None:
        return 0.0
    try:
        last = max(os.stat(log).st_mtime, started_at.timestamp())
    except OSError:
        return 0.0
    return max(0.0, now.timestamp() - last)
