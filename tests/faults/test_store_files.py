"""Files of the store that a user, a cleaner or a sync tool removes, replaces or empties."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import Cli, process_is_alive, wait_for


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


@contextmanager
def open_queue(cli: Cli, gate: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run job 1 in a process that has the queue open; the job ends, and with it the process, when the gate opens."""
    cli("add", "sh", "-c", f"read word < {gate}")
    runner = cli.start("run", "--until-empty")
    try:
        wait_for(lambda: cli.job(1)["started_at"], "the first job")
        yield runner
    finally:
        if runner.poll() is None:
            runner.kill()
        runner.communicate()


def kill(cli: Cli, runner: "subprocess.Popen[bytes]") -> None:
    """Kill the process that has the queue open, so that nothing tidies up behind it."""
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    wait_for(lambda: not process_is_alive(runner.pid), "the scheduler to die")


@pytest.mark.parametrize(
    "removed",
    [("-wal", "-shm"), *(pytest.param((end,), marks=pytest.mark.long) for end in ("-wal", "-shm"))],
    ids=" ".join,
)
def test_a_log_removed_under_an_open_queue_takes_no_job_along(cli: Cli, gate: Path, removed: tuple[str, ...]) -> None:
    with open_queue(cli, gate) as runner:
        for number in (2, 3):
            assert cli("add", "--hold", "echo", str(number)) == f"{number}\n"
        for end in removed:
            (cli.home / f"queue.db{end}").unlink()
        assert cli("add", "echo", "4") == "4\n"
        assert sorted(cli.jobs()) == [1, 2, 3, 4]
        gate.write_text("go\n")
        assert runner.wait(timeout=60) == 0
    assert {number: job["state"] for number, job in sorted(cli.jobs().items())} == {
        1: "completed", 2: "pending", 3: "pending", 4: "completed",
    }  # fmt: skip
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_replaced_by_an_older_copy_is_told_and_no_number_is_given_again(cli: Cli, gate: Path) -> None:
    with open_queue(cli, gate) as runner:
        with closing(sqlite3.connect(cli.home / "queue.db")) as db:
            db.execute("VACUUM INTO ?", (str(cli.home / "older"),))
        cli("add", "--hold", "echo", "2")
        cli("add", "--hold", "echo", "3")
        (cli.home / "older").rename(cli.home / "queue.db")
        for end in ("-wal", "-shm"):
            (cli.home / f"queue.db{end}").unlink()
        done = cli.process("add", "echo", "4")
        assert done.stdout == b"4\n"
        assert b"queue.db lacks jobs 2 to 3: it was replaced by an older copy" in done.stderr
        assert runner.wait(timeout=60) == 4
        assert b"queue.db was replaced by another file while the queue was open" in runner.communicate()[1]
    # What the program that had it open knew is kept.
    (rescued,) = (cli.home / "backups").glob("*-rescued-*.db")
    with closing(sqlite3.connect(rescued)) as db:
        assert [number for (number,) in db.execute("SELECT id FROM jobs ORDER BY id")] == [1, 2, 3]
    gate.write_text("go\n")
    cli.drain()
    assert {number: job["state"] for number, job in cli.jobs().items()} == {1: "completed", 4: "completed"}


@pytest.mark.long
def test_a_database_removed_under_an_open_queue_is_not_begun_anew(cli: Cli, gate: Path) -> None:
    with open_queue(cli, gate) as runner:
        (cli.home / "queue.db").unlink()
        refused = cli.error("add", "true", code=4)
        assert "queue.db is missing, but" in refused
        assert "`tui-queue restore`" in refused
        gate.write_text("go\n")
        assert runner.wait(timeout=60) == 4
    assert not (cli.home / "queue.db").exists()


@pytest.mark.long
def test_a_log_removed_after_a_crash_is_told_and_no_number_is_given_again(cli: Cli, gate: Path) -> None:
    with open_queue(cli, gate) as runner:
        for number in range(2, 8):
            cli("add", "--hold", "echo", str(number))
        kill(cli, runner)
    for end in ("-wal", "-shm"):
        (cli.home / f"queue.db{end}").unlink()
    done = cli.process("add", "--hold", "echo", "8")
    if done.returncode == 0:
        assert done.stdout == b"8\n", done
        assert b"lacks jobs" in done.stderr
        assert b"to 7" in done.stderr
    else:  # nothing at all had been written into the database itself
        assert b"holds nothing, but jobs up to number 7 were added" in done.stderr
    os.kill(json.loads((cli.home / "runs/1/1/start").read_text().rpartition(" ")[0])["watcher"], signal.SIGKILL)


@pytest.mark.parametrize(
    "what", ["missing", *(pytest.param(what, marks=pytest.mark.long) for what in ("empty", "without a table"))]
)
def test_a_store_that_is_lost_is_never_begun_anew_in_silence(cli: Cli, what: str) -> None:
    cli("add", "echo", "old")
    cli.drain()
    store = cli.home / "queue.db"
    store.unlink()
    if what == "empty":
        store.touch()
    elif what == "without a table":
        with closing(sqlite3.connect(store)) as db:
            db.execute("PRAGMA journal_mode = WAL")
    for command in (("list",), ("add", "true"), ("run", "--until-empty")):
        refused = cli.error(*command, code=4)
        assert str(store) in refused
        assert "jobs up to number 1 were added" in refused
        assert "`tui-queue restore` lists the backups" in refused
    assert (cli.home / "runs/1/1/log").read_text() == "old\n"


@pytest.mark.long
def test_a_log_without_its_database_is_not_deleted(cli: Cli, gate: Path) -> None:
    with open_queue(cli, gate) as runner:
        kill(cli, runner)
    log = (cli.home / "queue.db-wal").read_bytes()
    (cli.home / "queue.db").unlink()
    assert "queue.db-wal beside it holds changes" in cli.error("list", code=4)
    assert (cli.home / "queue.db-wal").read_bytes() == log
    gate.write_text("go\n")


def test_after_a_copy_was_put_back_by_hand_new_jobs_start_and_show_their_own_output(cli: Cli) -> None:
    cli("add", "echo", "first")
    cli.drain()
    shutil.copy(cli.home / "queue.db", cli.home / "copy")
    cli("add", "echo", "secret")
    cli.drain()
    shutil.copy(cli.home / "copy", cli.home / "queue.db")
    (cli.home / "numbers").unlink(missing_ok=True)  # as before there was such a file
    done = cli.process("add", "echo", "mine")
    assert done.stdout == b"3\n"
    cli.drain()
    assert cli("log", "3") == "mine\n"
    (kept,) = (cli.home / "aside").glob("*/runs/2/1/log")
    assert kept.read_text() == "secret\n"


@pytest.mark.long
def test_a_job_whose_number_another_one_had_starts_and_shows_its_own_output(cli: Cli) -> None:
    """A store of another queue, with higher numbers, is put in the place of this one."""
    cli("add", "echo", "secret")
    cli.drain()
    runs = cli.home / "runs"
    for name in ("queue.db", "numbers"):
        (cli.home / name).unlink()
    runs.rename(cli.home / "runs.kept")
    shutil.rmtree(cli.home / "backups", ignore_errors=True)
    cli("add", "echo", "mine")
    runs.rmdir()
    (cli.home / "runs.kept").rename(runs)
    assert "secret" not in cli("show", "1")
    cli.drain()
    assert cli("log", "1") == "mine\n"
    (kept,) = (cli.home / "aside").glob("*/runs/1/1/log")
    assert kept.read_text() == "secret\n"


def test_a_job_of_an_older_copy_that_has_run_since_is_not_started_again(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sh", "-c", f"echo start >> {tmp_path}/starts; exit 3")
    shutil.copy(cli.home / "queue.db", cli.home / "copy")
    cli.drain(code=1)
    shutil.copy(cli.home / "copy", cli.home / "queue.db")
    assert cli.job(1)["state"] == "pending"
    cli.drain(code=1)
    assert (tmp_path / "starts").read_text() == "start\n"
    assert (cli.job(1)["state"], cli.job(1)["exit_code"]) == ("failed", 3)


@pytest.mark.long
def test_a_removed_lease_is_taken_again_by_its_holder(cli: Cli, gate: Path) -> None:
    with open_queue(cli, gate) as runner:
        (cli.home / "lease").unlink()
        (cli.home / "queue.db-gate").unlink()
        cli("add", "echo", "2")
        held = f"/proc/{runner.pid}/fd"
        wait_for(
            lambda: str(cli.home / "lease") in [os.readlink(f"{held}/{each}") for each in os.listdir(held)],
            "the scheduler to hold the new file",
        )
        gate.write_text("go\n")
        assert runner.wait(timeout=60) == 0
    assert [job["state"] for job in cli.jobs().values()] == ["completed"] * 2


def test_numbers_go_on_from_the_store_where_the_file_of_numbers_is_gone(cli: Cli) -> None:
    cli("add", "--hold", "true")
    assert (cli.home / "numbers").stat().st_mode & 0o777 == 0o600
    for text in (None, b"", b"\0" * 256, b"{} 00000000\n"):
        if text is None:
            (cli.home / "numbers").unlink()
        else:
            (cli.home / "numbers").write_bytes(text)
        done = cli.process("add", "--hold", "true")
        assert (done.returncode, done.stderr) == (0, b""), done
    assert sorted(cli.jobs()) == [1, 2, 3, 4, 5]


@pytest.mark.long
def test_logs_that_are_removed_again_and_again_take_no_acknowledged_job_along(cli: Cli, tmp_path: Path) -> None:
    """Two processes schedule and others add while the files beside the database go, one after the other."""
    cli.settings("slots = 2")
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "sh", "-c", f"read word < {gate}")
    runners = [cli.start("run", "--until-empty") for _ in range(2)]
    wait_for(lambda: cli.job(1)["started_at"], "the first job")
    removals = [("-wal", "-shm"), ("-wal",), ("-shm",), ("-gate",), ("-wal", "-shm", "-gate")]
    added = [1]
    for removed in removals * 2:
        adders = [cli.start("add", "sh", "-c", f"echo $TUI_QUEUE_UUID >> {tmp_path}/starts") for _ in range(3)]
        for end in removed:
            (cli.home / f"queue.db{end}").unlink(missing_ok=True)
        for adder in adders:
            out, _ = adder.communicate(timeout=60)
            if adder.returncode == 0:
                added.append(int(out))
    gate.write_text("go\n")
    for runner in runners:
        assert runner.wait(timeout=120) == 0
        runner.communicate()
    assert len(added) > len(removals)
    assert len(set(added)) == len(added)
    jobs = cli.jobs()
    assert set(added) <= set(jobs)
    assert {job["state"] for job in jobs.values()} == {"completed"}
    starts = (tmp_path / "starts").read_text().split()
    assert sorted(starts) == sorted(job["uuid"] for number, job in jobs.items() if number > 1)
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
