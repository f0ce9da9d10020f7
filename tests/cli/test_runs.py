"""Runs that are cancelled, lose their watcher, or lose whoever started them."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli, process_is_alive, wait_for

Script = Callable[..., str]


def start_running(cli: Cli, *words: str, settings: str = "") -> "subprocess.Popen[bytes]":
    """Add a job and run the queue beside the test until that job has printed something."""
    cli.settings(settings)
    number = cli("add", *words).strip()
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli("log", number), "its first output")
    wait_for(lambda: cli.job(int(number))["started_at"], "its start to be recorded")
    return runner


def watcher_of(cli: Cli) -> int:
    start = Path(cli.job(1)["log_path"]).with_name("start")
    number: int = json.loads(start.read_text().rpartition(" ")[0])["watcher"]
    return number


@pytest.mark.quick
def test_cancel_ends_the_whole_group_and_nothing_else(cli: Cli) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        try:
            cancel_a_family(cli)
            assert bystander.poll() is None
        finally:
            bystander.kill()


def cancel_a_family(cli: Cli) -> None:
    runner = start_running(cli, "jobs/family.py", "60")
    wait_for(lambda: cli("log", "1").count("child ") == 3, "the family")
    family = [int(line.split()[1]) for line in cli("log", "1").splitlines() if "child " in line]
    assert len(family) == 3
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert runner.returncode == 1
    job = cli.job(1)
    assert (job["state"], job["reason"], job["signal"]) == ("cancelled", "cancelled by user", signal.SIGTERM)
    assert not any(process_is_alive(pid) for pid in family)


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace(cli: Cli, script: Script) -> None:
    path = script("stubborn.sh", "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n")
    runner = start_running(cli, path, settings="grace_s = 0.3\n")
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert (cli.job(1)["state"], cli.job(1)["signal"]) == ("cancelled", signal.SIGKILL)


def test_a_child_that_outlives_its_cancelled_parent_has_the_grace_too_and_no_more(cli: Cli, script: Script) -> None:
    child = "trap 'echo child was told' TERM; echo child $$; while :; do sleep 0.05; done"
    path = script("parent.sh", f'#!/bin/sh\nsh -c "{child}" &\nwait\n'.replace("$$", r"\$\$"))
    runner = start_running(cli, path, settings="grace_s = 0.5\n")
    pid = int(cli("log", "1").split()[1])
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert "child was told" in cli("log", "1")
    assert not process_is_alive(pid)
    assert cli.job(1)["state"] == "cancelled"


def test_a_job_that_ends_well_when_told_to_is_cancelled_all_the_same(cli: Cli, script: Script) -> None:
    path = script("obeys.sh", "#!/bin/sh\ntrap 'echo saved; exit 0' TERM\necho ready\nwhile :; do sleep 0.05; done\n")
    runner = start_running(cli, path)
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert (cli.job(1)["state"], cli.job(1)["exit_code"]) == ("cancelled", 0)
    assert cli("log", "1").endswith("saved\n")


@pytest.mark.quick
def test_a_run_whose_time_is_over_is_ended_with_its_whole_tree(cli: Cli, script: Script) -> None:
    cli.settings("grace_s = 0.3\n")
    path = script("stays.sh", "#!/bin/sh\ntrap '' TERM\nsetsid sleep 60 & echo $!\nwhile :; do sleep 0.05; done\n")
    cli("add", "--timeout", "1s", path)
    cli.drain(code=1)
    job = cli.job(1)
    assert (job["state"], job["reason"], job["timeout_s"]) == ("failed", "timeout", 1)
    assert 1 <= job["elapsed_s"] < 30
    assert not process_is_alive(int(cli("log", "1")))


def test_a_run_that_ends_in_time_knows_nothing_of_its_limit(cli: Cli) -> None:
    cli("add", "--timeout", "2h30m", "sh", "-c", "exit 3")
    cli.drain(code=1)
    assert (cli.job(1)["reason"], cli.job(1)["timeout_s"]) == ("exit 3", 9000)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_job_inherits_nothing_but_its_output_and_the_pipe_that_says_it_lives(cli: Cli) -> None:
    for _ in range(3):
        cli("add", "sh", "-c", "for f in /proc/$$/fd/*; do readlink $f; done; exit 0")
    cli.drain()
    for number in (1, 2, 3):
        log = cli.job(number)["log_path"]
        assert cli("log", str(number)).split() == ["/dev/null", log, log, str(Path(log).with_name("alive"))]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_jobs_start_when_every_process_that_would_watch_them_was_killed(cli: Cli) -> None:
    cli.settings("slots = 2\n")
    cli("add", "sh", "-c", "echo $PPID; exec sleep 60")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli("log", "1"), "the first job")
    watcher = int(cli("log", "1"))
    forker = int(Path(f"/proc/{watcher}/stat").read_text().rpartition(")")[2].split()[1])
    idle = [int(pid) for pid in Path(f"/proc/{forker}/task/{forker}/children").read_text().split()]
    for pid in {forker, *idle} - {watcher}:
        os.kill(pid, signal.SIGKILL)
    cli("add", "true")
    wait_for(lambda: cli.job(2)["state"] == "completed", "the second job")
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert cli.job(1)["state"] == "cancelled"


DAEMON = """
import os, sys, time
print(os.getpid(), flush=True)
for depth in range(3):
    if os.fork():
        time.sleep(60) if depth == 0 else os._exit(0)
    os.setsid()
print(os.getpid(), flush=True)
{last}
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can find a process that has left its group")
@pytest.mark.parametrize("last", ["", "os.execve('/bin/sleep', ['sleep', '60'], {})"])
def test_daemonised_grandchildren_are_cancelled_too(cli: Cli, script: Script, last: str) -> None:
    runner = start_running(cli, script("daemon.py", DAEMON.format(last=last)))
    wait_for(lambda: cli("log", "1").count("\n") == 2, "the daemon")
    pids = [int(pid) for pid in cli("log", "1").split()]
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert cli.job(1)["state"] == "cancelled"
    assert not any(process_is_alive(pid) for pid in pids)


def test_what_a_job_leaves_behind_does_not_delay_its_end(cli: Cli, script: Script) -> None:
    cli("add", script("leaves.sh", "#!/bin/sh\n(setsid sleep 60 & echo $!)\nexit 3\n"))
    cli.drain(code=1)
    assert (cli.job(1)["reason"], cli.job(1)["elapsed_s"] < 30) == ("exit 3", True)
    left = int(cli("log", "1"))
    assert process_is_alive(left)
    os.kill(left, signal.SIGKILL)


def test_a_fork_bomb_is_cancelled(cli: Cli, script: Script) -> None:
    bomb = "trap '' TERM\necho $$\nfor i in $(seq 200); do setsid sleep 61.5 & done\nwhile :; do sleep 1; done\n"
    runner = start_running(cli, script("bomb.sh", f"#!/bin/sh\n{bomb}"), settings="grace_s = 0.2\n")
    cli("cancel", "1")
    runner.communicate(timeout=60)
    assert cli.job(1)["state"] == "cancelled"
    listed = subprocess.run(["ps", "-A", "-o", "stat=,args="], capture_output=True, text=True, check=True).stdout
    assert [line for line in listed.splitlines() if "sleep 61.5" in line and not line.startswith("Z")] == []


def test_a_stopped_job_is_cancelled(cli: Cli, script: Script) -> None:
    runner = start_running(cli, script("stops.sh", "#!/bin/sh\necho ready\nkill -STOP $$\n"))
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert cli.job(1)["state"] == "cancelled"


def test_a_job_whose_watcher_was_killed_runs_on_and_its_end_is_interrupted(cli: Cli, script: Script) -> None:
    runner = start_running(cli, script("waits.sh", "#!/bin/sh\necho $$\nexec sleep 60\n"))
    job = int(cli("log", "1"))
    watcher = watcher_of(cli)
    os.kill(watcher, signal.SIGKILL)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to die")
    assert process_is_alive(job)
    assert cli.job(1)["state"] == "running"
    os.kill(job, signal.SIGKILL)
    runner.communicate(timeout=30)
    assert (cli.job(1)["state"], cli.job(1)["reason"]) == ("failed", "interrupted (outcome unknown)")
    assert (cli.job(1)["exit_code"], cli.job(1)["signal"]) == (None, None)


def test_a_job_whose_watcher_was_killed_can_be_cancelled(cli: Cli, script: Script) -> None:
    runner = start_running(cli, script("waits.sh", "#!/bin/sh\necho $$\nexec sleep 60\n"))
    job = int(cli("log", "1"))
    watcher = watcher_of(cli)
    os.kill(watcher, signal.SIGKILL)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to die")
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert not process_is_alive(job)
    assert (cli.job(1)["state"], cli.job(1)["reason"]) == ("cancelled", "cancelled by user")


@pytest.mark.long
def test_a_store_that_can_not_be_written_for_a_while_loses_no_end(cli: Cli) -> None:
    runner = start_running(cli, "sh", "-c", "echo ready; sleep 2; exit 3")
    with sqlite3.connect(cli.home / "queue.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        time.sleep(13)  # longer than a writer waits for the lock
        db.execute("ROLLBACK")
    db.close()
    runner.communicate(timeout=60)
    assert cli.job(1)["reason"] == "exit 3"


def test_no_row_stays_running_for_ever(cli: Cli) -> None:
    """A run that was claimed, then everything died at once, as when the machine goes down."""
    runner = start_running(cli, "sh", "-c", "echo $$; exec sleep 60")
    job = int(cli("log", "1"))
    watcher = watcher_of(cli)
    for pid in (runner.pid, watcher, job):
        os.kill(pid, signal.SIGKILL)
    runner.communicate()
    wait_for(lambda: not process_is_alive(job), "the job to die")
    assert cli.job(1)["state"] == "running"
    cli.drain(code=1)
    assert (cli.job(1)["state"], cli.job(1)["reason"]) == ("failed", "interrupted (outcome unknown)")


def test_a_job_that_was_claimed_and_never_started_is_started_once(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sh", "-c", f"echo start >> {tmp_path}/starts")
    with sqlite3.connect(cli.home / "queue.db") as db:
        db.execute("UPDATE jobs SET state = 'running', attempt = 1")
    db.close()
    cli.drain()
    assert (tmp_path / "starts").read_text() == "start\n"
    assert (cli.job(1)["state"], cli.job(1)["attempt"]) == ("completed", 2)


def test_a_run_that_a_power_cut_has_ended_is_interrupted_though_its_claim_is_lost(cli: Cli, tmp_path: Path) -> None:
    runner = start_running(cli, "sh", "-c", f"echo start >> {tmp_path}/starts; echo $$; exec sleep 60")
    for pid in (runner.pid, watcher_of(cli), int(cli("log", "1"))):
        os.kill(pid, signal.SIGKILL)
    runner.communicate()
    with sqlite3.connect(cli.home / "queue.db") as db:
        db.execute("UPDATE runs SET boot = 'an earlier one'")
    db.close()
    shutil.rmtree(cli.home / "runs" / "1")
    cli.drain(code=1)
    assert (tmp_path / "starts").read_text() == "start\n"
    assert (cli.job(1)["reason"], cli.job(1)["attempt"]) == ("interrupted (outcome unknown)", 1)


@pytest.mark.parametrize("times", [20])
def test_cancelling_at_any_moment_leaves_nothing_alive(cli: Cli, script: Script, tmp_path: Path, times: int) -> None:
    path = script("marks.sh", f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec sleep 60\n")
    for _ in range(times):
        cli("add", path)
    runner = cli.start("run", "--until-empty")
    for number in range(1, times + 1):
        cli("cancel", str(number))
    runner.communicate(timeout=60)
    assert {job["state"] for job in cli.jobs().values()} == {"cancelled"}
    pids = (tmp_path / "pids").read_text().split() if (tmp_path / "pids").exists() else []
    assert not any(process_is_alive(int(pid)) for pid in pids)


def test_the_core_is_imported_without_a_screen() -> None:
    program = (
        "import importlib, pkgutil, sys, tui_queue.core as core, tui_queue.cli.main\n"
        "for module in pkgutil.walk_packages(core.__path__, 'tui_queue.core.'):\n"
        "    importlib.import_module(module.name)\n"
        "print([name for name in ('textual', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
