"""Writes the output of a run into files of the user's too, and keeps what it prints on standard error apart.

The run itself writes into files of ours, and waits for nothing here: a full disk, or one that hangs, under a file of
the user's does it no harm. A thread copies the output.
"""

import _thread
import os
import time

from .disk import close, reason, remark
from .files import Files
from .kernel import punch_hole
from .limits import FOREVER
from .records import Spec

MARK = b"[stderr] "  # before each line of standard error in the log
CHUNK = 1 << 16
MERGED = 1 << 20  # bytes that are taken before the watcher turns to anything else
FREED = 1 << 22  # bytes of standard error that wait for being freed on disk
SOON_S, CALM_S = 0.05, 1.0  # between two looks: something was printed, nothing is
COPY_S, AGAIN_S = 0.2, 2.0  # the same for copies, and after the disk has refused one
PATIENCE_S = 10.0  # how long the end of a run waits for copies that get no further
PAGE = 4096


class Streams:
    """The standard error of a run while it goes on, if it is apart, and the copies of its output."""

    def __init__(self, spec: Spec, files: Files) -> None:
        """Without such files in the specification nothing is done."""
        self._log = files.log
        self._errors = files.errors if spec.get("error") else b""
        self._merged = self._freed = 0  # bytes of standard error
        self._at_start = True  # of a line
        self._wait_s, self._due = SOON_S, 0.0
        self._lock = _thread.allocate_lock()  # what is in the log, and which parts of it are no output
        self._marked: list[tuple[int, int]] = []
        self._copies: list[Copy] = []
        umask = spec.get("umask", 0o077)
        cwd = spec["cwd"].encode("latin-1")
        limit = spec.get("log_limit") or 0 if spec.get("log_full") == "stop" else 0
        for name, source in (("output", self._log), ("error", self._errors)):
            if path := spec.get(name, "").encode("latin-1"):
                self._copies.append(Copy(source, os.path.join(cwd, path), umask, limit if name == "output" else 0))
        self._woken, self._done = _thread.allocate_lock(), _thread.allocate_lock()
        self._ending, self._is_apart = False, True
        if self._copies:
            self._woken.acquire()
            self._done.acquire()
            try:
                _thread.start_new_thread(self._copy, ())
            except RuntimeError:  # too many processes: they are copied in the end
                self._is_apart = False

    def poll(self, now: float) -> float:
        """Put what was printed on standard error into the log; return for how many seconds to do nothing."""
        if not self._errors:
            return FOREVER
        if now < self._due:
            return self._due - now
        took = self._merge(MERGED)
        self._wait_s = SOON_S if took else min(2 * self._wait_s, CALM_S)
        self._due = now + self._wait_s
        return self._wait_s

    def leave_out(self, end: int) -> None:
        """Copy nothing of the log before this place any more: its disk space is about to be freed."""
        for copy in self._copies:
            if copy.source == self._log:
                copy.skip_to(end)

    def finish(self) -> None:
        """Put the rest into the log and the copies; wait no longer for copies than they get on."""
        self.flush()
        self._ending = True
        if not self._copies:
            return
        if not self._is_apart:
            self._copy()
        if self._woken.locked():
            self._woken.release()
        deadline, progress = time.monotonic() + PATIENCE_S, -1
        while not self._done.acquire(timeout=COPY_S):
            now = sum(copy.place for copy in self._copies)
            if now != progress:
                deadline, progress = time.monotonic() + PATIENCE_S, now
            elif time.monotonic() > deadline:
                break
        for copy in self._copies:
            if copy.why or not copy.closed:
                why = copy.why or "it does not answer"
                self._say(f"{os.fsdecode(copy.path)}: not all output could be written there: {why}")

    def flush(self) -> bool:
        """Put standard error into the log; return whether all of it is there."""
        if not self._errors:
            return True
        try:
            while self._merge(MERGED):
                pass
            return os.path.getsize(self._errors) <= self._merged
        except OSError:  # the user has deleted it
            return True

    def is_busy(self) -> bool:
        """Whether a copy hangs."""
        return any(not copy.closed for copy in self._copies)

    def _merge(self, most: int) -> bool:
        """Append lines of standard error to the log, marked; return whether there were any."""
        if not self._errors:
            return False
        try:
            file = os.open(self._errors, os.O_RDWR)
        except OSError:
            return False
        took = 0
        try:
            log = os.open(self._log, os.O_WRONLY | os.O_APPEND)
            try:
                while took < most and (data := os.pread(file, CHUNK, self._merged)):
                    self._append(log, data)
                    took += len(data)
            finally:
                close(log)
            self._free(file)
        except OSError:  # no room: the next look takes it
            pass
        finally:
            close(file)
        return took > 0

    def _append(self, log: int, data: bytes) -> None:
        marked = bytearray()
        at_start = self._at_start
        for line in data.splitlines(keepends=True):
            marked += MARK + line if at_start else line
            at_start = line[-1:] in b"\r\n"
        with self._lock:
            before = os.fstat(log).st_size
            written = os.write(log, marked)
            end = os.lseek(log, 0, os.SEEK_CUR)
            self._marked.append((end - written, end))
            if written < len(marked):  # a disk that got full takes a part, which is taken back
                if before == end - written and os.fstat(log).st_size == end:
                    os.ftruncate(log, before)
                    self._marked.pop()
                raise OSError
        self._merged += len(data)
        self._at_start = at_start

    def _free(self, file: int) -> None:
        """Free the disk space of what is in the log and in the copy."""
        copied = [copy.place for copy in self._copies if copy.source == self._errors and not copy.why]
        end = min([self._merged, *copied]) // PAGE * PAGE
        if end - self._freed >= FREED:
            punch_hole(file, self._freed, end)
            self._freed = end

    def _say(self, sentence: str) -> None:
        try:
            log = os.open(self._log, os.O_WRONLY | os.O_APPEND)
        except OSError:
            return
        try:
            os.write(log, remark(sentence))
        except OSError:
            pass
        finally:
            close(log)

    def _copy(self) -> None:
        """Copy until the run has ended and nothing is left; runs in a thread."""
        try:
            while True:
                ending = self._ending
                moved = [copy.go_on(self._readable(copy)) for copy in self._copies]
                if ending and not any(moved):
                    return
                refused = any(copy.why for copy in self._copies)
                if not any(moved) and not ending:
                    self._woken.acquire(timeout=AGAIN_S if refused else COPY_S)
        finally:
            for copy in self._copies:
                copy.close()
            self._done.release()

    def _readable(self, copy: "Copy") -> "tuple[int, list[tuple[int, int]]]":
        """Return where what can be copied ends, and the parts of it that are no output."""
        with self._lock:
            try:
                end = os.path.getsize(copy.source)
            except OSError:
                end = copy.place
            if copy.source != self._log:
                return end, []
            while self._marked and self._marked[0][1] <= copy.place:
                del self._marked[0]
            return end, list(self._marked)


class Copy:
    """A file of the user's that gets what is written into one of ours."""

    def __init__(self, source: bytes, path: bytes, umask: int, limit: int) -> None:
        """With a ``limit`` no more bytes than that are output."""
        self.source, self.path = source, path
        self.place = 0  # up to which it is copied
        self.why = ""  # the disk refuses it
        self.closed = False
        self._umask, self._limit = umask, limit
        self._skip = 0
        self._file = self._from = -1

    def skip_to(self, end: int) -> None:
        """Leave out what is before this place and not copied yet."""
        self._skip = max(self._skip, end)

    def go_on(self, readable: "tuple[int, list[tuple[int, int]]]") -> bool:
        """Copy the output that has come; return whether there was any, or False where the disk refuses it."""
        end, left_out = readable
        end = min(end, self._limit or end)
        moved = False
        try:
            if self._file < 0:
                self._file = _opened(self.path, self._umask)
            if self._from < 0:
                self._from = os.open(self.source, os.O_RDONLY)
            while self.place < end:
                behind = [until for begin, until in left_out if begin <= self.place < until]
                if behind or self.place < self._skip:
                    self.place = min(end, max([*behind, self._skip]))
                    continue
                stop = min([end, self.place + CHUNK, *(begin for begin, _ in left_out if begin > self.place)])
                data = os.pread(self._from, stop - self.place, self.place)
                if self.place < self._skip:  # freed since
                    continue
                if not data:  # it is shorter now
                    break
                self.place += os.write(self._file, data)
                moved = True
            self.why = ""
        except OSError as error:
            self.why = reason(error)
            return False
        return moved

    def close(self) -> None:
        """Close the files."""
        for file in (self._file, self._from):
            if file >= 0:
                close(file)
        self.closed = True


def _opened(path: bytes, umask: int) -> int:
    """Open a file of the user's, empty, with the directories that lead to it. Raises OSError."""
    _make_directories(os.path.dirname(path), umask)
    # A pipe without a reader must not block.
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
    try:
        file = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags | os.O_TRUNC | os.O_CREAT, 0o600)
    os.fchmod(file, 0o666 & ~umask)
    return file


def _make_directories(path: bytes, umask: int) -> None:
    if os.path.isdir(path):
        return
    _make_directories(os.path.dirname(path), umask)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    os.chmod(path, 0o777 & ~umask)
