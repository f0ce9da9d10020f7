"""Schedules make jobs at their times."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Cli, wait_for
from tests.support.clock import by_another_clock
from tests.support.commands import stop


def test_a_schedule_makes_jobs_and_is_listed_edited_paused_run_and_removed(cli: Cli) -> None:
    done = cli.process("schedule", "add", "--every", "1s", "tick", "sh", "-c", "echo tick")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines()[0].endswith("next:")
    assert len(done.stderr.decode().splitlines()) == 6
    scheduler = cli.start("run", "--standby", "--stay")
    wait_for(lambda: sum(job["state"] == "completed" for job in cli.jobs().values()) >= 2, "two jobs")
    cli("schedule", "pause", "tick")
    (schedule,) = json.loads(cli("schedule", "list", "--json"))
    assert (schedule["name"], schedule["rule"], schedule["paused"]) == ("tick", "every 1s", True)
    made = len(cli.jobs())
    cli("schedule", "edit", "--every", "2h", "--rename", "tock", "--priority", "3", "tick")
    number = int(cli("schedule", "run", "tock"))
    assert (len(cli.jobs()), cli.job(number)["priority"]) == (made + 1, 3)
    wait_for(lambda: cli.job(number)["state"] == "completed", "the job made by hand")
    assert "tock" in cli("schedule", "list")
    cli("schedule", "remove", "tock")
    assert cli("schedule", "list", "--json") == "[]\n"
    stop(scheduler)


def test_missed_times_are_made_up_for_once_all_or_not(cli: Cli) -> None:
    earlier = by_another_clock(cli, FAKETIME="-185m")
    for missed in ("all", "once", "none"):
        earlier("schedule", "add", "--every", "1h", "--missed", missed, missed, "true")
    runner = cli.start("run", "--standby", "--stay")

    def are_all_ahead() -> bool:
        schedules = json.loads(cli("schedule", "list", "--json"))
        return all(datetime.fromisoformat(schedule["next_at"]) > datetime.now(UTC) for schedule in schedules)

    wait_for(are_all_ahead, "the next times of all schedules")
    stop(runner)
    # An hour, two and three hours after they were made, the latest five minutes ago.
    assert Counter(job["name"] for job in cli.jobs().values()) == {"all": 3, "once": 1}


def test_jobs_of_a_schedule_wait_for_the_one_before_or_are_skipped_or_replace_it(cli: Cli) -> None:
    for overlap in ("queue", "skip", "replace"):
        cli("schedule", "add", "--every", "1s", "--overlap", overlap, overlap, "sleep", "30")
    scheduler = cli.start("run", "--standby", "--stay")

    def jobs(name: str) -> list[dict[str, Any]]:
        return [job for job in cli.jobs().values() if job["name"] == name]

    def said(name: str) -> str:
        return {each["name"]: str(each["said"]) for each in json.loads(cli("schedule", "list", "--json"))}[name]

    wait_for(lambda: said("queue").startswith("skipped: job ") and len(jobs("replace")) >= 2, "some jobs")
    wait_for(lambda: any(job["state"] == "cancelled" for job in jobs("replace")), "the replaced one")
    for name in ("queue", "skip", "replace"):
        cli("schedule", "pause", name)
    assert {job["state"] for job in jobs("queue")} == {"running", "pending"}
    assert len(jobs("queue")) == 2  # one runs, one waits
    assert len(jobs("skip")) == 1
    stop(scheduler)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--cron", "0 0 30 2 *", "x", "true"], "30"),
        (["--cron", "61 * * * *", "x", "true"], "61"),
        (["--every", "0s", "x", "true"], "0"),
        (["--every", "5m", "--zone", "Europe/Berlni", "x", "true"], "Europe/Berlin"),
        (["--every", "5m", "--cron", "* * * * *", "x", "true"], "--every"),
        (["--every", "5m", "--queue", "nowhere", "x", "true"], "nowhere"),
    ],
)
def test_a_schedule_that_can_not_be_is_refused_by_name(cli: Cli, words: list[str], named: str) -> None:
    lines = cli.process("schedule", "add", *words).stderr.decode().splitlines()
    assert named in lines[-1]
    assert lines[-1].startswith("tui-queue: ")
    assert cli("schedule", "list", "--json") == "[]\n"
