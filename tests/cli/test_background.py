"""Who schedules: the dashboard or a run in the foreground, else a process in the background."""

import asyncio
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, process_is_alive, wait_for
from tests.support.tmux import terminal
from tui_queue.bootstrap import open_queue
from tui_queue.core.parsing.job_draft import make_draft
from tui_queue.core.scheduling import wakeup

COMMAND = f"{sys.executable} -m tui_queue"


def scheduler(cli: Cli) -> int:
    """Return the process that took the lease last."""
    with sqlite3.connect(cli.home / "queue.db") as db:
        row = db.execute("SELECT pid FROM lease").fetchone()
    db.close()
    return int(row[0]) if row else 0


@pytest.mark.long
def test_an_added_job_runs_with_nobody_there(cli: Cli, tmp_path: Path) -> None:
    cli.settings(background=True)
    cli("add", "sh", "-c", "echo $PPID; exit 3")
    wait_for(lambda: cli.job(1)["state"] == "failed", "the job to end")
    assert cli.job(1)["reason"] == "exit 3"
    background = scheduler(cli)
    assert process_is_alive(background)
    env = {**cli.env, "TUI_QUEUE_HOME": str(tmp_path / "other")}
    with subprocess.Popen(unit_command(cli, env), env=env, cwd=ROOT) as stays:
        try:
            an_added_job_after_another(cli, background)
            assert stays.poll() is None
        finally:
            stays.terminate()


def unit_command(cli: Cli, env: dict[str, str]) -> list[str]:
    """Return what systemd would run, from the unit that is printed."""
    printed = subprocess.run(cli.words("unit"), env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
    assert lines["Environment"] == f'"TUI_QUEUE_HOME={env["TUI_QUEUE_HOME"]}"'
    assert lines["WorkingDirectory"] == str(ROOT)
    return shlex.split(lines["ExecStart"])


def an_added_job_after_another(cli: Cli, background: int) -> None:
    cli("add", "true")
    wait_for(lambda: cli.job(2)["state"] == "completed", "the second job")
    assert scheduler(cli) == background
    wait_for(lambda: not process_is_alive(background), "it to end when nothing is left")


def test_twenty_adds_at_once_start_one_background_process_and_each_job_once(cli: Cli, tmp_path: Path) -> None:
    cli.settings(background=True)
    adders = [cli.start("add", "sh", "-c", f"echo $TUI_QUEUE_JOB >> {tmp_path}/starts") for _ in range(20)]
    for adder in adders:
        assert adder.communicate(timeout=60)[1] == b""
    wait_for(lambda: {job["state"] for job in cli.jobs().values()} == {"completed"}, "all to complete", 60)
    assert sorted(map(int, (tmp_path / "starts").read_text().split())) == list(range(1, 21))


def test_the_background_goes_on_where_a_killed_scheduler_stopped(cli: Cli) -> None:
    cli.settings("slots = 1")
    for _ in range(3):
        cli("add", "sh", "-c", "sleep 1; exit 5")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the first to start")
    cli.settings("slots = 1", background=True)
    cli("run", "--background")
    assert scheduler(cli) == runner.pid  # it stands by
    runner.kill()
    runner.communicate()
    wait_for(lambda: scheduler(cli) not in (0, runner.pid), "the background to take over")
    wait_for(lambda: {job["state"] for job in cli.jobs().values()} == {"failed"}, "all to end")
    assert {job["reason"] for job in cli.jobs().values()} == {"exit 5"}
    assert {job["attempt"] for job in cli.jobs().values()} == {1}
    os.kill(scheduler(cli), signal.SIGTERM)


def test_a_dashboard_takes_the_queue_back_and_leaves_it_to_the_background(cli: Cli) -> None:
    cli.settings(background=True)
    cli("add", "jobs/countdown.py", "60")
    wait_for(lambda: cli.job(1)["started_at"], "it to start")
    background = scheduler(cli)
    with terminal(cli, width=100) as window:
        window.type(COMMAND)
        window.keys("Enter")
        window.wait_for("scheduler here")
        assert scheduler(cli) != background
        assert process_is_alive(background)
        window.keys("q")
        window.wait_for("Going on in the background: 1 running, 0 pending.")
    wait_for(lambda: scheduler(cli) == background, "the background to have it again")
    cli("add", "true")
    wait_for(lambda: cli.job(2)["state"] == "completed", "a job to run there")
    assert cli.job(1)["attempt"] == 1
    cli("cancel", "1")
    wait_for(lambda: cli.job(1)["state"] == "cancelled", "the cancel")
    os.kill(background, signal.SIGTERM)
    wait_for(lambda: not process_is_alive(background), "the background to end")


def test_a_closed_terminal_leaves_the_queue_to_the_background(cli: Cli) -> None:
    cli.settings("slots = 1", background=True)
    with terminal(cli) as window:
        window.type(COMMAND)
        window.keys("Enter")
        window.wait_for("scheduler here")
        cli("add", "sh", "-c", "sleep 2; exit 4")
        cli("add", "echo", "after")
        wait_for(lambda: cli.job(1)["started_at"], "the first to start")
    wait_for(lambda: cli.job(2)["state"] == "completed", "the second to complete")
    assert [cli.job(number)["reason"] for number in (1, 2)] == ["exit 4", "exit 0"]
    os.kill(scheduler(cli), signal.SIGTERM)


def test_a_job_that_adds_a_job_does_not_own_it(cli: Cli) -> None:
    cli.settings(background=True)
    words = json.dumps([*map(str, cli.words("add", "sleep", "60"))])
    cli("add", sys.executable, "-c", f"import subprocess, time; subprocess.run({words}); time.sleep(60)")
    wait_for(lambda: len(cli.jobs()) == 2 and cli.job(2)["started_at"], "the job that a job added")
    cli("cancel", "1")
    wait_for(lambda: cli.job(1)["state"] == "cancelled", "the cancel")
    assert cli.job(2)["state"] == "running"
    cli("cancel", "2")
    wait_for(lambda: cli.job(2)["state"] == "cancelled", "the cancel")
    os.kill(scheduler(cli), signal.SIGTERM)


@pytest.mark.long
def test_a_stopped_scheduler_is_passed_over_and_does_no_harm_when_it_wakes_up(cli: Cli, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    cli.settings("slots = 1", background=True)
    cli("add", "sh", "-c", f"echo 1 >> {starts}; sleep 60")
    stopped = cli.start("run", "--until-empty")
    wait_for(lambda: starts.exists() and scheduler(cli) == stopped.pid, "the first job, and the foreground to schedule")
    stopped.send_signal(signal.SIGSTOP)
    cli("add", "sh", "-c", f"echo 2 >> {starts}; exit 7")
    cli("cancel", "1")
    wait_for(lambda: cli.job(2)["state"] == "failed", "the background to take over", 60)
    assert scheduler(cli) != stopped.pid
    stopped.send_signal(signal.SIGCONT)
    stopped.communicate(timeout=30)
    assert {number: job["reason"] for number, job in cli.jobs().items()} == {1: "cancelled by user", 2: "exit 7"}
    assert starts.read_text() == "1\n2\n"


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # that is its purpose
async def test_a_scheduler_that_is_stuck_gives_way_and_comes_back(cli: Cli) -> None:
    cli.settings(background=True)
    changed = asyncio.Event()
    async with open_queue() as queue:
        listener = wakeup.Listener(queue.paths.wake, changed.set, called=queue.scheduler.wake)
        async with listener, queue.scheduler:
            await queue.commands.jobs.add([make_draft(path="true")])
            while await queue.commands.work_left():
                await changed.wait()
                changed.clear()
            assert scheduler(cli) == os.getpid()
            cli("add", "sh", "-c", "exit 7")
            # The event loop is busy with this line, and with nothing else.
            wait_for(lambda: cli.job(2)["state"] == "failed", "the background to take over", 60)
            assert scheduler(cli) != os.getpid()
            async with asyncio.timeout(30):
                while scheduler(cli) != os.getpid():
                    await changed.wait()
                    changed.clear()
