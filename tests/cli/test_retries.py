"""A job is tried again by its exit code, and after a loss."""

import json
import os
from datetime import datetime, timedelta

from tests.conftest import Cli, wait_for
from tests.support.commands import ended, start_record, state


def test_a_failed_job_is_started_again_with_growing_delays(cli: Cli) -> None:
    cli("add", "--retries", "2", "--retry-delay", "1s", "--retry-growth", "2", "jobs/fail.py", "3")
    cli.drain(code=1)
    shown = json.loads(cli("show", "--json", "1"))
    times = [
        (datetime.fromisoformat(run["started_at"]), datetime.fromisoformat(run["finished_at"])) for run in shown["runs"]
    ]
    assert [run["exit_code"] for run in shown["runs"]] == [3, 3, 3]
    assert times[1][0] - times[0][1] >= timedelta(seconds=0.9)
    assert times[2][0] - times[1][1] >= timedelta(seconds=1.9)
    assert state(cli, 1) == ("failed", "exit 3")


def test_only_named_exit_codes_are_tried_again(cli: Cli) -> None:
    cli("add", "--retries", "5", "--retry-on", "4,10-20", "jobs/fail.py", "3")
    cli("add", "--retries", "1", "--retry-on", "1-9", "jobs/fail.py", "3")
    cli.drain(code=1)
    assert [cli.job(number)["attempt"] for number in (1, 2)] == [1, 2]


def test_other_codes_than_0_can_mean_success(cli: Cli) -> None:
    cli("add", "--success", "3", "jobs/fail.py", "3")
    cli.drain()
    assert state(cli, 1) == ("completed", "exit 3")


def test_a_lost_run_is_left_requeued_or_asked_about(cli: Cli) -> None:
    for words in ([], ["--on-lost", "requeue", "--resume-args", "--resume x"], ["--on-lost", "ask"]):
        cli("add", *words, "sh", "-c", 'echo "$@"; test "$1" || sleep 60', "sh")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: all(job["started_at"] for job in cli.jobs().values()), "three starts")
    for job in cli.jobs().values():
        start = start_record(cli, job["id"])
        os.kill(start["watcher"], 9)
        os.killpg(start["pid"], 9)
    assert ended(runner) == 1
    assert state(cli, 1) == ("failed", "interrupted (outcome unknown)")
    assert state(cli, 2) == ("completed", "exit 0")
    assert cli("log", "2") == "--resume x\n"
    assert cli.job(3)["held"]
    assert cli.job(3)["reason"].startswith("interrupted: release runs it again")
