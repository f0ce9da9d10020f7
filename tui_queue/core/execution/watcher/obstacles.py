"""What keeps a command from starting for a while, and in which words that is told."""

import errno
import os

from .records import Record

# Something that every start needs is used up on this machine.
SHORTAGES = {
    errno.ENOSPC: "no room left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EMFILE: "too many open files (ulimit -n)",
    errno.ENFILE: "too many open files on this machine",
    errno.ENOMEM: "not enough memory",
    errno.EAGAIN: "too many processes (ulimit -u)",
    errno.ENOBUFS: "no memory for another socket",
}
# A file is being written, or its file system does not answer.
ABSENCES = {
    errno.ETXTBSY,
    errno.ESTALE,
    errno.EIO,
    errno.EROFS,
    errno.ENOTCONN,
    errno.ETIMEDOUT,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETUNREACH,
}


class NotYetError(Exception):
    """A command was not started, and a later try may succeed; ``record`` says why."""

    def __init__(self, record: Record) -> None:
        super().__init__(record["why"])
        self.record = record


def of_every_start(error: BaseException, path: bytes = b"") -> Record:
    """Describe an error in what the program itself does for each start, with the file or directory ``path``."""
    number = getattr(error, "errno", None) or (errno.ENOMEM if isinstance(error, MemoryError) else 0)
    why = SHORTAGES.get(number)
    if why is None:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        why = f"{os.fsdecode(path)}: {why}" if path else why
    return {"why": why, "errno": number, "everyone": True}


def of_command(error: OSError, why: str, path: bytes) -> "Record | None":
    """Describe an error at the start of a command at ``path``; None for one that stays: a wrong name, say.

    ``why`` is the error in words that name the file.
    """
    if error.errno in SHORTAGES:
        return {"why": SHORTAGES[error.errno], "errno": error.errno, "everyone": True}
    if error.errno in ABSENCES:
        name = error.filename or path
        return {"why": f"{os.fsdecode(name)}: {why}", "errno": error.errno, "everyone": False}
    return None
