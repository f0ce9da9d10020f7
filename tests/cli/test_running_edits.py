"""Changes of a running job: its time limit, retries, notifications, priority and name."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import ended, settings, start_record, state
from tests.support.processes import end_schedulers


@pytest.fixture
def queue(cli: Cli) -> Iterator[Cli]:
    """A queue with a background process, which ends with the test."""
    cli.settings(background=True)
    yield cli
    cli.process("cancel", "--all")
    end_schedulers(cli.home)


def begun(cli: Cli, number: int = 1) -> None:
    wait_for(lambda: cli.job(number)["started_at"], "the start")


def test_options_on_both_sides_change_a_running_job_and_its_next_attempt(cli: Cli, tmp_path: Path) -> None:
    cli("add", "--timeout", "1m", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; exit 3")
    runner = cli.start("run", "--until-empty")
    begun(cli)
    cli("edit", "1", "--timeout", "1h", "--retries", "1", "--retry-delay", "1h", "--notify", "never", "--name", "x")
    cli("edit", "--priority", "7", "1")
    job = cli.job(1)
    assert (job["timeout_s"], job["priority"], job["name"], job["state"]) == (3600, 7, "x", "running")
    assert job["options"] | {"retries": 1, "retry_delay_s": 3600, "notify": "never"} == job["options"]
    limit = Path(job["log_path"]).with_name("limit").read_text()
    assert json.loads(limit.rpartition(" ")[0]) == {"timeout_s": 3600.0}
    cli("edit", "1", "--timeout", "", "--retry-delay", "")
    assert (cli.job(1)["timeout_s"], cli.job(1)["name"]) == (None, "x")
    (tmp_path / "go").touch()
    assert (ended(runner), cli.job(1)["attempt"], cli.job(1)["exit_code"]) == (1, 2, 3)
    assert [deed["verb"] for deed in json.loads(cli("show", "1", "--json"))["history"]].count("edited") == 3


@pytest.mark.long
def test_the_first_limit_ends_a_job_no_more_that_has_another_one(cli: Cli) -> None:
    cli("add", "--timeout", "3s", "sleep", "4")
    cli("add", "--timeout", "3s", "sleep", "4")
    runner = cli.start("run", "--until-empty")
    begun(cli)
    cli("edit", "1", "--timeout", "1h")
    assert ended(runner) == 1
    assert (state(cli, 1), state(cli, 2)) == (("completed", "exit 0"), ("failed", "timeout"))


@pytest.mark.long
def test_a_limit_that_has_passed_ends_the_job_at_once_and_survives_its_scheduler(queue: Cli) -> None:
    queue("add", "--grace", "0", "sleep", "60")
    begun(queue)
    leader = json.loads(queue("status", "--json"))["scheduler"]["pid"]
    os.kill(leader, signal.SIGKILL)
    wait_for(lambda: time.time() > Path(queue.job(1)["log_path"]).stat().st_ctime + 1, "the limit to pass")
    queue("edit", "1", "--timeout", "1s")
    wait_for(lambda: state(queue, 1) == ("failed", "timeout"), "the end")


@pytest.mark.long
def test_a_limit_whose_order_was_lost_is_given_by_the_next_scheduler(queue: Cli) -> None:
    """The command is killed between the store and the watcher: here the watcher's pipe was away."""
    queue("add", "--grace", "0", "sleep", "60")
    begun(queue)
    control = Path(queue.job(1)["log_path"]).with_name("control")
    control.rename(control.with_name("away"))
    command = queue.start("edit", "1", "--timeout", "1s")
    wait_for(lambda: queue.job(1)["timeout_s"] == 1, "the change")
    command.kill()
    command.communicate()
    control.with_name("away").rename(control)
    os.kill(json.loads(queue("status", "--json"))["scheduler"]["pid"], signal.SIGKILL)
    queue("list")
    wait_for(lambda: state(queue, 1) == ("failed", "timeout"), "the end")


def test_what_a_running_job_was_started_with_is_refused_by_name(cli: Cli, tmp_path: Path) -> None:
    cli("add", "--timeout", "1h", "--warn", "USR1@1m", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    begun(cli)
    can = "of a running job timeout, notify, retries, retry delay, priority and name can be changed"
    for words, refused in (
        (("--path", "true"), "path"),
        (("--priority", "3", "--queue", "gpu", "x"), "queue, parameters"),
        (("--capture-env",), "environment"),
    ):
        line = cli.error("edit", "1", *words)
        assert line == f"tui-queue: Job 1 is running; {can}, not {refused}."
    assert "there is no time limit to warn of" in cli.error("edit", "1", "--timeout", "")
    assert "did you mean `--timeout`?" in cli.process("edit", "1", "--timout", "2h").stderr.decode()
    assert (
        "No such option '--timout'. (Did you mean one of: '--output', '--timeout', '--times'?)"
        in cli.process("edit", "--timout", "2h", "1").stderr.decode()
    )
    job = cli.job(1)
    assert (job["priority"], job["timeout_s"]) == (0, 3600)
    (tmp_path / "go").touch()
    assert ended(runner) == 0


@pytest.mark.long
def test_a_limit_that_the_run_does_not_take_is_told(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    begun(cli)
    pid = start_record(cli, 1)["watcher"]
    os.kill(pid, signal.SIGSTOP)
    line = cli.error("edit", "1", "--timeout", "2h")
    os.kill(pid, signal.SIGCONT)
    assert line.startswith("tui-queue: Job 1: the new time limit is stored, but its run does not take it: ")
    (tmp_path / "go").touch()
    assert ended(runner) == 0
    assert cli.job(1)["timeout_s"] == 7200


@pytest.mark.long
def test_no_edit_is_lost_while_jobs_end(cli: Cli) -> None:
    """Each is applied, to the run or to what comes after, or refused with what to do."""
    settings(cli, "")
    cli("queue", "set", "default", "--slots", "4")
    for _ in range(30):
        cli("add", "--retries", "1", "sh", "-c", "sleep 0.3; exit 1")
    runner = cli.start("run", "--until-empty")
    refused = applied = 0
    for number in range(1, 31):
        wait_for(lambda: cli.job(number)["attempt"], "the start")  # noqa: B023
        done = cli.process("edit", str(number), "--retries", "0", "--priority", "9")
        assert done.returncode in (0, 2), done
        if done.returncode:
            assert b"nothing was changed" in done.stderr
        refused, applied = refused + bool(done.returncode), applied + (not done.returncode)
        job = cli.job(number)
        assert (job["priority"], job["options"].get("retries", 0)) == ((9, 0) if not done.returncode else (0, 1))
    assert ended(runner) == 1
    assert applied
    for job in cli.jobs().values():
        assert job["attempt"] <= 2
