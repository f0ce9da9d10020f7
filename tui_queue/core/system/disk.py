"""Puts what was written on disk."""

import os


def sync(path: str, flags: int = os.O_RDONLY) -> None:
    """Put a file, or the names in a directory, on disk. Raises OSError."""
    file = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
