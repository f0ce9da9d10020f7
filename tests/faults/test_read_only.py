"""A queue that can't be written, as in a backup, is read all the same; what would write says so and changes nothing."""

import os
import pty
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import ended
from tui_queue import Queue, StoreError
from tui_queue.core.store import schema

READS = (
    ("list", "echo"),
    ("show 1", "exit 0"),
    ("log 1", "hello"),
    ("export", '"exit_code": 0'),
    ("wait 1", ""),
    ("status", "1 completed"),
    ("stats", "echo"),
    ("queue list", "default"),
)
WRITES = ("add true", "retry 1", "remove 1", "queue add other", "run --until-empty", "run --background")


@pytest.fixture
def read_only(cli: Cli, tmp_path: Path) -> Iterator[Callable[[Path], Cli]]:
    """Return a function that mounts a directory read-only; it returns the command line of the queue there."""
    view = tmp_path / "view"
    view.mkdir(mode=0o700)

    def mounted(directory: Path) -> Cli:
        try:
            for options in (["--bind", directory], ["-o", "remount,bind,ro"]):
                subprocess.run(["mount", *options, view], capture_output=True, text=True, check=True)
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            pytest.skip(f"nothing can be mounted read-only here: {error}")
        return Cli(view, {**cli.env, "TUI_QUEUE_HOME": str(view)}, cli.server)

    yield mounted
    subprocess.run(["umount", "--lazy", view], capture_output=True, check=False)


def snapshot(directory: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in directory.rglob("*")}


def backup(cli: Cli, target: Path, *endings: str) -> Path:
    """Copy a queue as a backup program does while another process has it open, with these files of the database."""
    shutil.copytree(cli.home, target, ignore=shutil.ignore_patterns("queue.db*", "wake"))
    with closing(sqlite3.connect(cli.home / "queue.db", isolation_level=None)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE queues SET paused = 1")  # what lies in the log of changes only
        for ending in ("", *endings):
            shutil.copy(cli.home / f"queue.db{ending}", target)
    return target


def test_all_that_reads_works_on_a_read_only_file_system_and_all_that_writes_says_why_not(
    cli: Cli, read_only: Callable[[Path], Cli]
) -> None:
    cli("add", "echo", "hello")
    cli.drain()
    before = snapshot(cli.home)
    view = read_only(cli.home)
    for words, said in READS:
        assert said in view(*words.split())
    assert "is whole" in view("doctor", code=1)
    for words in WRITES:
        error = view.error(*words.split(), code=4)
        assert error == (
            f"tui-queue: {view.home}: it is read-only, its file system is mounted so; "
            "jobs can be listed and shown, but nothing changed."
        )
    assert "no such job" in view.error("cancel", "99", code=3)
    with Queue(view.home) as queue:
        assert [job.reason for job in queue.list()] == ["exit 0"]
        assert queue.log(1) == b"hello\n"
        assert queue.wait(1)[0].exit_code == 0
        with pytest.raises(StoreError, match="it is read-only"):
            queue.add("true")
    assert snapshot(cli.home) == before


@pytest.mark.parametrize("endings", [(), ("-wal",), ("-wal", "-shm")])
def test_a_backup_is_read_with_all_that_its_log_of_changes_holds(
    cli: Cli, tmp_path: Path, read_only: Callable[[Path], Cli], endings: tuple[str, ...]
) -> None:
    cli("add", "--hold", "true")
    target = backup(cli, tmp_path / "backup", *endings)
    view = read_only(target)
    before = snapshot(target)
    assert "true" in view("list")
    assert ("paused" in view("queue", "list")) == bool(endings)
    assert "is whole" in view("doctor", code=1)
    assert snapshot(target) == before


def test_a_directory_of_ours_without_permission_to_write_is_read(cli: Cli, tmp_path: Path) -> None:
    cli("add", "--hold", "true")
    target = backup(cli, tmp_path / "backup", "-wal")
    (target / "queue.db").chmod(0o400)
    target.chmod(0o500)
    there = Cli(target, {**cli.env, "TUI_QUEUE_HOME": str(target)})
    listed, added = there.bound_by_modes("queue", "list"), there.bound_by_modes("add", "true")
    target.chmod(0o700)
    assert (listed.returncode, listed.stderr, b"paused" in listed.stdout) == (0, b"", True)
    assert (added.returncode, added.stderr.count(b"\n")) == (4, 1)
    assert b"it is read-only, you have no permission to write it" in added.stderr


@pytest.mark.long
def test_a_living_queue_is_followed_through_a_read_only_mount(
    cli: Cli, tmp_path: Path, read_only: Callable[[Path], Cli]
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "--hold", "true")
    view = read_only(cli.home)
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        db.execute("SELECT 1 FROM jobs").fetchall()  # so that the log of changes is there
        cli("add", "sh", "-c", f"read word < {gate}; exit 3")
        assert sorted(view.jobs()) == [1, 2]
        runner = cli.start("run", "--until-empty")
        wait_for(lambda: view.job(2)["state"] == "running", "the job to run, seen from there")
        waiter = view.start("wait", "2")
        gate.write_text("go\n")
        assert ended(waiter) == 3
    ended(runner)


def test_an_earlier_version_is_read_from_a_copy(cli: Cli, tmp_path: Path, read_only: Callable[[Path], Cli]) -> None:
    target = tmp_path / "earlier"
    target.mkdir(mode=0o700)
    with closing(sqlite3.connect(target / "queue.db")) as db:
        for script in schema.MIGRATIONS[:2]:
            db.executescript(script)
        db.execute(
            "INSERT INTO jobs (uuid, name, path, args, cwd, created_at) VALUES (?, x'6f6c64', x'2f78', x'', x'2f', 1)",
            ("00000000-0000-4000-8000-000000000001",),
        )
        db.execute("PRAGMA user_version = 2")
        db.commit()
    view = read_only(target)
    assert view.job(1)["name"] == "old"
    assert sorted(path.name for path in target.iterdir()) == ["queue.db"]


def test_a_process_that_may_write_no_file_reads_and_calls_nothing_wrong(cli: Cli) -> None:
    cli("add", "--hold", "echo")
    found = {}
    for word in ("list", "doctor"):
        found[word] = subprocess.run(
            cli.words(word),
            env=cli.env,
            capture_output=True,
            timeout=60,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        )
    assert (found["list"].returncode, b"echo" in found["list"].stdout) == (0, True), found
    assert (found["doctor"].returncode, b"is whole" in found["doctor"].stdout) == (0, True), found
    assert b"look  file size" in found["doctor"].stdout


def test_the_dashboard_says_that_it_is_read_only(cli: Cli, read_only: Callable[[Path], Cli]) -> None:
    cli("add", "--hold", "true")
    view = read_only(cli.home)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", 0) as output, os.fdopen(theirs) as terminal:
        done = subprocess.run(view.words(), env=view.env, stdin=terminal, stdout=terminal, stderr=terminal, check=False)
        assert (done.returncode, b"it is read-only" in output.read(4096)) == (4, True)
