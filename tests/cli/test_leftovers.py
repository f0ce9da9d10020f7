"""Processes that live on after the first one of a run has ended: they are told, ended, waited for, and hold a card."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support import processes
from tests.support.commands import settings, state

Script = Callable[..., str]
Scheduler = Callable[[], None]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what a run leaves can't be found")

# Leaves as many processes as its first parameter says, and ends with the second one.
LEAVES = """#!/bin/sh
for each in $(seq $1); do sleep 60 & done
exit $2
"""
# Says so when a process of an attempt before still lives: that has the lock from it.
ALONE = """#!/bin/sh
exec 9>>"$1/lock"
flock -n 9 || echo not alone >> "$1/faults"
echo >> "$1/starts"
trap "" TERM
sleep $3 &
exit $2
"""
SAVES = """#!/bin/sh
sh -c 'trap "echo asked; sleep 0.2; echo saved; exit" TERM; trap "echo here" USR1
    echo ready; while :; do sleep 0.02; done' &
exit 0
"""


@pytest.fixture(autouse=True)
def leave_none(cli: Cli) -> Iterator[None]:
    yield
    for pid in processes.of_queue(cli.home):
        if processes.variables(pid).get("TUI_QUEUE_LOG"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def left(cli: Cli, number: int) -> int:
    return int(cli.job(number)["processes_left"])


def of_run(cli: Cli, number: int, attempt: int = 1) -> list[int]:
    """Return the living processes of a run, by the mark in their environment."""
    log = str(cli.home / "runs" / str(number) / str(attempt) / "log")
    return [pid for pid in processes.every() if processes.variables(pid).get("TUI_QUEUE_LOG") == log]


def line_of(cli: Cli, number: int, label: str = "State") -> str:
    return next(line.split(maxsplit=1)[1] for line in cli("show", str(number)).splitlines() if line.startswith(label))


def ends_with(cli: Cli, number: int, count: int) -> None:
    wait_for(lambda: cli.job(number)["finished_at"] and left(cli, number) == count, f"{count} processes left")


def test_a_job_says_how_many_processes_it_has_left_until_they_have_gone(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    path = script("leaves.sh", LEAVES)
    cli("add", path, "2", "0")
    cli("add", path, "1", "3")
    cli("add", "true")
    scheduler()
    for number, count in ((1, 2), (2, 1), (3, 0)):
        ends_with(cli, number, count)
    assert line_of(cli, 1) == "completed, 2 processes left: exit 0"
    assert line_of(cli, 2) == "failed, 1 process left: exit 3"
    assert line_of(cli, 3) == "completed: exit 0"
    assert "1   completed, 2 processes left  exit 0" in cli("list")
    found = of_run(cli, 1)
    assert len(found) == 2
    os.kill(found[0], signal.SIGKILL)
    wait_for(lambda: line_of(cli, 1) == "completed, 1 process left: exit 0", "one to be left")
    os.kill(found[1], signal.SIGKILL)
    wait_for(lambda: line_of(cli, 1) == "completed: exit 0", "none to be left")
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        wait_for(lambda: db.execute("SELECT job_id FROM leftovers").fetchall() == [(2,)], "the rest to be forgotten")


def test_cancel_and_signal_reach_what_a_job_has_left_and_remove_waits_for_its_end(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    cli("add", script("saves.sh", SAVES))
    scheduler()
    ends_with(cli, 1, 1)
    wait_for(lambda: cli("log", "1") == "ready\n", "the handlers")
    message = "tui-queue: Job 1 has left 1 process running; cancel it to end that, then remove it."
    assert cli.error("remove", "1") == message
    cli("remove", "--all")  # all that this applies to
    assert 1 in cli.jobs()
    cli("signal", "USR1", "1")
    wait_for(lambda: "here" in cli("log", "1"), "the signal")
    cli("cancel", "1")
    wait_for(lambda: left(cli, 1) == 0, "the end")
    words = ("ready", "here", "asked", "saved")  # sh says what became of its `sleep` too
    assert tuple(word for word in cli("log", "1").split() if word in words) == words
    assert state(cli, 1) == ("completed", "exit 0")
    assert "only a running job can get a signal" in cli.error("signal", "USR1", "1")
    wait_for(lambda: cli.process("cancel", "1").returncode == 2, "the last to be forgotten")
    cli("remove", "1")
    assert cli.jobs() == {}


@pytest.mark.parametrize("words", [("--all",), ("--where", "state:completed"), ("1-9",)])
def test_verbs_for_a_set_reach_what_its_ended_jobs_have_left(
    cli: Cli, script: Script, scheduler: Scheduler, words: tuple[str, ...]
) -> None:
    leaves = script("leaves.sh", LEAVES)
    for count in (2, 0, 1):
        cli("add", leaves, str(count), "0")
    cli("add", "--hold", "true")
    scheduler()
    for number, count in ((1, 2), (2, 0), (3, 1)):
        ends_with(cli, number, count)
    pending = int(words != ("--where", "state:completed"))
    others = ", 1 had ended" * (words != ("--all",))
    assert cli("cancel", "--dry-run", *words).splitlines()[-1] == f"{2 + pending} would be cancelled{others}."
    assert cli("remove", "--dry-run", "--where", "state:completed").endswith(
        "1 would be removed, 2 have left processes running.\n"
    )
    assert cli("signal", "CONT", *words).startswith("2 signalled")
    assert cli("remove", "1-3") == "1 removed, 2 have left processes running.\n"
    assert cli("cancel", *words) == f"{2 + pending} cancelled.\n"
    for number in (1, 3):
        wait_for(lambda: left(cli, number) == 0, "the end")  # noqa: B023
        assert state(cli, number) == ("completed", "exit 0")
    assert state(cli, 4)[0] == ("cancelled" if pending else "pending")


def test_remove_with_cancel_ends_what_a_job_has_left_and_removes_it_then(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    cli("add", script("leaves.sh", LEAVES), "2", "0")
    scheduler()
    ends_with(cli, 1, 2)
    found = of_run(cli, 1)
    cli("remove", "--cancel", "1")
    assert cli.jobs() == {}
    assert not any(map(process_is_alive, found))
    assert cli("undo") == "1 restored: 1.\n"
    assert line_of(cli, 1) == "completed: exit 0"


def test_what_ignores_sigterm_is_killed_after_the_grace_of_the_job(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    cli.settings("grace_s = 3600")
    stubborn = "sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.02; done' &"
    cli("add", "--grace", "1s", script("stubborn.sh", f"#!/bin/sh\n{stubborn}"))
    scheduler()
    wait_for(lambda: cli("log", "1") == "ready\n", "the handler")
    ends_with(cli, 1, 1)
    asked_at = time.monotonic()
    cli("cancel", "1")
    wait_for(lambda: left(cli, 1) == 0, "the end")
    assert time.monotonic() - asked_at >= 0.9


def test_a_run_that_is_to_wait_lasts_as_long_as_its_last_process(cli: Cli, script: Script) -> None:
    cli.settings("slots = 1")
    cli("add", "--leftovers", "wait", script("waits.sh", "#!/bin/sh\n(sleep 0.5; echo late) &\nexit 3"))
    cli("add", "true")
    endless = script("endless.sh", "#!/bin/sh\nsetsid sleep 60 &\nexit 0")
    cli("add", "--leftovers", "wait", "--timeout", "1s", endless)
    cli.drain(code=1)
    jobs = cli.jobs()
    assert {number: (job["state"], job["reason"], job["exit_code"]) for number, job in jobs.items()} == {
        1: ("failed", "exit 3", 3),
        2: ("completed", "exit 0", 0),
        3: ("failed", "timeout", 0),
    }
    assert jobs[1]["elapsed_s"] >= 0.5
    assert jobs[2]["started_at"] > jobs[1]["finished_at"]
    assert cli("log", "1") == "late\n"
    assert of_run(cli, 3) == []
    assert [job["processes_left"] for job in jobs.values()] == [0, 0, 0]


def test_the_word_of_the_job_counts_before_that_of_its_queue_and_of_the_settings(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    cli.settings('slots = 9\nleftovers = "kill"')
    cli("queue", "add", "keeps", "--leftovers", "keep")
    path = script("leaves.sh", LEAVES)
    cli("add", path, "1", "0")
    cli("add", "--queue", "keeps", path, "2", "0")
    cli("add", "--queue", "keeps", "--leftovers", "kill", path, "1", "0")
    cli("add", "--leftovers", "keep", path, "1", "0")
    scheduler()
    for number, count in ((1, 0), (2, 2), (3, 0), (4, 1)):
        ends_with(cli, number, count)
    assert [len(of_run(cli, number)) for number in (1, 2, 3, 4)] == [0, 2, 0, 1]
    cli("queue", "set", "keeps", "--leftovers", "")
    (_, keeps) = json.loads(cli("queue", "list", "--json"))
    assert keeps["leftovers"] is None


def test_a_wish_that_is_none_is_refused(cli: Cli) -> None:
    message = "tui-queue: Leftovers drop: choose keep, wait or kill."
    assert cli.error("add", "--leftovers", "drop", "true") == message
    assert cli.error("queue", "set", "default", "--leftovers", "drop") == message
    cli.settings('leftovers = "drop"')
    assert 'leftovers must be as in "keep", "wait" or "kill", or empty.' in cli.error("list")


def attempts(cli: Cli, script: Script, directory: Path, *options: str) -> None:
    cli("add", "--grace", "1s", *options, script("alone.sh", ALONE), str(directory), "1", "60")


def starts(directory: Path) -> int:
    return len((directory / "starts").read_bytes()) if (directory / "starts").exists() else 0


@pytest.mark.long
def test_a_next_attempt_begins_when_nothing_of_the_one_before_is_left(
    cli: Cli, script: Script, scheduler: Scheduler, tmp_path: Path
) -> None:
    attempts(cli, script, tmp_path, "--retries", "1")
    scheduler()
    ends_with(cli, 1, 1)
    assert starts(tmp_path) == 2
    cli("retry", "1")
    wait_for(lambda: starts(tmp_path) == 4, "two more attempts")
    ends_with(cli, 1, 1)
    assert not (tmp_path / "faults").exists()
    assert [len(of_run(cli, 1, attempt)) for attempt in (1, 2, 3, 4)][:3] == [0, 0, 0]


def test_the_reason_names_what_a_next_attempt_waits_for(cli: Cli, script: Script, scheduler: Scheduler) -> None:
    cli.settings("grace_s = 3600")
    stubborn = "trap '' TERM; sleep 60 &"
    cli("add", "--retries", "1", script("stubborn.sh", f"#!/bin/sh\n{stubborn}\nexit 3"))
    scheduler()
    wait_for(lambda: state(cli, 1) == ("pending", "1 process left of attempt 1"), "the reason")
    for pid in of_run(cli, 1):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: state(cli, 1) == ("failed", "exit 3"), "the next attempt")


@pytest.mark.long
@pytest.mark.parametrize("overlap", ["skip", "queue", "replace"])
def test_for_a_schedule_a_job_is_over_when_nothing_of_it_is_left(
    cli: Cli, script: Script, scheduler: Scheduler, tmp_path: Path, overlap: str
) -> None:
    path = script("alone.sh", ALONE)
    cli(
        "schedule",
        "add",
        "--yes",
        "--every",
        "1s",
        "--overlap",
        overlap,
        "--grace",
        "1s",
        "tick",
        path,
        str(tmp_path),
        "0",
        "60",
    )
    scheduler()

    def said() -> str:
        return str(json.loads(cli("schedule", "list", "--json"))[0]["said"])

    if overlap == "replace":
        wait_for(lambda: starts(tmp_path) >= 3, "three of them")
    else:
        expected = {"skip": "skipped: 1 process of job 1 is left", "queue": "skipped: job 2 waits already"}
        wait_for(lambda: said() == expected[overlap], "a time to be skipped")
        assert starts(tmp_path) == 1
        if overlap == "queue":
            assert state(cli, 2)[1].endswith(" of job 1")
        for _ in range(2):
            before = starts(tmp_path)
            wait_for(lambda: any(left(cli, number) for number in cli.jobs()), "what is left")
            cli("cancel", *(str(number) for number in cli.jobs() if left(cli, number)))
            wait_for(lambda: starts(tmp_path) > before, "the next one")  # noqa: B023
    cli("schedule", "pause", "tick")
    assert not (tmp_path / "faults").exists()


def test_a_resource_is_held_until_nothing_is_left_of_the_run_that_had_it(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    settings(cli, "[resources]\ngpu = 1\nlicense = 1\n")
    path = script("leaves.sh", LEAVES)
    cli("add", "--resource", "gpu=1", "--resource", "license=1", path, "2", "0")
    scheduler()
    ends_with(cli, 1, 2)
    cli("add", "--resource", "gpu=1", "true")
    cli("add", "--resource", "license=1", "true")
    cli("add", "true")
    wait_for(lambda: state(cli, 4) == ("completed", "exit 0"), "the one that wants none")
    assert state(cli, 2) == ("pending", "gpu 0: 2 processes of job 1")
    assert state(cli, 3) == ("pending", "license: 2 processes of job 1")
    assert len(of_run(cli, 1)) == 2  # for another job's sake none is ended
    for pid in of_run(cli, 1):
        os.kill(pid, signal.SIGKILL)
    for number in (2, 3):
        wait_for(lambda: state(cli, number) == ("completed", "exit 0"), "the resource")  # noqa: B023


def test_a_process_with_the_number_of_one_that_was_left_is_let_alone(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    cli("add", script("leaves.sh", LEAVES), "1", "0")
    cli.drain()
    ends_with(cli, 1, 1)
    (pid,) = of_run(cli, 1)
    os.kill(pid, signal.SIGKILL)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        for boot, begun in (("boot", "1"), ("'another'", processes.status(stranger.pid)[19])):
            with closing(sqlite3.connect(cli.home / "queue.db")) as db:
                values = f"[[{stranger.pid},{begun}]]"
                db.execute(f"UPDATE leftovers SET processes = ?, boot = {boot}", (values,))
                db.commit()
            assert left(cli, 1) == 0
        cli("retry", "1")
        scheduler()
        wait_for(lambda: cli.job(1)["attempt"] == 2 and left(cli, 1) == 1, "the next attempt")
        assert process_is_alive(stranger.pid)
        stranger.kill()


def test_what_waits_for_a_resource_of_a_leftover_keeps_the_rest_from_no_other_job(
    cli: Cli, script: Script, scheduler: Scheduler
) -> None:
    settings(cli, "[resources]\nlicense = 2\n")
    cli("add", "--resource", "license=1", script("leaves.sh", LEAVES), "1", "0")
    scheduler()
    ends_with(cli, 1, 1)
    cli("add", "--resource", "license=2", "true")
    cli("add", "--resource", "license=1", "true")
    wait_for(lambda: state(cli, 3) == ("completed", "exit 0"), "the one that has enough")
    assert state(cli, 2) == ("pending", "license: 1 process of job 1")
