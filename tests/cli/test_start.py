"""The command `start`: a job begins at once, whatever its queue and its time say."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import Cli, wait_for
from tests.support.commands import settings, state

Scheduler = Callable[[], None]


def closed() -> str:
    """Return hours that do not begin before the day after tomorrow."""
    return f"{datetime.now(UTC) + timedelta(days=3):%a} 12:00-12:01".lower()


def runs(cli: Cli, number: int) -> None:
    wait_for(lambda: state(cli, number)[0] == "running", f"job {number} to run")


def test_a_job_starts_beyond_the_slots_before_its_time_and_in_a_queue_that_rests(
    cli: Cli, scheduler: Scheduler
) -> None:
    settings(cli, "slots = 1\n")
    cli("queue", "limit", "1")
    for name, options in (("paused", []), ("none", ["--slots", "0"]), ("closed", ["--pause-outside"])):
        cli("queue", "add", name, *options)
    cli("queue", "pause", "paused")
    cli("queue", "set", "closed", "--hours", closed(), "--zone", "UTC")
    scheduler()
    sleep = ("sleep", "60")
    queues = [["--queue", name] for name in ("paused", "none", "closed")]
    for options in ([], [], ["--at", "+9h"], ["--hold"], *queues, []):
        cli("add", "--yes", *options, *sleep)
    runs(cli, 1)
    wait_for(lambda: state(cli, 2) == ("pending", "slots"), "the reason")
    cli("start", "2")
    assert cli("start", "3-7") == "5 started.\n"
    for number in range(2, 8):
        runs(cli, number)
    assert not any(cli.job(number)["paused"] for number in range(1, 8))
    assert state(cli, 8)[0] == "pending"
    cli("cancel", "1-7")
    runs(cli, 8)


def test_a_start_is_for_one_attempt_and_does_without_the_delay_of_a_retry(cli: Cli, scheduler: Scheduler) -> None:
    scheduler()
    cli("add", "--retries", "3", "--retry-delay", "9h", "false")
    wait_for(lambda: state(cli, 1)[1].startswith("retry "), "the first attempt to fail")
    cli("queue", "pause", "default")
    cli("start", "1")
    wait_for(lambda: cli.job(1)["attempt"] == 2 and state(cli, 1)[1].startswith("retry "), "the second one to fail")
    cli("retry", "1")
    wait_for(lambda: state(cli, 1) == ("pending", "queue paused"), "the third one to wait for the queue")


def test_a_job_still_waits_for_others_and_for_resources_and_a_hold_takes_the_start_back(
    cli: Cli, scheduler: Scheduler, tmp_path: Path
) -> None:
    settings(cli, "slots = 1\n[resources]\nlicense = 1\n")
    go = tmp_path / "go"
    scheduler()
    cli("add", "--resource", "license=1", "sh", "-c", f"until [ -e {go} ]; do sleep 0.02; done; sleep 60")
    cli("add", "--hold", "--resource", "license=1", "sleep", "60")
    runs(cli, 1)
    cli("add", "--after", "1:ended", "sleep", "61")
    cli("add", "sleep", "62")
    cli("start", "2", "3", "4")
    runs(cli, 4)
    assert state(cli, 2)[1].startswith("license: 0 of 1 free")
    assert state(cli, 3) == ("pending", "after #1 ended")
    cli("hold", "2")
    cli("release", "2")
    cli("cancel", "1")
    runs(cli, 3)
    assert state(cli, 2) == ("pending", "slots")


def test_a_paused_job_goes_on_and_what_can_not_start_is_refused(cli: Cli, scheduler: Scheduler) -> None:
    scheduler()
    cli("add", "sleep", "60")
    runs(cli, 1)
    message = "start applies to jobs that are pending or paused. Retry one that has ended."
    assert cli.error("start", "1") == f"tui-queue: Job 1 is running; {message}"
    cli("pause", "1")
    cli("start", "1")
    assert not cli.job(1)["paused"]
    cli("cancel", "1")
    wait_for(lambda: state(cli, 1)[0] == "cancelled", "the end")
    assert cli.error("start", "1") == f"tui-queue: Job 1 is cancelled; {message}"
    assert cli("start", "--where", "state:cancelled") == "0 started, 1 had ended.\n"
    assert "release --all` or `resume --all`, which respect the slots" in cli.error("start", "--all")
    assert json.loads(cli("start", "--json", "--where", "state:pending")) == []


def test_a_job_that_is_paused_outside_the_hours_of_its_queue_goes_on(cli: Cli, scheduler: Scheduler) -> None:
    cli("queue", "add", "day", "--pause-outside")
    scheduler()
    cli("add", "--queue", "day", "sleep", "60")
    runs(cli, 1)
    cli("queue", "set", "day", "--hours", closed(), "--zone", "UTC")
    wait_for(lambda: cli.job(1)["paused"], "the pause")
    cli("start", "1")
    cli("add", "true")
    wait_for(lambda: state(cli, 2) == ("completed", "exit 0"), "the scheduler to look again")
    assert not cli.job(1)["paused"]


def test_a_cancel_takes_the_start_back(cli: Cli, scheduler: Scheduler) -> None:
    cli("queue", "pause", "default")
    cli("add", "true")
    cli("start", "1")
    cli("cancel", "1")
    cli("retry", "1")
    scheduler()
    wait_for(lambda: state(cli, 1) == ("pending", "queue paused"), "it to wait for the queue")
    cli("start", "1")
    wait_for(lambda: state(cli, 1) == ("completed", "exit 0"), "the start")
