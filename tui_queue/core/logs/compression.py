"""Compresses the logs of runs that ended long ago, and takes them out again for whoever reads them."""

import gzip
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from typing import IO

LEAST = 1 << 16  # bytes of a log that is worth it
BLOCK = 1 << 20  # bytes
_HOLE = bytes(4096)  # what is read where a page was taken out of the middle


def packed(log: str) -> str:
    """Return where a log is once it has been compressed."""
    return f"{log}.gz"


def pack(log: str) -> bool:
    """Put a compressed log in the place of a log; return whether it was worth it. Raises OSError.

    Whatever happens in between, one of them is whole, and a whole log comes first.
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
    directory = os.open(os.path.dirname(log), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    os.unlink(log)
    return True


def pack_runs(runs: str, ids: Iterable[int]) -> int:
    """Compress the logs of these jobs' runs that are over; return how many. What can't be is left as it is."""
    done = 0
    for job_id in ids:
        with suppress(OSError), os.scandir(os.path.join(runs, str(job_id))) as attempts:
            for attempt in attempts:
                with suppress(OSError):
                    done += pack(os.path.join(attempt.path, "log"))
    return done


def unpack(log: str) -> int | None:
    """Return an open file without a name that holds what a compressed log holds; None where there is none.

    What is all zeros takes no room in it: that was taken out of the middle. Raises OSError, also where it is no such
    file, and EOFError where a part is missing.
    """
    with tempfile.TemporaryFile() as target:
        try:
            unpack_into(log, target)
        except FileNotFoundError:
            return None
        return os.dup(target.fileno())


def unpack_into(log: str, target: IO[bytes]) -> None:
    """Write what a compressed log holds into an empty file; raises as ``unpack``, and where there is none."""
    packed_log = os.open(packed(log), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(packed_log, "rb") as source, gzip.GzipFile(fileobj=source, mode="rb") as out:
        while page := out.read(len(_HOLE)):
            if page == _HOLE:
                target.seek(len(page), os.SEEK_CUR)
            else:
                target.write(page)
    target.truncate()
