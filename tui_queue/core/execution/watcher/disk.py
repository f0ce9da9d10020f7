"""Writes to a disk that may refuse: whole records, the output of a run, the names of new files."""

import os


def write_all(file: int, data: bytes) -> None:
    """Write all of it at the start of a file; a disk that gets full takes a part. Raises OSError."""
    done = 0
    while done < len(data):
        done += os.pwrite(file, data[done:], done)


def close(file: int) -> None:
    """Close a file; where that reports an error, such as NFS does, the file is closed all the same."""
    try:
        os.close(file)
    except OSError:
        pass


def sync_directory(path: bytes) -> None:
    """Put the names in a directory on disk. Raises OSError."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # the user has moved or deleted it; the open file holds the record
        return
    try:
        os.fsync(file)
    finally:
        close(file)


def sync_output(log: bytes) -> OSError | None:
    """Put what a run has printed on disk; the name of a new file goes along (ext4, xfs, btrfs).

    Where the disk fails the log says so, as far as it can be written; the error is returned.
    """
    try:
        if not os.path.getsize(log):
            return None
        file = os.open(log, os.O_RDONLY)
    except OSError:  # the user has deleted it
        return None
    try:
        os.fsync(file)
    except OSError as error:
        _append(log, remark(f"the disk failed, and parts of this output may be missing: {reason(error)}"))
        return error
    finally:
        close(file)
    return None


def remark(sentence: str) -> bytes:
    """Return a line of ours in a log."""
    return b"\n[tui-queue: %s]\n" % sentence.encode()


def reason(error: OSError) -> str:
    """Return what the kernel says, within a sentence."""
    return (error.strerror or str(error)).lower()


def _append(log: bytes, line: bytes) -> None:
    try:
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        os.write(file, line)
    except OSError:
        pass
    finally:
        close(file)
