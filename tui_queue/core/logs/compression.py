"""Compresses the logs of runs that ended long ago, and unpacks them for readers."""

import gzip
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import IO

from tui_queue.core.system.disk import sync

LEAST = 1 << 16  # bytes of a log that is worth compressing
BLOCK = 1 << 20  # bytes
_HOLE = bytes(4096)  # a page that was taken out of the middle


def packed(log: str) -> str:
    """Return the path of a log once it is compressed."""
    return f"{log}.gz"


def pack(log: str) -> bool:
    """Replace a log by a compressed one; return whether it was worth it. Raises OSError.

    After a crash at any moment, one of them is whole, and a whole log comes first.
    """
    with open(os.open(log, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if os.fstat(file.fileno()).st_size < LEAST:
            return False
        new = f"{packed(log)}.new"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with open(handle, "wb") as target:
                with gzip.GzipFile(filename="", fileobj=target, mode="wb", compresslevel=6, mtime=0) as into:
                    while block := file.read(BLOCK):
                        into.write(block)
                target.flush()
                os.fsync(handle)
            os.rename(new, packed(log))
        except BaseException:
            with suppress(OSError):
                os.unlink(new)
            raise
    sync(os.path.dirname(log))
    os.unlink(log)
    return True


def pack_runs(runs: str, ids: Iterable[int]) -> int:
    """Compress the logs of these jobs' ended runs, as far as that works; return how many."""
    done = 0
    for job_id in ids:
        with suppress(OSError), os.scandir(os.path.join(runs, str(job_id))) as attempts:
            for attempt in attempts:
                with suppress(OSError):
                    done += pack(os.path.join(attempt.path, "log"))
    return done


def unpack(log: str) -> int | None:
    """Return an open file without a name with the content of a compressed log; None where there is no log.

    Pages of zeros become holes: those were taken out of the middle. Raises OSError, also for a file that is not
    compressed, and EOFError where a part is missing.
    """
    import tempfile  # noqa: PLC0415 - seldom needed, and takes long

    with tempfile.TemporaryFile() as target:
        try:
            unpack_into(log, target)
        except FileNotFoundError:
            return None
        return os.dup(target.fileno())


def unpack_into(log: str, target: IO[bytes]) -> None:
    """Write the content of a compressed log into an empty file; raises as ``unpack``, and where there is no log."""
    packed_log = os.open(packed(log), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(packed_log, "rb") as source, gzip.GzipFile(fileobj=source, mode="rb") as out:
        while page := out.read(len(_HOLE)):
            if page == _HOLE:
                target.seek(len(page), os.SEEK_CUR)
            else:
                target.write(page)
    target.truncate()
