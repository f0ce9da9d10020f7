"""A job waits for other jobs, or for a process."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import ended, order_of_starts, state


@pytest.mark.parametrize(("outcome", "code", "runs"), [("", 0, True), (":failed", 3, True), (":ended", 3, True)])
def test_a_job_waits_for_what_another_comes_to(cli: Cli, outcome: str, code: int, runs: bool) -> None:
    cli("add", "jobs/fail.py", str(code))
    cli("add", "--after", f"1{outcome}", "--priority", "9", "true")
    cli.drain(code=min(code, 1))
    assert state(cli, 2) == ("completed", "exit 0")
    assert order_of_starts(cli) == [1, 2]


@pytest.mark.quick
def test_what_can_not_come_any_more_holds_the_job_or_cancels_it(cli: Cli) -> None:
    cli("add", "jobs/fail.py", "3")
    cli("add", "--after", "1", "true")
    cli("add", "--after", "1", "--if-unmet", "cancel", "true")
    cli("add", "--after", "3", "--if-unmet", "cancel", "true")
    cli.drain(code=1)
    assert state(cli, 2) == ("pending", "after #1: failed")
    assert state(cli, 3) == ("cancelled", "after #1: failed")
    assert state(cli, 4) == ("cancelled", "after #3: cancelled")
    cli("release", "2")
    cli.drain()
    assert state(cli, 2) == ("completed", "exit 0")


def test_a_job_held_for_another_goes_on_when_that_one_completes_after_all(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sh", "-c", f"test -e {tmp_path}/now")
    cli("add", "--after", "1", "true")
    cli.drain(code=1)
    (tmp_path / "now").touch()
    cli("retry", "1")
    cli.drain()
    assert state(cli, 2) == ("completed", "exit 0")


def test_a_circle_of_waiting_is_refused(cli: Cli) -> None:
    for words in ([], ["--after", "1"], ["--after", "2"]):
        cli("add", *words, "true")
    assert "would wait for itself" in cli.error("edit", "--after", "3", "1")
    assert "would wait for itself" in cli.error("edit", "--after", "1", "1")
    assert cli.job(1)["after"] == []


def test_a_job_that_another_waits_for_is_not_removed(cli: Cli) -> None:
    cli("add", "true")
    cli.drain()
    cli("add", "--hold", "--after", "1", "true")
    assert "Job 2 waits for job 1" in cli.error("remove", "1")


def test_a_job_waits_for_a_process_that_is_none_of_ours(cli: Cli) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        cli("add", "--after-pid", str(stranger.pid), "true")
        runner = cli.start("run", "--until-empty")
        wait_for(lambda: cli.job(1)["reason"] == f"after process {stranger.pid}", "the reason")
        stranger.kill()
        stranger.wait()
        assert ended(runner) == 0
    assert "no such process" in cli.error("add", "--after-pid", str(stranger.pid), "true")
