"""The files of one run, and the records that its watcher leaves in them.

``spec.json`` what to run · ``log`` its output · ``alive`` a pipe that is open as long as the watcher or the job
lives · ``control`` a pipe that the watcher reads · ``claim`` exists once somebody has taken the run · ``start`` and
``end`` one line each: a JSON record and its CRC-32.
"""

import binascii
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tui_queue.core.models import RunEnd

END_ROOM = 16_384  # bytes set aside for the end record, two paths and their sentence


@dataclass(frozen=True, slots=True)
class RunFiles:
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

    def create(self, spec: dict[str, Any]) -> None:
        """Make everything that a watcher needs, on disk before it is let go."""
        self._make_directory()
        self._write("spec.json", json.dumps(spec).encode("ascii"))
        self._write("log", b"")
        self._write("end", bytes(END_ROOM))
        for pipe in ("alive", "control"):
            os.mkfifo(self.path(pipe), 0o600)
        for directory in (self.directory, os.path.dirname(self.directory)):
            file = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
            os.fsync(file)
            os.close(file)

    def revoke(self) -> bool:
        """Take the claim so that no watcher ever can; False when one has it already."""
        self._make_directory()
        try:
            self._write("claim", b"revoked\n")
        except FileExistsError:
            return False
        return True

    def was_claimed(self) -> bool:
        """Whether a watcher has taken the run."""
        return os.path.exists(self.path("claim"))

    def complaint(self) -> str:
        """Return the last line that a watcher has written about itself."""
        try:
            with open(self.path("watcher.log"), encoding="utf-8", errors="replace") as file:
                return (file.read().strip().splitlines() or [""])[-1]
        except FileNotFoundError:
            return ""

    def started_at(self) -> datetime | None:
        """When the command was started, if the watcher has said so."""
        record = self._read("start")
        return _time(record, "started_ns") if record else None

    def end(self) -> RunEnd | None:
        """How the run ended, if its watcher has written a valid record."""
        record = self._read("end")
        if record is None:
            return None
        return RunEnd(
            finished_at=_time(record, "finished_ns") or datetime.now(UTC),
            started_at=_time(record, "started_ns"),
            exit_code=record.get("exit_code"),
            signal=record.get("signal"),
            error=record.get("error"),
            cancelled=record.get("cancelled", False),
            survivors=tuple(record.get("survivors", ())),
            cpu_s=record.get("cpu_s"),
            max_rss_kib=record.get("max_rss_kib"),
        )

    def _make_directory(self) -> None:
        for directory in (os.path.dirname(self.directory), self.directory):
            os.makedirs(directory, mode=0o700, exist_ok=True)

    def _write(self, name: str, content: bytes) -> None:
        file = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, content)
            os.fsync(file)
        finally:
            os.close(file)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            with open(self.path(name), "rb") as file:
                record, _, checksum = file.readline().rstrip(b"\n").rpartition(b" ")
        except FileNotFoundError:
            return None
        if not record or checksum != b"%08x" % binascii.crc32(record):
            return None
        news: dict[str, Any] = json.loads(record)
        return news


def _time(record: dict[str, Any], key: str) -> datetime | None:
    nanoseconds = record.get(key)
    return None if nanoseconds is None else datetime.fromtimestamp(nanoseconds / 1e9, UTC)
