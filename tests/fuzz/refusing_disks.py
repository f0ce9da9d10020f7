"""File systems that are full, or fail, while jobs end on them; for root, on loop devices."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from tests.conftest import process_is_alive, wait_for
from tests.support.crashes import Command, jobs
from tests.support.processes import is_scheduler, is_watcher, of_queue
from tui_queue.core.execution.watcher.records import unsealed

JOBS = 10
HELD_S = 3.0  # for which the disk refuses after the commands have ended: longer than a watcher waits for the scheduler
SIZES = {"ext4": 64 << 20, "xfs": 320 << 20, "btrfs": 128 << 20}
OPTIONS = {"ext4": ("-q",), "xfs": ("-q",), "btrfs": ("-q", "-M")}
MOUNTED = {"ext4": ",errors=remount-ro", "xfs": ",nouuid", "btrfs": ""}
SCRIPT = """#!/bin/sh
echo $$ > "$1/pid-$TUI_QUEUE_JOB"
until [ -e "$1/gate" ]; do sleep 0.05; done
exit $((10 + TUI_QUEUE_JOB))
"""

Case = Callable[[], tuple[int, int]]  # returns how many exit codes were kept, and of how many jobs that ended


class Disk:
    """A file system in a file, mounted at a path."""

    def __init__(self, kind: str, directory: Path) -> None:
        self.kind = kind
        self.top = directory / "disk"
        self._image = directory / "image"
        self.top.mkdir()
        with self._image.open("wb") as file:
            file.truncate(SIZES[kind])
        _call(f"mkfs.{kind}", *OPTIONS[kind], str(self._image))
        self.mount()

    def mount(self) -> None:
        _call("mount", "-o", f"loop{MOUNTED[self.kind]}", str(self._image), str(self.top))
        self.top.chmod(0o700)

    def unmount(self) -> None:
        _call("umount", "--lazy", str(self.top))

    def mount_again(self) -> None:
        """Mount what is on disk at the same path: a copy, since processes hold the file system that has failed."""
        self.unmount()
        copy = self._image.with_name("copy")
        _call("cp", "--sparse=always", str(self._image), str(copy))
        self._image = copy
        self.mount()

    def fill(self) -> Path:
        filler = self.top / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 65_536, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue
        os.sync()
        return filler

    def fail(self) -> None:
        """Have the file system find an error: ext4 turns read-only then, xfs shuts down."""
        if self.kind == "ext4":
            device = Path(_call("findmnt", "--noheadings", "--output", "SOURCE", str(self.top)).strip()).name
            Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("1\n")
        else:
            _call("xfs_io", "-x", "-c", "shutdown", str(self.top))


class Queue:
    """A queue with jobs that end when a gate opens, each with an exit code of its own."""

    def __init__(self, home: Path, outside: Path) -> None:
        self._home, self._outside = home, outside
        script = outside / "job.sh"
        script.write_text(SCRIPT)
        script.chmod(0o755)
        (home / "config.toml").write_text(f"background = false\nslots = {JOBS}\n")
        for _ in range(JOBS):
            Command(home, "add", str(script), str(outside)).printed()
        self._scheduler = Command(home, "run", "--until-empty")
        wait_for(lambda: all(job["started_at"] for job in jobs(home, JOBS)), "the starts")
        self._pids = [int((outside / f"pid-{number}").read_text()) for number in range(1, JOBS + 1)]

    def kill_scheduler(self) -> None:
        self._scheduler.kill()
        self._scheduler.printed()

    def schedule(self) -> None:
        self._scheduler = Command(self._home, "run", "--until-empty")

    def open_gate(self) -> None:
        """Let all commands end, and give the watchers time to be refused."""
        (self._outside / "gate").touch()
        wait_for(lambda: not any(map(process_is_alive, self._pids)), "the ends of the commands")
        time.sleep(HELD_S)

    def has_all_ends(self) -> bool:
        """Whether the end of each run lies on disk."""
        runs = [self._home / "runs" / str(number) / "1" for number in range(1, JOBS + 1)]
        return all(any(unsealed(end.read_bytes().partition(b"\n")[0]) for end in run.glob("end*")) for run in runs)

    def kept(self) -> tuple[int, int]:
        """Wait until the queue is empty; return how many exit codes were kept, and of how many jobs."""
        while True:
            wait_for(self._scheduler.ended, "the queue to empty")
            self._scheduler.printed()
            if self._scheduler.code in (0, 1):
                break
            self.schedule()  # the one before could not open the store on the full disk
        # Not by a command, which opens no queue whose runs lie on a file system that was shut down.
        with closing(sqlite3.connect(self._home / "queue.db")) as db:
            (kept,) = db.execute("SELECT count(*) FROM jobs WHERE exit_code = 10 + id").fetchone()
        return kept, JOBS


@contextmanager
def _disk(kind: str) -> Iterator[tuple[Disk, Path]]:
    """Yield a file system, and a directory outside of it."""
    with tempfile.TemporaryDirectory(prefix="refusing-disks-") as name:
        outside = Path(name)
        disk = Disk(kind, outside)
        try:
            yield disk, outside
        finally:
            for pid in [*of_queue(disk.top / "home"), *of_queue(outside / "home")]:
                if is_scheduler(pid) or is_watcher(pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            disk.unmount()


def _full(kind: str, *, killed: bool, next_one_comes_early: bool) -> tuple[int, int]:
    with _disk(kind) as (disk, outside):
        home = disk.top / "home"
        home.mkdir(mode=0o700)
        queue = Queue(home, outside)
        filler = disk.fill()
        if killed:
            queue.kill_scheduler()
        if next_one_comes_early:
            queue.schedule()
        queue.open_gate()
        filler.unlink()
        if killed and not next_one_comes_early:
            queue.schedule()
        return queue.kept()


def _failed_below_the_runs(kind: str) -> tuple[int, int]:
    """The runs lie on the file system that fails, and the store elsewhere."""
    with _disk(kind) as (disk, outside):
        home = outside / "home"
        home.mkdir(mode=0o700)
        (disk.top / "runs").mkdir(mode=0o700)
        (home / "runs").symlink_to(disk.top / "runs")
        queue = Queue(home, outside)
        disk.fail()
        queue.open_gate()
        return queue.kept()


def _failed_and_mounted_again(kind: str) -> tuple[int, int]:
    """The whole queue lies on it; the user mounts it again."""
    with _disk(kind) as (disk, outside):
        home = disk.top / "home"
        home.mkdir(mode=0o700)
        queue = Queue(home, outside)
        disk.fail()
        queue.open_gate()
        queue.kill_scheduler()
        disk.mount_again()
        wait_for(queue.has_all_ends, "the watchers to write")
        queue.schedule()
        return queue.kept()


def disk_cases() -> Iterator[tuple[str, Case]]:
    """Yield what can be tried here: a name, and a function."""
    for kind in SIZES:
        if shutil.which(f"mkfs.{kind}") is None:
            print(f"{kind}: not tried, there is no mkfs.{kind}")
            continue
        if complaint := _why_not_mounted(kind):
            print(f"{kind}: not tried, it can't be mounted here: {complaint}")
            continue
        yield f"full {kind}, the scheduler lives", partial(_full, kind, killed=False, next_one_comes_early=False)
        yield f"full {kind}, the scheduler is killed", partial(_full, kind, killed=True, next_one_comes_early=False)
        early = partial(_full, kind, killed=True, next_one_comes_early=True)
        yield f"full {kind}, the next scheduler comes before there is room", early
        if kind != "btrfs":  # which can't be told to fail
            how = "read-only after an error" if kind == "ext4" else "shut down"
            yield f"{kind} {how}, the store elsewhere", partial(_failed_below_the_runs, kind)
            yield f"{kind} {how}, mounted again", partial(_failed_and_mounted_again, kind)


def _why_not_mounted(kind: str) -> str:
    """Say why no such file system can be mounted, in a container say; empty where one can."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            Disk(kind, Path(directory)).unmount()
        except subprocess.CalledProcessError as error:
            return str(error.stderr).strip()
    return ""


def _call(*words: str) -> str:
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout
