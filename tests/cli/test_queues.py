"""Queues have slots, hours and a pause, and share a limit."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import ended, reasons, state, stop

Script = Callable[..., str]


def test_queues_have_their_own_slots_and_share_a_limit(cli: Cli, script: Script) -> None:
    cli("queue", "add", "gpu", "--slots", "1")
    cli("queue", "limit", "2")
    wait = script("wait.sh", f"#!/bin/sh\necho on\nwhile [ ! -e {cli.home}/go ]; do sleep 0.02; done\n")
    for queue in ("gpu", "gpu", "default", "default"):
        cli("add", "--queue", queue, wait)
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: sum(job["state"] == "running" for job in cli.jobs().values()) == 2, "two runs")
    assert state(cli, 2) == ("pending", "slots")
    assert state(cli, 4) == ("pending", "limit of 2 for all queues")
    assert [queue["running"] for queue in json.loads(cli("queue", "list", "--json"))] == [1, 1]
    cli("queue", "limit", "none")
    wait_for(lambda: cli.job(4)["state"] == "running", "the fourth")
    cli("queue", "set", "gpu", "--slots", "2")
    wait_for(lambda: cli.job(2)["state"] == "running", "the second")
    (cli.home / "go").touch()
    assert ended(runner) == 0


def test_a_paused_queue_starts_nothing_and_goes_on_when_it_is_resumed(cli: Cli) -> None:
    cli("queue", "add", "night")
    cli("queue", "pause", "night")
    cli("add", "--queue", "night", "true")
    assert reasons(cli) == {1: "queue paused"}
    cli("queue", "resume", "night")
    cli.drain()
    assert state(cli, 1) == ("completed", "exit 0")


def test_a_queue_outside_its_hours_says_when_it_opens(cli: Cli) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%a}".lower()
    cli("queue", "add", "night", "--hours", f"{tomorrow} 22:00-23:00", "--zone", "UTC")
    cli("add", "--queue", "night", "true")
    assert reasons(cli)[1].startswith("queue opens 20")


@pytest.mark.quick
def test_a_queue_with_jobs_in_it_can_not_be_removed(cli: Cli) -> None:
    cli("queue", "add", "gpu")
    cli("add", "--queue", "gpu", "true")
    assert "1 jobs are in this queue" in cli.error("queue", "remove", "gpu")
    cli("edit", "--queue", "default", "1")
    cli("queue", "remove", "gpu")
    assert "no such queue" in cli.error("add", "--queue", "gpu", "true", code=3)


def test_what_runs_outside_the_hours_of_its_queue_is_stopped_where_that_is_wished(cli: Cli) -> None:
    cli("add", "sleep", "60")
    scheduler = cli.start("run", "--standby", "--stay")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%a}".lower()
    cli("queue", "set", "default", "--hours", f"{tomorrow} 22:00-23:00", "--zone", "UTC", "--pause-outside")
    wait_for(lambda: cli.job(1)["paused"], "the pause")
    cli("queue", "set", "default", "--hours", "")
    wait_for(lambda: not cli.job(1)["paused"], "it to go on")
    stop(scheduler)
