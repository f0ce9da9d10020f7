"""Several jobs at once on the dashboard: which are shown, which are selected, and what is taken back."""

import json

import pytest
from textual.pilot import Pilot

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tui_queue.core.commands.reports import ENDED_SHOWN
from tui_queue.ui.dashboard.job_table import JobTable


def shown(pilot: Pilot[None]) -> list[int]:
    return [job.id for job in pilot.app.screen.query_one(JobTable).jobs]


def states(cli: Cli) -> dict[int, str]:
    return {number: "held" if job["held"] else job["state"] for number, job in cli.jobs().items()}


def lasting(cli: Cli) -> list[dict[str, object]]:
    """Return all jobs in their order, without why they wait now."""
    return [{**job, "reason": "", "reason_kind": ""} for job in cli.jobs().values()]


async def shows(pilot: Pilot[None], *numbers: int) -> None:
    await until(pilot, lambda: shown(pilot) == list(numbers), f"{numbers} to be shown")


@pytest.mark.long
async def test_only_the_jobs_that_are_asked_for_are_shown_while_it_is_typed(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("queue", "add", "gpu")
    cli("add", "--name", "Training run", "--queue", "gpu", "true")
    cli("add", "--batch", "night", "echo", "training data")
    cli("add", "false")
    cli("cancel", "3")
    async with dashboard() as (pilot, _, _):
        await shows(pilot, 1, 2, 3)
        await pilot.press("slash", *"train")
        await shows(pilot, 1, 2)
        await pilot.press(*"ing run")
        await shows(pilot, 1)
        await pilot.press("ctrl+u", *"state:canc")
        await shows(pilot, 3)
        await pilot.press("ctrl+u", *"state:gone")
        await see(pilot, "no such state")
        await pilot.press("ctrl+u", *"queue:gpu")
        await shows(pilot, 1)
        await pilot.press("ctrl+u", *"queue:def")  # while it is typed it is a beginning
        await shows(pilot, 2, 3)
        await pilot.press("ctrl+u", *"batch:ni")
        await shows(pilot, 2)
        await pilot.press("ctrl+u", *"name:TRAIN")
        await shows(pilot, 1)
        await pilot.press("ctrl+u", *"prio:5")
        await see(pilot, "prio: is text; priority: is a field")
        await shows(pilot)
        await pilot.press("ctrl+u", *"http://x")
        await until(pilot, lambda: "is text" not in drawn(pilot.app), "it to be a word like others")
        await pilot.press("ctrl+u", *"batch:night q", "enter")
        await shows(pilot)
        await see(pilot, "No job is like that. Press Esc to show all.")
        await pilot.press("escape")
        await shows(pilot, 1, 2, 3)
        assert "queue:gpu  batch:night" not in drawn(pilot.app)
        await pilot.press("h")  # keys are verbs again
        await until(pilot, lambda: cli.job(1)["held"], "the job to be held")


@pytest.mark.long
async def test_a_name_that_another_one_begins_with_means_itself(cli: Cli) -> None:
    cli.settings("slots = 0")
    for name in ("gpu", "gpu-2"):
        cli("queue", "add", name)
        cli("add", "--queue", name, "--batch", name, "true")
    async with dashboard() as (pilot, _, _):
        for what in ("queue", "batch"):
            await pilot.press("slash", "ctrl+u", *f"{what}:gp")
            await shows(pilot, 1, 2)
            await pilot.press("u")
            await shows(pilot, 1)
            await pilot.press("-")
            await shows(pilot, 2)
            await pilot.press("escape")
            await shows(pilot, 1, 2)
    assert cli("list", "--batch", "gp", "--json").strip() == "[]"
    assert "no such queue" in cli.error("list", "--queue", "gp", code=3)


async def test_verbs_act_on_all_that_are_selected(cli: Cli) -> None:
    cli.settings("slots = 0")
    for _ in range(6):
        cli("add", "true")
    async with dashboard() as (pilot, _, _):
        await shows(pilot, 1, 2, 3, 4, 5, 6)
        await pilot.press("space", "down", "V", "h")
        await until(pilot, lambda: list(states(cli).values()).count("held") == 3, "three to be held")
        await see(pilot, "*  1")
        await see(pilot, "*  3")
        assert "*  4" not in drawn(pilot.app)
        await see(pilot, "◇ hold")
        await pilot.press("h")  # all that are selected are held: they are released
        await until(pilot, lambda: "held" not in states(cli).values(), "all to be released")
        await pilot.press("escape")
        await until(pilot, lambda: "* " not in drawn(pilot.app), "nothing to be selected")
        await pilot.press("asterisk", "c")
        await until(pilot, lambda: set(states(cli).values()) == {"cancelled"}, "all to be cancelled")
        await pilot.press("d")
        await see(pilot, "Remove 6 ended jobs and their logs?")
        await pilot.press("y")
        await shows(pilot)
    assert cli.jobs() == {}


async def test_running_ones_among_the_selected_are_asked_about(cli: Cli) -> None:
    cli.settings("slots = 2")
    for _ in range(3):
        cli("add", "sleep", "60")
    async with dashboard() as (pilot, _, _):
        await until(pilot, lambda: list(states(cli).values()).count("running") == 2, "two to run")
        await pilot.press("asterisk", "c")
        await see(pilot, "Stop 2 running jobs and take out 1 pending one?")
        await see(pilot, "in all.")
        await pilot.press("n")
        await until(pilot, lambda: "in all." not in drawn(pilot.app), "the question to go")
        assert "cancelled" not in states(cli).values()
        await pilot.press("c", "y")
        await until(pilot, lambda: set(states(cli).values()) == {"cancelled"}, "all to end")


async def test_what_was_done_is_taken_back_step_by_step(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "--at", "2030-01-01T00:00:00Z", "echo", "one")
    cli("add", "--hold", "echo", "two")
    cli("add", "echo", "three")
    before = lasting(cli)
    async with dashboard() as (pilot, _, _):
        await shows(pilot, 1, 2, 3)
        await pilot.press("asterisk", "c")
        await until(
            pilot, lambda: {job["state"] for job in cli.jobs().values()} == {"cancelled"}, "all to be cancelled"
        )
        await pilot.press("u")
        await until(pilot, lambda: lasting(cli) == before, "the jobs to be as before")
        await shows(pilot, 1, 2, 3)
        await pilot.press("escape", "G", "T")
        await shows(pilot, 3, 1, 2)
        await pilot.press("h")
        await until(pilot, lambda: cli.job(3)["held"], "the job to be held")
        await pilot.press("u")
        await until(pilot, lambda: not cli.job(3)["held"], "the job to be released")
        await pilot.press("u")
        await shows(pilot, 1, 2, 3)
        await pilot.press("u")  # nothing is left
    assert lasting(cli) == before


async def test_jobs_of_any_age_are_reached_at_the_end_of_the_table(cli: Cli) -> None:
    lines = b"".join(b"true %d\n" % number for number in range(1200))
    cli.process("add", "--from", "-", given=lines)
    cli("cancel", "--all")
    async with dashboard() as (pilot, app, _):
        await until(pilot, lambda: len(shown(pilot)) == ENDED_SHOWN, "the latest ones")
        table = app.screen.query_one(JobTable)
        for more in (200, 400, 800, 1200):
            await pilot.press("G")
            await until(pilot, lambda: len(shown(pilot)) == more, f"{more} jobs")  # noqa: B023
            assert table.job is not None
        assert shown(pilot)[-1] == 1
        assert len(json.loads(cli("list", "--json", "--limit", "5000"))) == 1200


@pytest.mark.long
async def test_a_verb_for_one_job_is_for_the_selected_one_and_not_for_that_under_the_cursor(cli: Cli) -> None:
    cli.settings("slots = 0")
    for name in ("one", "two", "three"):
        cli("add", "--name", name, "true")
    async with dashboard(toasts=True) as (pilot, _, _):
        await shows(pilot, 1, 2, 3)
        await pilot.press("j", "space")
        await see(pilot, "*  2")
        for key, opened in (("A", "Clone job 2"), ("e", "Edit job 2"), ("i", "Job 2, two")):
            await pilot.press(key)
            await see(pilot, opened)
            await pilot.press("escape")
            await until(pilot, lambda: opened not in drawn(pilot.app), "it to close")  # noqa: B023
        await pilot.press("space")
        await see(pilot, "*  3")
        await pilot.press("e")
        await see(pilot, "one job at a time")
        assert "Edit job" not in drawn(pilot.app)


@pytest.mark.long
async def test_slots_are_those_of_the_queue_of_the_selected_jobs(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("queue", "add", "gpu")
    cli("add", "--queue", "gpu", "true")
    cli("add", "true")

    def slots() -> dict[str, object]:
        return {queue["name"]: queue["slots"] for queue in json.loads(cli("queue", "list", "--json"))}

    async with dashboard(toasts=True) as (pilot, _, _):
        await until(pilot, lambda: set(shown(pilot)) == {1, 2}, "both")
        pilot.app.screen.query_one(JobTable).move_to(1)
        before = slots()
        await pilot.press("space", "asterisk", "+")
        await see(pilot, "The selected jobs")
        assert slots() == before
        await pilot.press("escape")
        await until(pilot, lambda: "* " not in drawn(pilot.app), "nothing to be selected")
        pilot.app.screen.query_one(JobTable).move_to(1)
        await pilot.press("space", "+")
        await until(pilot, lambda: slots() == {**before, "gpu": 1}, "a slot more for the queue of job 1")


@pytest.mark.long
async def test_keys_that_are_for_one_log_are_grey_with_several(cli: Cli) -> None:
    cli.settings("slots = 1")
    for word in ("first", "second"):
        cli("add", "echo", word)
    cli.drain()

    def applies(*keys: str) -> set[bool]:
        bindings = pilot.app.screen.active_bindings
        return {bindings[key].enabled for key in keys}

    of_one = ("slash", "n", "N", "ampersand", "right_curly_bracket", "left_curly_bracket", "L", "number_sign", "t")
    async with dashboard(toasts=True) as (pilot, app, _):
        await shows(pilot, 2, 1)
        await see(pilot, "second")
        await pilot.press("tab")
        await until(pilot, lambda: applies(*of_one) == {True}, "all to apply")
        await pilot.press("escape", "asterisk", "tab")
        await see(pilot, "2│ second")
        assert applies(*of_one) == {False}
        assert applies("w", "G", "f") == {True}
        await pilot.press(*of_one, "w")
        await see(pilot, "wrap")  # what comes after them
        assert len(app.screen_stack) == 1
        assert "first to search" not in drawn(app)
        assert "has no times" not in drawn(app)


@pytest.mark.long
async def test_pending_jobs_of_any_number_are_reached_and_those_left_out_are_told_of(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "--name", "over", "true")
    cli("cancel", "1")
    cli.process("add", "--from", "-", given=b"".join(b"true %d\n" % number for number in range(2500)))
    async with dashboard((80, 30), toasts=True) as (pilot, app, _):
        table = app.screen.query_one(JobTable)
        await until(pilot, lambda: len(shown(pilot)) == 1001, "the first ones")
        await see(pilot, "1,500 more wait; G shows the next 1,000")
        await pilot.press("asterisk")
        await see(pilot, "Selected the 1,001 jobs")
        await see(pilot, "wait.")
        await pilot.press("escape")
        await pilot.press("o")
        await see(pilot, "Order the 1,001 jobs that are shown by")
        await pilot.press("escape")
        table.move_cursor(row=999)
        await until(pilot, lambda: len(shown(pilot)) == 2001, "more at the last one that waits")
        assert table.job is not None
        assert table.job.id == 1001
        await see(pilot, "500 more wait; G shows them")
        await pilot.press("G")
        await until(pilot, lambda: len(shown(pilot)) == 2501, "all")
        assert shown(pilot) == [*range(2, 2502), 1]
        assert table.job.id == 1
        await until(pilot, lambda: "more wait" not in drawn(app), "nothing to be left out")
        await pilot.press("asterisk", "c")
        await see(pilot, "○ 0 ")
