"""Backups of the store: made by the day, verified, restored, kept within what the disk has."""

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support import disks


def make_backup(cli: Cli, name: str = "2020-01-01") -> Path:
    """Make a backup of the store as it is now."""
    backup = cli.home / "backups" / f"{name}.db"
    backup.parent.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(cli.home / "queue.db", isolation_level=None)) as db:
        db.execute("VACUUM INTO ?", (str(backup),))
    return backup


def run_until(cli: Cli, condition: str) -> None:
    """Run the queue until a condition of the shell holds."""
    cli("add", "sh", "-c", f"cd {cli.home}/backups; until {condition}; do sleep 0.02; done")
    cli.drain()


def test_a_scheduler_makes_one_backup_a_day_that_only_the_user_can_read(cli: Cli) -> None:
    (cli.home / "backups").mkdir(mode=0o700)
    run_until(cli, "[ -e 2*.db ]")
    (backup,) = (cli.home / "backups").glob("2*.db")
    assert backup.name == f"{time.strftime('%Y-%m-%d')}.db"
    assert backup.stat().st_mode & 0o777 == 0o600
    assert backup.parent.stat().st_mode & 0o777 == 0o700
    before = backup.stat()
    cli("add", "true")
    cli.drain()
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    assert (backup.stat().st_ino, backup.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert "1, " in next(line for line in cli("doctor").splitlines() if "backups" in line)


@pytest.mark.long
def test_backups_are_kept_for_a_week(cli: Cli) -> None:
    cli("add", "--hold", "true")
    for days in (1, 6, 8, 30):
        os.utime(make_backup(cli, f"2026-01-{days:02}"), (time.time() - days * 86_400,) * 2)
    today = time.strftime("%Y-%m-%d.db")
    run_until(cli, f"[ -e {today} ] && [ ! -e 2026-01-30.db ]")
    assert [each["name"] for each in json.loads(cli("restore", "--json"))] == [today, "2026-01-01.db", "2026-01-06.db"]


def test_a_restored_store_starts_nothing_by_itself_and_gives_no_number_again(cli: Cli, tmp_path: Path) -> None:
    cli.settings("slots = 1")  # so that they start in order
    for number in (1, 2, 3):
        cli("add", "--hold", "sh", "-c", f"echo {number} >> {tmp_path}/starts; exit {number}")
    backup = make_backup(cli)
    with closing(sqlite3.connect(backup)) as db:
        db.execute("UPDATE jobs SET held = 0")  # as if nothing had run when it was made
        db.commit()
    cli("release", "1", "2")
    cli.drain(code=1)
    cli("remove", "2")
    cli("add", "sh", "-c", f"echo 4 >> {tmp_path}/starts")
    cli.drain()
    newest = max(cli.jobs())
    assert "is restored" in cli("restore", "latest")
    # Job 1 has run since: its end is taken from its run; job 2 was removed: only the user knows that it has run.
    cli.drain(code=1)
    jobs = cli.jobs()
    assert (jobs[1]["state"], jobs[1]["exit_code"]) == ("failed", 1)
    assert (jobs[2]["state"], jobs[2]["reason"]) == (
        "pending",
        "restored, may have run since: release runs it, cancel leaves it",
    )
    assert newest not in jobs
    assert int(cli("add", "--hold", "true")) == newest + 1
    (kept,) = (cli.home / "aside").glob(f"*/runs/{newest}/1/claim")
    assert (kept.parent / "end").exists()
    assert (tmp_path / "starts").read_text().split() == ["1", "2", "4"]
    cli("release", "2")
    cli.drain(code=1)
    assert (tmp_path / "starts").read_text().split() == ["1", "2", "4", "2"]


def test_a_restore_is_refused_while_a_process_has_the_queue_open(cli: Cli, tmp_path: Path) -> None:
    cli("add", "--hold", "true")
    make_backup(cli)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "sh", "-c", f"read word < {gate}")
    runner = cli.start("run", "--until-empty")
    number = max(cli.jobs())
    wait_for(lambda: cli.job(number)["started_at"], "the job")
    refused = cli.error("restore", "latest", code=4)
    assert f"Process {runner.pid} has the queue open; nothing was changed" in refused
    gate.write_text("go\n")
    assert runner.wait(timeout=60) == 0
    runner.communicate()
    assert max(cli.jobs()) == number


@pytest.mark.long
def test_a_job_that_runs_while_the_store_is_restored_is_followed_to_its_end(cli: Cli, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    number = int(cli("add", "sh", "-c", f"read word < {gate}; exit 3"))
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(number)["started_at"], "the job")
    make_backup(cli)
    runner.kill()
    runner.communicate()
    cli("restore", "2020-01-01")
    runner = cli.start("run", "--until-empty")
    gate.write_text("go\n")
    assert runner.wait(timeout=60) == 1
    runner.communicate()
    assert (cli.job(number)["state"], cli.job(number)["exit_code"], cli.job(number)["attempt"]) == ("failed", 3, 1)


def damage(store: Path, how: str) -> None:
    if how == "missing":
        store.unlink()
    elif how == "empty":
        store.write_bytes(b"")
    else:
        data = bytearray(store.read_bytes())
        data[100 if how == "damaged" else 0 : 8192] = b"\xff" * 8000
        store.write_bytes(data)


@pytest.mark.parametrize(
    "how", ["damaged", *(pytest.param(how, marks=pytest.mark.long) for how in ("missing", "empty", "no database"))]
)
def test_a_store_that_is_lost_comes_back_from_its_backup(cli: Cli, how: str) -> None:
    cli("add", "--hold", "echo", "one")
    make_backup(cli)
    number = int(cli("add", "--hold", "echo", "late"))
    damage(cli.home / "queue.db", how)
    refused = cli.error("list", code=4)
    assert "`tui-queue restore` lists the backups" in refused
    cli("doctor", code=1)
    kept = (cli.home / "queue.db").read_bytes() if how != "missing" else b""
    done = cli.process("doctor", "--repair")
    assert done.returncode == 0, done
    assert b"The queue now uses the backup" in done.stderr
    jobs = cli.jobs()
    assert jobs[1]["args"] == ["one"]
    assert number not in jobs
    assert int(cli("add", "--hold", "true")) == number + 1
    if how != "missing":
        (aside,) = (cli.home / "aside").glob("*/queue.db")
        assert aside.read_bytes() == kept


@pytest.mark.long
def test_without_a_backup_a_new_store_goes_on_with_the_numbers_of_the_lost_one(cli: Cli) -> None:
    cli("add", "echo", "old")
    (cli.home / "backups").symlink_to(cli.home / "away" / "backups")  # no backup can be made
    cli.drain()
    (cli.home / "backups").unlink()
    (cli.home / "queue.db").unlink()
    assert "no such backup" in cli.error("restore", "2026-01-01", code=3)
    done = cli.process("doctor", "--repair")
    assert done.returncode == 0, done
    assert b"The queue now uses a new store" in done.stderr
    assert cli.jobs() == {}
    assert cli("add", "echo", "new") == "2\n"
    cli.drain()
    assert cli("log", "2") == "new\n"
    (kept,) = (cli.home / "aside").glob("*/runs/1/1/log")
    assert kept.read_text() == "old\n"


def test_a_store_that_is_whole_is_not_repaired(cli: Cli) -> None:
    cli("add", "--hold", "true")
    before = (cli.home / "queue.db").stat().st_ino
    assert b"there is nothing to repair" in cli.process("doctor", "--repair").stderr
    assert (cli.home / "queue.db").stat().st_ino == before
    assert not (cli.home / "aside").exists()


@pytest.mark.long
def test_a_damaged_backup_is_passed_over_and_refused_by_name(cli: Cli) -> None:
    cli("add", "--hold", "echo", "one")
    backup = make_backup(cli)
    damaged = backup.with_name("2036-01-01.db")
    shutil.copy(backup, damaged)
    damage(damaged, "damaged")
    assert "is damaged" in cli.error("restore", "2036-01-01", code=4)
    assert backup.name in cli("restore", "latest")


@pytest.mark.long
def test_a_restored_schedule_does_not_make_up_for_times_that_it_has_served(cli: Cli) -> None:
    cli("schedule", "add", "--every", "1h", "report", "true")
    cli("add", "--hold", "true")
    backup = make_backup(cli)
    with closing(sqlite3.connect(backup)) as db:
        db.execute("UPDATE schedules SET next_at = next_at - 86400000000")
        db.commit()
    before = max(cli.jobs())
    cli("restore", "latest")
    cli.drain()
    assert max(cli.jobs()) == before


def test_without_room_for_it_there_is_no_backup_and_the_doctor_says_so(small_disk: Path, cli: Cli) -> None:
    cli.settings()
    cli("add", "true")
    (small_disk / "filler").write_bytes(bytes(1_000_000))
    cli.drain()
    assert not list(small_disk.glob("backups/*"))
    (said,) = (each for each in json.loads(cli("doctor", "--json")) if each["name"] == "backups")
    assert said["level"] == "look"
    assert said["found"] == "none; no more are made: one takes over 10 % of the free room"
    assert "`tui-queue clean --older 30d`" in said["advice"]


@pytest.mark.long
def test_older_backups_go_where_all_together_take_more_than_a_tenth_of_the_room(cli: Cli, tmp_path: Path) -> None:
    """The disk has room for one backup."""
    with disks.small_disk(tmp_path / "disk", "size=4m") as disk:
        small = Cli(disk, {**cli.env, "TUI_QUEUE_HOME": str(disk)}, cli.server)
        small.settings()
        small("add", "--hold", "true")
        for days in (1, 2, 3):
            os.utime(make_backup(small, f"2026-01-0{days}"), (time.time() - days * 86_400,) * 2)
        today = time.strftime("%Y-%m-%d.db")
        run_until(small, f"[ -e {today} ] && [ ! -e 2026-01-03.db ]")
        names = [each["name"] for each in json.loads(small("restore", "--json"))]
        assert names[0] == today
        assert len(names) < 4


def test_the_doctor_says_that_a_reader_keeps_the_log_of_the_store_growing(cli: Cli) -> None:
    cli("add", "--hold", "true")
    with closing(sqlite3.connect(cli.home / "queue.db", isolation_level=None)) as reader:
        reader.execute("SELECT * FROM jobs").fetchall()
        os.truncate(cli.home / "queue.db-wal", 40 << 20)  # what has been written meanwhile
        (said,) = (each for each in json.loads(cli("doctor", "--json")) if each["name"] == "log of store")
    assert "a process keeps an old state of the store open" in said["found"]


def test_the_doctor_says_for_a_while_which_jobs_the_store_lacks(cli: Cli) -> None:
    cli("add", "--hold", "true")
    make_backup(cli)
    cli("add", "--hold", "true")
    cli("restore", "latest")
    (said,) = (each for each in json.loads(cli("doctor", "--json")) if each["name"] == "jobs")
    assert said["found"].startswith("2: added, and not in the store since ")
