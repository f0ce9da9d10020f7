"""The files of one run, and the records that its watcher leaves in them.

``log`` its output · ``alive`` a pipe that is open as long as the watcher lives, or a process of the job that has not
closed it; the watcher says the start and the end into it · ``control`` a pipe that the watcher reads · ``claim`` exists
once a watcher has taken the run, and holds the UUID of its job; or the scheduler has revoked it, and it is a link ·
``start`` and ``end`` one line each: a JSON record and its CRC-32 · ``end.1``, ``end.2`` and so on the end, where the
disk has refused the file before · ``times``, if the job asks for them, 16 bytes for each piece of output: where it
begins in the log, and when it was seen, in nanoseconds since 1970 · ``errors``, if the job wants them apart, its
standard error, written by the job itself; the watcher puts it into the log, too · ``growth``, if the job may be silent
for a while only, when the watcher last saw the log grow (silence.py) · ``warning``, as ``start``, which signal told how
many processes of the time limit · ``limit``, as ``start``, which time limit holds, if the user has changed it ·
``usage``, by the scheduler, a line for each measurement: seconds since 1970, seconds of processor time used by then,
bytes of resident memory. The last five are never synced; readers ignore an entry in them that is not whole.
"""

import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from tui_queue.core.execution.watcher.records import unsealed
from tui_queue.core.execution.watcher.silence import NOTE
from tui_queue.core.model.job import RunEnd

Record = dict[str, Any]
REVOKED = "revoked"
CLOCK_S = 2.0  # by which the time of a file may differ from that of the clock


class RunFiles(Struct, frozen=True):
    """Where the files of one attempt at a job lie."""

    directory: str

    @classmethod
    def of(cls, runs: str, job_id: int, attempt: int) -> "RunFiles":
        """Name the directory of an attempt below the directory of all runs."""
        return cls(os.path.join(runs, str(job_id), str(attempt)))

    def path(self, name: str) -> str:
        """Return the path of one file."""
        return os.path.join(self.directory, name)

    @property
    def log(self) -> str:
        """The output, written by the job itself."""
        return self.path("log")

    def revoke(self) -> bool:
        """Take the claim so that no watcher ever can; return False when one has it already."""
        for directory in (os.path.dirname(self.directory), self.directory):
            with suppress(FileExistsError):
                os.mkdir(directory, 0o700)
        # A link that leads nowhere: it comes into being in one step, and no watcher can create a file of its name.
        try:
            os.symlink(REVOKED, self.path("claim"))
        except FileExistsError:
            return os.path.islink(self.path("claim"))
        return True

    def was_claimed(self) -> bool:
        """Whether a watcher has taken the run."""
        return os.path.exists(self.path("claim"))

    def owner(self) -> "Owner | None":
        """Return whose run this is; None where no watcher has taken it."""
        try:
            with open(self.path("claim"), "rb") as file:
                return Owner(file.read(64).decode("ascii", "replace"), os.fstat(file.fileno()).st_mtime)
        except OSError:
            return None

    def put_aside(self) -> None:
        """Move the files of a run that is another job's out of the way. Raises OSError."""
        from tui_queue.core.execution.aside import Aside  # noqa: PLC0415 - hardly ever needed

        runs, number, attempt = self.directory.rsplit(os.sep, 2)
        Aside(os.path.dirname(runs)).put([os.path.join(os.path.basename(runs), number, attempt)])

    def order(self, words: bytes) -> bool:
        """Write an order to the watcher; return False when no watcher reads it."""
        try:
            control = os.open(self.path("control"), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # ENXIO: it has no reader; ENOENT: the run has not come that far yet
            return False
        try:
            os.write(control, words)
        except OSError:
            return False
        finally:
            os.close(control)
        return True

    def start_record(self) -> Record | None:
        """Return what the watcher has recorded of the start, if it has.

        ``pid`` and ``watcher`` are numbers of processes; by its start time ``begun``, in clock ticks, and the ``boot``
        of the machine the first is known again. The last two are missing on macOS.
        """
        return self._read("start")

    def warning(self) -> tuple[int, int] | None:
        """Return the signal that warned of the time limit and how many processes had it; None before that."""
        record = self._read("warning")
        return None if record is None else (record["signal"], record["processes"])

    def limit_s(self) -> float | None:
        """Return the time limit that the watcher was told since the start, 0 for none; None where it was told none."""
        record = self._read("limit")
        return None if record is None else float(record["timeout_s"])

    def given(self) -> Record:
        """Return the nice level, processors and limits of the run, as far as they are not as captured.

        The keys are ``nice``, ``cpus`` and ``limits``, as in Environment. A run that was over at once has its end only.
        """
        return ((self.start_record() or self._read("end")) or {}).get("given", {})  # type: ignore[no-any-return]

    def processes(self) -> tuple[int, int] | None:
        """Return the numbers of the command and of its watcher, if the watcher has recorded them."""
        record = self.start_record()
        return None if record is None else (record["pid"], record["watcher"])

    def started_at(self) -> datetime | None:
        """When the command was started, if the watcher has recorded it."""
        record = self.start_record()
        return None if record is None else start_time(record)

    def end(self) -> RunEnd | None:
        """How the run ended, if its watcher has written a valid record."""
        error: OSError | None = None
        for name in self._ends():
            try:
                if (record := self._read(name)) is not None:
                    return run_end(record)
            except OSError as unreadable:
                error = unreadable
        if error is not None:
            raise error
        return None

    def _ends(self) -> Iterator[str]:
        yield "end"
        with suppress(FileNotFoundError):
            yield from (name for name in os.listdir(self.directory) if name.startswith("end."))

    def silent_s(self) -> float:
        """Return the seconds for which the watcher has seen the log as it is; 0 where it takes no note of that."""
        try:
            with open(self.path("growth"), "rb") as file:
                *seen, at_ns = struct.unpack(NOTE, file.read())
            found = os.stat(self.log)
        except (OSError, struct.error):
            return 0.0
        return max(0.0, (time.monotonic_ns() - at_ns) / 1e9) if seen == [found.st_size, found.st_mtime_ns] else 0.0

    def _read(self, name: str) -> Record | None:
        try:
            with open(self.path(name), "rb") as file:
                return unsealed(file.readline())
        except FileNotFoundError:
            return None


class Owner(Struct, frozen=True):
    """Whose run it is: the UUID of its job, empty where its watcher could not write it, and when it was claimed."""

    uuid: str
    claimed_at: float

    def is_job(self, uuid: str, created_at: datetime) -> bool:
        """Whether it is this job; where the UUID is not known, a run that is younger than the job is its own."""
        return self.uuid == uuid if self.uuid else self.claimed_at >= created_at.timestamp() - CLOCK_S


def start_time(record: Record) -> datetime | None:
    """Return when a command was started, by the record of that or of its end."""
    return _time(record, "started_ns")


def run_end(record: Record) -> RunEnd:
    """Return what an end record says."""
    return RunEnd(
        finished_at=_time(record, "finished_ns") or datetime.now(UTC),
        started_at=start_time(record),
        exit_code=record.get("exit_code"),
        signal=record.get("signal"),
        error=record.get("error"),
        cancelled=record.get("cancelled", False),
        timed_out=record.get("timed_out", False),
        silent=record.get("silent", False),
        log_full=record.get("log_full", False),
        oom=record.get("oom", ""),
        survivors=tuple(record.get("survivors", ())),
        cpu_s=record.get("cpu_s"),
        max_rss_kib=record.get("max_rss_kib"),
        left=tuple((pid, begun) for pid, begun in record.get("left", ())),
        boot=record.get("boot", ""),
    )


def _time(record: Record, key: str) -> datetime | None:
    nanoseconds = record.get(key)
    return None if nanoseconds is None else datetime.fromtimestamp(nanoseconds / 1e9, UTC)
