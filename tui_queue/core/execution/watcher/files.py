"""Makes the files of a run, and writes what its watcher records in them (run_files.py says what each is for)."""

import errno
import os

from .records import Record, sealed

END_ROOM = 16_384  # bytes set aside for the end record, two paths and their sentence
HIGH_DESCRIPTOR = 200  # where the job inherits the pipe, out of the way of scripts that use 3 to 9


class Files:
    """The files of one run, some of them open: the pipes ``alive`` and ``control``, and the end record."""

    def __init__(self, directory: bytes) -> None:
        """Make them. Raises OSError."""
        self._directory = directory
        self._open: list[int] = []
        self.log = self._path(b"log")
        self.times = self._path(b"times")
        self._ours = False  # whether this watcher has made the files: then no other one of this attempt lives
        try:
            self._make()
        except BaseException:
            self.close()
            if self._ours:
                self._remove()
            raise

    def _make(self) -> None:
        for path in (os.path.dirname(self._directory), self._directory):
            try:
                os.mkdir(path, 0o700)
            except FileExistsError:
                pass
        for name in (b"alive", b"control"):
            os.mkfifo(self._path(name), 0o600)
            self._ours = True
        os.close(os.open(self.log, os.O_WRONLY | os.O_CREAT, 0o600))
        self._end = self._opened(b"end", os.O_WRONLY | os.O_CREAT)
        if os.write(self._end, bytes(END_ROOM)) < END_ROOM:  # the disk was full half way
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        # Open for both: a pipe that is only written to could not be opened before it has a reader.
        self.control = self._opened(b"control", os.O_RDWR | os.O_NONBLOCK)
        self.alive = _raise_descriptor(self._opened(b"alive", os.O_RDWR | os.O_NONBLOCK))
        self._open[-1] = self.alive

    def claim(self) -> bool:
        """Take the run: of all watchers that try, the one that creates the file has it, for good.

        It is not synced: when the machine has lost power, a run that was under way counts as lost, claimed or not.
        """
        try:
            os.close(os.open(self._path(b"claim"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def give_back(self) -> bool:
        """Remove what was made for a run that was claimed and not started; return whether the claim is gone.

        The claim goes first: from then on a scheduler that adopts the run may revoke it, and what it creates for that
        stays. Files that can't be removed do no harm.
        """
        try:
            os.unlink(self._path(b"claim"))
        except FileNotFoundError:  # it could not be created
            pass
        except OSError:
            return False
        self._remove()
        return True

    def _remove(self) -> None:
        try:
            for name in os.listdir(self._directory):
                if name != b"claim":
                    os.unlink(self._path(name))
            for path in (self._directory, os.path.dirname(self._directory)):
                os.rmdir(path)
        except OSError:  # attempts before this one, or a disk with an error
            pass

    def write_start(self, record: Record) -> None:
        """Record the start; on a full disk that fails silently.

        It is not synced: it says nothing that matters once the machine has lost power, and the end record repeats it.
        """
        try:
            file = os.open(self._path(b"start"), os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError:
            return
        try:
            os.write(file, sealed(record))
        except OSError:
            pass
        finally:
            os.close(file)

    def write_end(self, record: Record) -> None:
        """Record the end, into room that was allocated before the start: it works on a full disk."""
        os.pwrite(self._end, sealed(record), 0)

    def sync(self) -> None:
        """Put the output and the end record on disk, and the names of the directories that hold them."""
        sync_output(self.log)
        os.fsync(self._end)
        attempts = os.path.dirname(self._directory)
        for path in (self._directory, attempts, os.path.dirname(attempts)):
            _fsync(path)

    def close(self) -> None:
        """Close what is open."""
        for descriptor in self._open:
            os.close(descriptor)

    def _opened(self, name: bytes, flags: int) -> int:
        descriptor = os.open(self._path(name), flags, 0o600)
        self._open.append(descriptor)
        return descriptor

    def _path(self, name: bytes) -> bytes:
        return os.path.join(self._directory, name)


def sync_output(log: bytes) -> None:
    """Put what a run has printed on disk; the name of a new file goes along (ext4, xfs, btrfs)."""
    try:
        if os.path.getsize(log):
            _fsync(log)
    except OSError:  # the user has deleted it
        pass


def _raise_descriptor(low: int) -> int:
    try:
        os.dup2(low, HIGH_DESCRIPTOR, inheritable=True)
    except OSError:  # beyond the limit on open files
        os.set_inheritable(low, True)
        return low
    os.close(low)
    return HIGH_DESCRIPTOR


def _fsync(path: bytes) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
