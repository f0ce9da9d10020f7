"""A disk that is full or does not answer for a while, a clock that is wrong."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.dashboard.test_dashboard import dashboard
from tests.support.clock import by_another_clock
from tests.support.pilot import see

Script = Callable[..., str]


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def test_a_full_disk_loses_no_end_and_the_queue_goes_on_when_there_is_room(
    small_disk: Path, cli: Cli, tmp_path: Path
) -> None:
    cli.settings("slots = 1")
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "sh", "-c", f"read word < {gate}; exit 3")
    cli("add", "sh", "-c", "echo done")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the first job")
    filler = fill(small_disk)
    gate.write_text("go\n")
    end = Path(cli.job(1)["log_path"]).with_name("end")
    wait_for(lambda: b'"exit_code": 3' in end.read_bytes(), "the end to be on the full disk")
    refused = cli.process("add", "true", *["x" * 100_000] * 9)
    assert refused.returncode == 4, refused
    assert b"full" in refused.stderr
    assert refused.stderr.count(b"\n") == 1
    assert runner.poll() is None
    filler.unlink()
    assert runner.wait(timeout=60) == 1
    runner.communicate()
    assert {number: (job["reason"], job["attempt"]) for number, job in cli.jobs().items()} == {
        1: ("exit 3", 1),
        2: ("exit 0", cli.job(2)["attempt"]),
    }
    assert cli("log", "2") == "done\n"


@pytest.mark.parametrize("jump", ["-2d", "+2d"])
def test_the_clock_is_set_and_the_queue_goes_on(cli: Cli, tmp_path: Path, jump: str) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    cli.settings("slots = 1")
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "sh", "-c", f"read word < {gate}; exit 3")
    elsewhere = by_another_clock(cli, FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1")
    runner = elsewhere.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the first job")
    clock.write_text(f"{jump}\n")
    cli("add", "sh", "-c", "exit 4")
    gate.write_text("go\n")
    assert runner.wait(timeout=60) == 1
    runner.communicate()
    assert {number: job["reason"] for number, job in cli.jobs().items()} == {1: "exit 3", 2: "exit 4"}
    assert all(0 <= job["elapsed_s"] < 60 for job in cli.jobs().values())


async def test_keys_are_obeyed_while_the_store_does_not_answer(cli: Cli, home: Path) -> None:
    cli("add", "--hold", "true")
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "◇ hold")
        with closing(sqlite3.connect(home / "queue.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await pilot.press("h")
            await see(pilot, "The disk of the queue does not")
            await pilot.press("question_mark")
            await see(pilot, "Hold, release")
            await pilot.press("escape", "2")
            await see(pilot, "Running")
            await pilot.press("1")
            await see(pilot, "◇ hold")
            other.execute("ROLLBACK")
        await see(pilot, "✓ done")
