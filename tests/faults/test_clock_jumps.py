"""A clock that is set, a file server with another one, a reboot: silence and retries count the time that passes."""

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.clock import by_another_clock
from tests.support.commands import ended, state, stop

DAY = timedelta(days=1)
RETRIED = ("add", "--retries", "1")


def failing_once(tmp_path: Path) -> tuple[str, ...]:
    """Return a command that fails the first time."""
    return "sh", "-c", f"[ -e {tmp_path}/ran ] || {{ touch {tmp_path}/ran; exit 1; }}"


def settable_clock(cli: Cli, tmp_path: Path) -> tuple[Cli, Path]:
    """Return the queue by a clock that a test sets by writing into a file."""
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    return by_another_clock(cli, FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1"), clock


def waits_for_its_retry(cli: Cli) -> bool:
    return state(cli, 1)[1].startswith("retry ")


@pytest.mark.long
def test_a_job_that_prints_is_not_silent_on_a_file_server_whose_clock_is_behind(cli: Cli, tmp_path: Path) -> None:
    behind = "touch -d yesterday $TUI_QUEUE_LOG"
    loop = f"until [ -e {tmp_path}/go ]; do echo x; {behind}; sleep 0.1; done"
    cli("add", "--silence", "2s", "--cancel-when-silent", "sh", "-c", loop)
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: runner.poll() is not None or cli("log", "1").count("x") > 25, "more than two seconds to pass")
    (tmp_path / "go").touch()
    assert (ended(runner), state(cli, 1)) == (0, ("completed", "exit 0"))


def test_a_clock_that_is_set_ahead_makes_no_job_silent(cli: Cli, tmp_path: Path) -> None:
    told = tmp_path / "told"
    hook = tmp_path / "hook"
    hook.write_text(f'#!/bin/sh\necho "$TUI_QUEUE_EVENT" >> {told}\n')
    hook.chmod(0o700)
    with (cli.home / "config.toml").open("a") as file:
        file.write(f'[notify]\nhook = "{hook}"\n')
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "--silence", "1h", "sh", "-c", f"echo x; read word < {gate}; exit 3")
    tomorrow = by_another_clock(cli, FAKETIME="+1d")
    runner = tomorrow.start("run", "--until-empty")
    wait_for(lambda: cli("log", "1") == "x\n" and cli.job(1)["started_at"], "its line")
    assert tomorrow.job(1)["reason"] == ""
    gate.write_text("go\n")
    assert ended(runner) == 1
    assert told.read_text() == "ended\n"


def test_the_mark_of_a_silent_job_needs_no_scheduler_to_have_seen_its_last_line(cli: Cli) -> None:
    cli("add", "--silence", "1s", "sh", "-c", "echo x; sleep 600")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli("log", "1") == "x\n" and cli.job(1)["started_at"], "its line")
    stop(runner)
    yesterday = by_another_clock(cli, FAKETIME="-1d")
    wait_for(lambda: yesterday.job(1)["reason"].startswith("silent for "), "the mark")


def test_the_time_of_a_pause_is_no_silence(cli: Cli) -> None:
    cli("add", "--silence", "1h", "sleep", "600")
    runner = cli.start("run", "--until-empty")
    started_at = datetime.fromisoformat(wait_for(lambda: cli.job(1)["started_at"], "the start"))
    cli("pause", "1")
    wait_for(lambda: datetime.now(UTC) > started_at + timedelta(seconds=1), "a second to pass")
    resumed = time.monotonic()
    cli("resume", "1")

    def is_silent_since_then() -> bool:
        silent_s: float = json.loads(cli("show", "1", "--json"))["silent_s"]
        return silent_s <= time.monotonic() - resumed

    wait_for(is_silent_since_then, "the silence to begin anew")
    cli("cancel", "1")
    ended(runner)


def test_a_clock_that_is_set_back_delays_no_retry(cli: Cli, tmp_path: Path) -> None:
    elsewhere, clock = settable_clock(cli, tmp_path)
    cli(*RETRIED, "--retry-delay", "2s", *failing_once(tmp_path))
    runner = elsewhere.start("run", "--until-empty")
    wait_for(lambda: waits_for_its_retry(cli), "the first attempt to fail")
    clock.write_text("-1d\n")
    assert (ended(runner), state(cli, 1), cli.job(1)["attempt"]) == (0, ("completed", "exit 0"), 2)


@pytest.mark.long
def test_a_clock_that_is_set_ahead_brings_no_retry_forward(cli: Cli, tmp_path: Path) -> None:
    elsewhere, clock = settable_clock(cli, tmp_path)
    cli(*RETRIED, "--retry-delay", "1h", *failing_once(tmp_path))
    runner = elsewhere.start("run", "--until-empty")
    wait_for(lambda: waits_for_its_retry(cli), "the first attempt to fail")
    clock.write_text("+1d\n")
    cli("add", "true")
    wait_for(lambda: cli.job(2)["state"] == "completed", "the scheduler to have looked at the queue")
    assert (state(cli, 1)[0], cli.job(1)["attempt"]) == ("pending", 1)
    stop(runner)
    runner = elsewhere.start("run", "--until-empty")
    wait_for(lambda: waits_for_its_retry(elsewhere), "the next scheduler")
    at = datetime.fromisoformat(state(elsewhere, 1)[1].removeprefix("retry ")).astimezone()
    assert abs(at - datetime.now(UTC) - DAY - timedelta(hours=1)) < timedelta(minutes=5)
    stop(runner)


def after_a_failed_attempt(cli: Cli, tmp_path: Path, delay: str) -> None:
    """Leave a job that waits for its next attempt, without a scheduler."""
    cli(*RETRIED, "--retry-delay", delay, *failing_once(tmp_path))
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: waits_for_its_retry(cli), "the first attempt to fail")
    stop(runner)


@pytest.mark.long
def test_after_a_reboot_with_a_wrong_clock_a_retry_waits_no_longer_than_its_delay(cli: Cli, tmp_path: Path) -> None:
    after_a_failed_attempt(cli, tmp_path, "2s")
    with closing(sqlite3.connect(cli.home / "queue.db")) as db, db:
        (wait,) = db.execute("SELECT retry_wait FROM jobs").fetchone()
        earlier = json.dumps(["another boot", *json.loads(wait)[1:]])
        ahead = round((datetime.now(UTC) + DAY).timestamp() * 1e6)  # as the clock was before the reboot
        db.execute("UPDATE jobs SET retry_wait = ?, not_before = ?", (earlier, ahead))
    cli.drain()
    assert (state(cli, 1), cli.job(1)["attempt"]) == (("completed", "exit 0"), 2)


@pytest.mark.long
def test_a_retry_that_the_user_moves_to_a_time_of_day_follows_the_clock(cli: Cli, tmp_path: Path) -> None:
    after_a_failed_attempt(cli, tmp_path, "1h")
    cli("edit", "--priority", "5", "1")
    assert waits_for_its_retry(cli) or state(cli, 1)[1] == "no scheduler"
    cli("edit", "--at", (datetime.now(UTC) + DAY).isoformat(timespec="seconds"), "1")
    assert by_another_clock(cli, FAKETIME="+2d")("run", "--until-empty") == ""
    assert (state(cli, 1), cli.job(1)["attempt"]) == (("completed", "exit 0"), 2)


def test_a_job_that_began_before_the_clock_was_set_back_keeps_no_room_from_others(cli: Cli) -> None:
    cli.settings("slots = 2")
    most = f"disk={shutil.disk_usage(cli.home).free * 6 // 10 >> 20}M"
    cli("add", "--gate", most, "sleep", "600")
    cli("add", "--gate", most, "true")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"] and "disk" in state(cli, 2)[1], "the second job to wait for room")
    with closing(sqlite3.connect(cli.home / "queue.db")) as db, db:
        db.execute("UPDATE jobs SET started_at = started_at + 86400000000 WHERE id = 1")
    cli("add", "true")  # wakes the scheduler
    wait_for(lambda: cli.job(2)["state"] == "completed", "the second job")
    cli("cancel", "1")
    ended(runner)
