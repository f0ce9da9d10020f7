"""The end record of a run: in room that was set aside before the start or, where the disk refuses that, a new file."""

import os

from .disk import close, write_all

ROOM = 16_384  # bytes set aside for the record, two paths and their sentence


class EndRecord:
    """A record that is written once, into the file ``end`` or, after an error, into ``end.1``, ``end.2`` and so on.

    A file that the disk has refused to write or to sync is not used again: the kernel takes for written what it could
    not write, and the next fsync succeeds (https://lwn.net/Articles/752063/). On ext4 and xfs the room takes the
    record on a full disk too; on a copy-on-write file system (btrfs, zfs) it may not.
    """

    def __init__(self, directory: bytes) -> None:
        """Make the file and set its room aside. Raises OSError."""
        self._directory = directory
        self._path = os.path.join(directory, b"end")
        self._renewed = 0  # how many files were made after the first one
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._written = False
        try:
            write_all(self._file, bytes(ROOM))
        except BaseException:
            self.close()
            raise

    def write(self, line: bytes) -> None:
        """Write the record unless it is written. Raises OSError, and begins a new file the next time."""
        if self._written:
            return
        try:
            if self._file < 0:
                self._renewed += 1
                self._path = os.path.join(self._directory, b"end.%d" % self._renewed)
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            write_all(self._file, line)
        except OSError:
            self.abandon()
            raise
        self._written = True

    def sync(self) -> None:
        """Put the record on disk. Raises OSError, and begins a new file the next time."""
        try:
            os.fsync(self._file)
        except OSError:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Use this file no more."""
        self.close()
        self._written = False
        if self._renewed:
            try:
                os.unlink(self._path)
            except OSError:
                pass

    def close(self) -> None:
        """Close what is open."""
        if self._file >= 0:
            close(self._file)
            self._file = -1
