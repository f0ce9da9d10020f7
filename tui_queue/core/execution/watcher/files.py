"""Makes the files of a run, and writes what its watcher records in them (run_files.py says what each is for)."""

import os

from .disk import close, sync_directory, sync_output, write_all
from .end_record import EndRecord
from .records import Record, sealed

HIGH_DESCRIPTOR = 243  # where the job inherits the pipe: scripts use 3 to 9, with flock(1) 200, shells 10 to 20 and 255


class Files:
    """The files of one run, some of them open: the pipes ``alive`` and ``control``, and the end record."""

    def __init__(self, directory: bytes) -> None:
        """Make them. Raises OSError."""
        self._directory = directory
        self._open: list[int] = []
        self._end_line = b""
        self._output_synced = self._end_synced = False
        self.log = self._path(b"log")
        self.times = self._path(b"times")
        self.errors = self._path(b"errors")
        queue = os.path.dirname(os.path.dirname(os.path.dirname(directory)))  # of runs/<job>/<attempt>
        self.background = os.fsdecode(os.path.join(queue, b"background"))
        self._ours = False  # whether this watcher has made the files: then no other one of this attempt lives
        try:
            self._make()
            self._end = EndRecord(directory)
        except BaseException:
            self._close_pipes()
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
        # Open for both: a pipe that is only written to could not be opened before it has a reader.
        self.control = self._opened(b"control", os.O_RDWR | os.O_NONBLOCK)
        self.alive = _raise_descriptor(self._opened(b"alive", os.O_RDWR | os.O_NONBLOCK))
        self._open[-1] = self.alive

    def claim(self, uuid: bytes) -> bool:
        """Take the run: of all watchers that try, the one that creates the file has it, for good.

        The UUID of the job in it tells later whose run it is, where the database was restored from a backup.
        It is not synced: when the machine has lost power, a run that was under way counts as lost, claimed or not.
        """
        try:
            file = os.open(self._path(b"claim"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        try:
            os.write(file, uuid)
        except OSError:  # the disk is full: the time of the file has to do
            pass
        finally:
            close(file)
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

    def write_start(self, record: Record) -> bool:
        """Record the start; return False where the disk refuses that.

        It is not synced: it says nothing that matters once the machine has lost power, and the end record repeats it.
        """
        return self._write(b"start", record)

    def write_warning(self, record: Record) -> None:
        """Record how many processes were warned of the time limit, not synced; it is lost where the disk refuses it."""
        self._write(b"warning", record)

    def write_limit(self, record: Record) -> None:
        """Record which time limit holds since it was changed, not synced; it is lost where the disk refuses it."""
        self._write(b"limit", record)

    def _write(self, name: bytes, record: Record) -> bool:
        try:
            file = os.open(self._path(name), os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError:
            return False
        try:
            write_all(file, sealed(record))
        except OSError:
            return False
        finally:
            close(file)
        return True

    def write_end(self, record: Record) -> None:
        """Record the end, not synced yet; where the disk refuses it, ``secure_end`` tries again."""
        self._end_line = sealed(record)
        try:
            self._end.write(self._end_line)
        except OSError:
            pass

    def secure_end(self) -> bool:
        """Put the output and the end record on disk, and the names of the directories that hold them.

        Return False where the disk refuses the record; the next call tries again.
        """
        if self._end_synced:
            return True
        if not self._output_synced:
            self._output_synced = True  # even after an error, which a second fsync would hide
            sync_output(self.log)
        try:
            self._end.write(self._end_line)
            self._end.sync()
            attempts = os.path.dirname(self._directory)
            for path in (self._directory, attempts, os.path.dirname(attempts)):
                sync_directory(path)
        except OSError:
            self._end.abandon()
            return False
        self._end_synced = True
        return True

    def were_deleted(self) -> bool:
        """Whether the user has deleted the directory, so that nothing more can be recorded."""
        try:
            return not os.fstat(self.alive).st_nlink
        except OSError:  # the file system has shut down
            return False

    def close(self) -> None:
        """Close what is open."""
        self._close_pipes()
        self._end.close()

    def _close_pipes(self) -> None:
        for descriptor in self._open:
            close(descriptor)

    def _opened(self, name: bytes, flags: int) -> int:
        descriptor = os.open(self._path(name), flags, 0o600)
        self._open.append(descriptor)
        return descriptor

    def _path(self, name: bytes) -> bytes:
        return os.path.join(self._directory, name)


def _raise_descriptor(low: int) -> int:
    try:
        os.dup2(low, HIGH_DESCRIPTOR, inheritable=True)
    except OSError:  # beyond the limit on open files
        os.set_inheritable(low, True)
        return low
    os.close(low)
    return HIGH_DESCRIPTOR
