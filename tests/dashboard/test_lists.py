"""The screens of queues and schedules, and what the form of a job says of sweeps and templates."""

import asyncio
import gc
import json
import sqlite3
import weakref
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import DataTable

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.lists.queues import QueuesScreen


async def fill(pilot: Pilot[None], *lines: str) -> None:
    """Type each line into the field that has the focus, and go on to the next."""
    for line in lines:
        await pilot.press("end", "ctrl+u", *line, "tab")


def applies(pilot: Pilot[None], key: str) -> bool:
    return pilot.app.screen.active_bindings[key].enabled


@pytest.mark.long
async def test_queues_are_made_changed_paused_and_removed_by_keys(cli: Cli) -> None:
    def queue(name: str) -> dict[str, object]:
        return next((each for each in json.loads(cli("queue", "list", "--json")) if each["name"] == name), {})

    async with dashboard() as (pilot, _, _):
        await see(pilot, "The queue is empty")
        await pilot.press("2")
        await see(pilot, "default")
        await pilot.press("a")
        await see(pilot, "Add a queue")
        await pilot.press("enter")
        await see(pilot, "The queue needs a name.")
        await fill(pilot, "gpu", "1", "22:00-26:00")
        await see(pilot, "22:00-26:00")
        await pilot.press("enter")
        await until(pilot, lambda: "Add a queue" in drawn(pilot.app), "the form to stay")
        assert queue("gpu") == {}
        await fill(pilot, "22:00-06:00")
        await pilot.press("enter")
        await see(pilot, "0/1")
        assert queue("gpu")["hours"] == "22:00-06:00"
        await pilot.press("j", "+", "p")
        await see(pilot, "0/2")
        await see(pilot, "paused")
        assert (queue("gpu")["slots"], queue("gpu")["paused"]) == (2, True)
        await pilot.press("enter")
        await see(pilot, "Queue gpu")
        await fill(pilot, "7", "22:00-06:00", "", "", "", "pause")
        await pilot.press("ctrl+s")
        await see(pilot, "0/7")
        assert queue("gpu")["on_failure"] == "pause"
        await pilot.press("enter")
        await see(pilot, "Queue gpu")
        await pilot.press("ctrl+u")
        await see(pilot, "as the settings say")
        await pilot.press("ctrl+s")
        await see(pilot, "0/3")
        await pilot.press("L")
        await see(pilot, "How many jobs may run in all queues together?")
        await pilot.press("ctrl+u", *"4", "enter")
        await see(pilot, "at most 4 jobs run")
        await pilot.press("d")
        await see(pilot, "Remove queue gpu?")
        await pilot.press("y")
        await until(pilot, lambda: "gpu" not in drawn(pilot.app), "the queue to go")
        await until(pilot, lambda: not applies(pilot, "d"), "the default queue to stay")
        await pilot.press("escape")
        await see(pilot, "The queue is empty")


@pytest.mark.long
async def test_a_schedule_is_made_run_changed_paused_and_removed_by_keys(cli: Cli) -> None:
    def schedule() -> dict[str, object]:
        found = json.loads(cli("schedule", "list", "--json"))
        return found[0] if found else {}

    async with dashboard() as (pilot, _, _):
        await see(pilot, "The queue is empty")
        await pilot.press("3")
        await see(pilot, "There is no schedule. Press a: a rule, then its job.")
        await pilot.press("a")
        await see(pilot, "Add a schedule")
        await fill(pilot, "report", "0 6 31 2 *")
        await see(pilot, "change the day or the month")
        await pilot.press("shift+tab")
        await fill(pilot, "0 6 * * *", "Europe/Berlin")
        await see(pilot, "06:00 in Europe/Berlin")
        await pilot.press("enter")
        await see(pilot, "The job of schedule report")
        await pilot.press(*"echo", "tab", *"one", "enter")
        await see(pilot, "echo one")
        assert (schedule()["rule"], schedule()["zone"]) == ("0 6 * * *", "Europe/Berlin")
        await pilot.press("r")
        await until(pilot, lambda: len(cli.jobs()) == 1, "the job")
        await pilot.press("p")
        await see(pilot, "paused")
        await pilot.press("e")
        await see(pilot, "Schedule report")
        await pilot.press("tab")
        await fill(pilot, "every 2h")
        await pilot.press("enter")
        await see(pilot, "every 2h")
        await pilot.press("o")
        await see(pilot, "The job of schedule report")
        await pilot.press("tab", "end", *" two", "enter")
        await see(pilot, "echo one two")
        await pilot.press("2")
        await see(pilot, "Running")
        await pilot.press("3")
        await see(pilot, "echo one two")
        await pilot.press("d", "y")
        await see(pilot, "There is no schedule")
        assert schedule() == {}
        await pilot.press("1")
        await see(pilot, "✓ done")


@pytest.mark.long
async def test_a_sweep_is_shown_in_the_form_and_added_as_a_batch(cli: Cli) -> None:
    cli.settings("slots = 0")
    async with dashboard() as (pilot, _, _):
        await pilot.press("a")
        await see(pilot, "Job path")
        await pilot.press(*"echo", "tab", *"--lr {0.1,0.01} {1..3}", "ctrl+t")
        await see(pilot, "Order")
        pilot.app.screen.query_one("#sweep").focus()
        await pilot.press("space")
        await see(pilot, "6 jobs:")
        for words in ("/usr/bin/echo --lr 0.1 1", "/usr/bin/echo --lr 0.01 2", "… and 1 more"):
            await see(pilot, words)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(cli.jobs()) == 6, "the jobs")
    jobs = list(cli.jobs().values())
    assert sorted(tuple(job["args"]) for job in jobs)[:2] == [("--lr", "0.01", "1"), ("--lr", "0.01", "2")]
    assert len({job["batch"] for job in jobs}) == 1
    assert jobs[0]["batch"].startswith("echo-")


@pytest.mark.long
async def test_a_template_is_kept_from_the_form_and_begun_with(cli: Cli) -> None:
    cli.settings("slots = 0")
    async with dashboard() as (pilot, app, _):
        await pilot.press("a")
        await see(pilot, "F3 template")
        await pilot.press("f3")
        await see(pilot, "There is no template.")
        await pilot.press(*"echo", "tab", *"hello", "ctrl+t")
        await see(pilot, "Order")
        app.screen.query_one("#priority").focus()
        await pilot.press("5", "f4")
        await see(pilot, "Keep it as a template")
        await pilot.press(*"greet", "enter")
        await until(pilot, lambda: "greet" in cli("template", "list"), "the template")
        await pilot.press("f4")
        await see(pilot, "Keep it as a template")
        await pilot.press(*"greet", "enter")
        await see(pilot, "Replace template greet?")
        await pilot.press("y")
        await until(pilot, lambda: "Replace" not in drawn(app), "the question to go")
        await pilot.press("escape", "a")
        await see(pilot, "Job path")
        await pilot.press("f3")
        await see(pilot, "Begin with which template?")
        await pilot.press("enter")
        await see(pilot, "hello")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(cli.jobs()) == 1, "the job")
    job = cli.job(1)
    assert (job["args"], job["priority"]) == (["hello"], 5)
    assert cli("add", "--template", "greet") == "2\n"


@pytest.mark.long
async def test_a_template_is_begun_with_in_every_form_and_removed_there(cli: Cli) -> None:
    cli("template", "save", "--priority", "7", "first", "echo", "kept")
    cli("template", "save", "other", "true")
    cli("add", "--hold", "true")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "held")
        await pilot.press("e")
        await see(pilot, "F3 template")
        await pilot.press("f3")
        await see(pilot, "d removes it")
        await pilot.press("enter")
        await see(pilot, "echo kept   in")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: cli.job(1)["args"] == ["kept"], "the change")
        await pilot.press("3")
        await see(pilot, "There is no schedule.")
        await pilot.press("a")
        await see(pilot, "Add a schedule")
        await fill(pilot, "report", "0 6 * * *")
        await pilot.press("enter")
        await see(pilot, "The job of schedule report")
        await pilot.press("ctrl+r")
        await see(pilot, "Begin with which command?")
        await pilot.press("escape", "f3")
        await see(pilot, "Begin with which template?")
        await pilot.press("d")
        await see(pilot, "Remove template first?")
        await pilot.press("n")
        await until(pilot, lambda: "Remove template" not in drawn(pilot.app), "the question to go")
        assert "first" in cli("template", "list")
        await pilot.press("delete")
        await see(pilot, "Remove template first?")
        await pilot.press("y")
        await until(pilot, lambda: cli("template", "list") == "other: true\n", "the template to go")
        await pilot.press("d")
        await see(pilot, "Remove template other?")
        await pilot.press("y")
        await until(pilot, lambda: "which template" not in drawn(pilot.app), "the empty list to go")
        await pilot.press("f3")
        await see(pilot, "There is no template.")
    assert (cli.job(1)["priority"], cli("template", "list")) == (7, "")


async def test_templates_that_can_not_be_read_are_said_so_and_the_form_goes_on(cli: Cli, home: Path) -> None:
    async with dashboard(toasts=True) as (pilot, _, _):
        with sqlite3.connect(home / "queue.db") as db:
            db.execute("DROP TABLE templates")
        db.close()
        await pilot.press("a")
        await see(pilot, "Job path")
        await pilot.press("f3")
        await see(pilot, "no such table")
        await pilot.press(*"true", "enter")
        await until(pilot, lambda: len(cli.jobs()) == 1, "the job")


@pytest.mark.quick
async def test_batches_are_shown_and_acted_on_as_one(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "--batch", "night", "--sweep", "-y", "true", "{1..3}")
    cli("add", "echo")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "no slots")
        await pilot.press("4")
        await see(pilot, "0/3")
        await pilot.press("h")
        await until(pilot, lambda: sum(job["held"] for job in cli.jobs().values()) == 3, "the batch to be held")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query_one(JobTable).jobs) == 3, "its jobs only")
        await pilot.press("4")
        await see(pilot, "0/3")
        await pilot.press("c")
        await see(pilot, "Take out 3 pending jobs, all of batch night?")
        await pilot.press("y")
        await see(pilot, "3/3")
        await until(pilot, lambda: not applies(pilot, "c"), "nothing to be left to cancel")
        await pilot.press("u")
        await see(pilot, "0/3")
        assert [job["held"] for job in cli.jobs().values()] == [True] * 3 + [False]
        await pilot.press("1")
        await see(pilot, "batch:night")
        await pilot.press("u")
        await until(pilot, lambda: not any(job["held"] for job in cli.jobs().values()), "the hold to be taken back")


async def test_a_cancel_of_a_batch_says_what_it_ends_and_only_what_waited_comes_back(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "--batch", "night", "--sweep", "-y", "sleep", "{60..61}")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run")
        await pilot.press("4")
        await see(pilot, "0/2")
        await pilot.press("c")
        await see(pilot, "Stop 1 running job and take out 1 pending one, all of")
        await see(pilot, "It has run for")
        await pilot.press("y")
        await see(pilot, "2/2")
        cli("queue", "pause", "default")
        await pilot.press("u")
        await see(pilot, "1/2")
        await pilot.press("u")
    assert [job["state"] for _, job in sorted(cli.jobs().items())] == ["cancelled", "pending"]


async def test_the_jobs_of_a_batch_are_shown_from_a_log_on_the_whole_screen_too(cli: Cli) -> None:
    cli("add", "--batch", "night", "echo", "hello")
    cli("add", "true")
    cli.drain()
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        await pilot.press("l")
        await until(pilot, lambda: "Progress, why" not in drawn(app), "the log to be all")
        await pilot.press("4")
        await see(pilot, "night")
        await pilot.press("enter")
        await see(pilot, "batch:night")
        await see(pilot, "Progress, why")
        await until(pilot, lambda: app.focused is app.screen.query_one(JobTable), "the table to have the keys")


async def test_a_listing_shows_its_keys_and_greys_what_does_not_apply(cli: Cli) -> None:
    cli.settings('slots = 1\nkeys = {listing.bottom = "f6"}')
    cli("queue", "add", "gpu", "--slots", "0")
    cli("queue", "add", "night")
    cli("add", "--queue", "gpu", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "no slots")
        await pilot.press("3")
        await see(pilot, "There is no schedule")
        assert [applies(pilot, key) for key in "aeoprd"] == [True, False, False, False, False, False]
        await pilot.press("2")
        await see(pilot, "night")
        listing = app.screen
        assert isinstance(listing, QueuesScreen)
        for key, chosen, grey in (("f6", "night", ""), ("g", "default", "d"), ("j", "gpu", "-d")):
            await pilot.press(key)
            await until(pilot, lambda: listing.chosen == chosen, chosen)  # noqa: B023
            names = {"-": "minus"}
            assert [key for key in "ep-d" if not applies(pilot, names.get(key, key))] == list(grey), chosen
        await pilot.press("question_mark")
        await see(pilot, "Start no more jobs of it")
        await see(pilot, "g F6")
        await see(pilot, "All schedules")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is listing, "the help to go")


async def test_the_first_and_the_last_line_that_is_found_are_a_key_away(cli: Cli) -> None:
    cli("add", "sh", "-c", "for i in 1 2 3; do echo word $i; done")
    cli.drain()
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        await pilot.press("F", *"word", "enter")
        await see(pilot, "3 lines in 1 job")
        table = app.screen.query_one(DataTable)
        for key, row in (("G", 2), ("g", 0)):
            await pilot.press(key)
            await until(pilot, lambda: table.cursor_row == row, key)  # noqa: B023


@pytest.mark.long
async def test_the_history_is_told_by_name_queue_batch_and_day(cli: Cli) -> None:
    cli("add", "true")
    cli("add", "false")
    cli.drain(code=1)
    async with dashboard() as (pilot, _, _):
        await see(pilot, "✓ done")
        await pilot.press("5")
        await see(pilot, "by name, ended within a week")
        await see(pilot, "all of them")
        await pilot.press("b")
        await see(pilot, "by queue")
        await see(pilot, "cancelled 0, longest")
        await pilot.press("s", "1")
        await see(pilot, "Progress, why")


@pytest.mark.long
async def test_a_screen_can_be_closed_at_any_moment_of_a_refresh(cli: Cli) -> None:
    cli("add", "--hold", "--batch", "night", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "◇ hold")
        for turns in range(40):
            for key, leave in (("2", "1"), ("4", "1"), ("i", "escape")):
                app.post_message(Key(key, key))
                await until(pilot, lambda: len(app.screen_stack) == 2, "it to open")
                app.queue_changed()
                await asyncio.sleep(turns / 4000)
                app.post_message(Key(leave, None if leave == "escape" else leave))
                await until(pilot, lambda: len(app.screen_stack) == 1, "it to close")
        await see(pilot, "◇ hold")


@pytest.mark.long
async def test_nothing_keeps_the_screens_that_were_closed(cli: Cli) -> None:
    async with dashboard() as (pilot, app, _):
        await see(pilot, "The queue is empty")
        home = app.screen
        closed: list[weakref.ref[object]] = []
        for _ in range(3):
            for key, back in (("2", "escape"), ("3", "escape"), ("question_mark", "escape"), ("4", "escape")):
                await pilot.press(key)
                await until(pilot, lambda: app.screen is not home, "the screen to open")
                closed += map(weakref.ref, [app.screen, *app.screen.query("*")])
                await pilot.press(back)
                await until(pilot, lambda: app.screen is home, "the screen to close")

        def kept() -> set[str]:
            gc.collect()
            return {type(each).__name__ for ref in closed[: len(closed) // 2] if (each := ref()) is not None}

        await until(pilot, lambda: not kept(), "the widgets of the first screens to be gone")
