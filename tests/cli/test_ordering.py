"""Jobs start by priority and place, can be moved, and wait while they are held."""

import json

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import order_of_starts, pending_order, state


def test_higher_priority_starts_first_and_then_who_came_first(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "true")
    cli("add", "--priority", "-1", "true")
    cli("add", "--priority", "5", "true")
    cli("add", "true")
    cli.drain()
    assert order_of_starts(cli) == [3, 1, 4, 2]


def test_a_job_moves_up_down_to_the_top_to_the_bottom_and_before_another(cli: Cli) -> None:
    for _ in range(4):
        cli("add", "true")
    cli("move", "--up", "3")
    assert pending_order(cli) == [1, 3, 2, 4]
    cli("move", "--down", "1")
    assert pending_order(cli) == [3, 1, 2, 4]
    cli("move", "--before", "3", "2", "4")
    assert pending_order(cli) == [2, 4, 3, 1]
    cli("top", "3", "1")
    assert pending_order(cli) == [3, 1, 2, 4]
    cli("move", "--bottom", "3")
    cli("add", "true")
    assert pending_order(cli) == [1, 2, 4, 3, 5]


@pytest.mark.quick
def test_a_moved_job_takes_the_priority_of_its_place(cli: Cli) -> None:
    cli("add", "--priority", "5", "true")
    cli("add", "true")
    cli("top", "2")
    assert pending_order(cli) == [2, 1]
    assert cli.job(2)["priority"] == 5


def test_a_job_is_put_at_a_place_of_the_queue_when_it_is_added(cli: Cli) -> None:
    cli("add", "true")
    cli("add", "--before", "1", "true")
    cli("add", "--top", "true")
    assert pending_order(cli) == [3, 2, 1]


def test_a_held_job_waits_until_it_is_released(cli: Cli) -> None:
    cli("add", "--hold", "true")
    cli("add", "true")
    cli("hold", "2")
    cli.drain()
    assert state(cli, 1) == state(cli, 2) == ("pending", "held")
    cli("release", "1-2")
    cli.drain()
    assert state(cli, 1) == state(cli, 2) == ("completed", "exit 0")


def test_a_hundred_numbers_are_acted_on_together_or_not_at_all(cli: Cli) -> None:
    for _ in range(3):
        cli("add", "true")
    cli("hold", "1-2,3")
    assert {job["held"] for job in cli.jobs().values()} == {True}
    cli.error("release", "1,2,9", code=3)
    assert {job["held"] for job in cli.jobs().values()} == {True}
    cli("release", "--all")
    assert {job["held"] for job in cli.jobs().values()} == {False}


def test_a_job_that_can_not_get_its_place_is_not_added(cli: Cli) -> None:
    cli("queue", "add", "night")
    cli("add", "--queue", "night", "true")
    for words, code, says in (
        (("--before", "9", "true"), 3, "9: no such job"),
        (("--before", "1", "true"), 2, "Job 1 is in queue night; add the job with --queue night."),
    ):
        done = cli.process("add", *words)
        assert done.returncode == code
        assert says.encode() in done.stderr
    assert list(cli.jobs()) == [1]


def test_jobs_are_added_at_their_place_in_one_step(cli: Cli) -> None:
    for _ in range(2):
        cli("add", "true")
    cli("add", "--before", "2", "true")
    cli("add", "--top", "--sweep", "echo", "{1..2}")
    assert list(cli.jobs()) == [4, 5, 1, 3, 2]
    history = [entry["verb"] for entry in json.loads(cli("show", "--json", "3"))["history"]]
    assert history == ["added", "moved"]


def test_a_job_can_be_added_to_the_top_beside_a_scheduler(cli: Cli) -> None:
    cli.settings(background=True)
    assert [cli("add", "--top", "true") for _ in range(20)] == [f"{number}\n" for number in range(1, 21)]
    wait_for(lambda: {job["state"] for job in cli.jobs().values()} == {"completed"}, "all jobs to end")
