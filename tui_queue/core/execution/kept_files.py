"""Keeps what a job takes from a stream or a file when it is added: a script from standard input, its own input."""

import os
from contextlib import suppress
from typing import BinaryIO

from tui_queue.core.errors import StoreError
from tui_queue.core.parsing.stream_options import refuse_size
from tui_queue.core.system.disk import sync
from tui_queue.core.units.printable import printable

_CHUNK = 2**20


def is_kept(path: str, directory: str) -> bool:
    """Whether a path is that of a file in the directory of what is kept with jobs."""
    return path.startswith(directory + os.sep)


def keep_file(path: str, directory: str) -> str:
    """Return the path of a copy of a file that is safe on disk. Raises BadInputError and StoreError."""
    if is_kept(path, directory):
        return path
    try:
        # A pipe that took its place must not block.
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as stream:
            return keep_stream(stream, directory, os.path.basename(path), shown=printable(path))
    except OSError as error:
        raise StoreError(f"{printable(path)}: the input can't be kept: {_reason(error)}.") from error


def keep_stream(stream: BinaryIO, directory: str, name: str, *, shown: str, mode: int = 0o600) -> str:
    """Return the path of a file with all that a stream holds, safe on disk. Raises BadInputError and StoreError.

    ``directory`` holds a directory for each content, as the copies of scripts do, which are removed together.
    """
    import hashlib  # noqa: PLC0415 - takes long
    import tempfile  # noqa: PLC0415 - as the one before

    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        file, temporary = tempfile.mkstemp(dir=directory, prefix=".new-")
        try:
            digest, size = hashlib.sha256(), 0
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                refuse_size(size, shown)
                digest.update(chunk)
                _write(file, chunk)
            os.fchmod(file, mode)
            os.fsync(file)
            place = os.path.join(directory, digest.hexdigest())
            os.makedirs(place, mode=0o700, exist_ok=True)
            target = os.path.join(place, name)
            os.rename(temporary, target)
        finally:
            os.close(file)
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        os.utime(place)  # it stays for a while, until the job that needs it is stored
        for each in (place, directory):
            sync(each)
    except OSError as error:
        raise StoreError(f"{shown}: it can't be kept in {printable(directory)}: {_reason(error)}.") from error
    return target


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
