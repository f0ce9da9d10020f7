"""The keys of the dashboard that order, hold, pause, change and explain jobs."""

import json
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.conftest import Cli
from tests.dashboard.test_dashboard import cursor, dashboard
from tests.support.pilot import drawn, see, until


async def test_a_pending_job_is_held_and_released_by_a_key(cli: Cli) -> None:
    cli("add", "--hold", "true")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "◇ hold")
        await see(pilot, "This job is held. Press h to release it.")
        await pilot.press("h")
        await see(pilot, "✓ done")


async def test_a_running_job_is_paused_and_goes_on_by_a_key(cli: Cli) -> None:
    cli("add", "sleep", "60")
    async with dashboard() as (pilot, _, queue):
        await see(pilot, "► run")
        await pilot.press("p")
        await see(pilot, "‖ pause")
        await pilot.press("p")
        await see(pilot, "► run")
        await queue.commands.jobs.cancel([1])


async def test_a_job_moves_in_the_queue_and_the_cursor_with_it(cli: Cli) -> None:
    cli.settings("slots = 0")
    for _ in range(3):
        cli("add", "true")

    def order() -> list[int]:
        return [job["id"] for job in cli.jobs().values()]

    async with dashboard() as (pilot, app, _):
        await see(pilot, "Press + for one.")
        await pilot.press("G")
        for key, wanted in (("K", [1, 3, 2]), ("T", [3, 1, 2]), ("J", [1, 3, 2])):
            await pilot.press(key)
            await until(pilot, lambda: order() == wanted, f"the order after {key}")  # noqa: B023
            assert cursor(app) == 3


async def test_slots_are_changed_live(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "true")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "no slots")
        await pilot.press("+")
        await see(pilot, " 0/1 ")
        await see(pilot, "✓ done")
        await pilot.press("-", "-")
        await see(pilot, " 0/0 ")
    assert json.loads(cli("queue", "list", "--json"))[0]["slots"] == 0


async def test_a_job_is_edited_in_the_form(cli: Cli) -> None:
    cli("add", "--hold", "--priority", "5", "echo", "one")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "◇ hold")
        await pilot.press("e")
        await see(pilot, "Edit job 1")
        await pilot.press("tab", "end", *" two", "ctrl+s")
        await until(pilot, lambda: "Edit job" not in drawn(pilot.app), "the form to close")
        await until(pilot, lambda: cli.job(1)["args"] == ["one", "two"], "the change")
    job = cli.job(1)
    assert (job["priority"], job["held"]) == (5, True)


@pytest.mark.long
async def test_an_edit_that_changes_nothing_is_none(cli: Cli) -> None:
    cli("add", "--hold", "--copy", "--at", "+2h", "--env", "A=two words", "jobs/countdown.py", "3")
    async with dashboard() as (pilot, _, _):
        for keys in ((), ("tab", "end", "5")):
            await see(pilot, "◇ hold")
            await pilot.press("e")
            await see(pilot, "Edit job 1")
            await pilot.press(*keys, "ctrl+s")
            await until(pilot, lambda: "Edit job" not in drawn(pilot.app), "the form to close")
        await until(pilot, lambda: cli.job(1)["args"] == ["35"], "the change")
    assert cli("show", "1").count("edited") == 1


async def test_a_signal_is_sent_by_name(cli: Cli) -> None:
    cli("add", "sh", "-c", "trap 'echo heard; exit 0' USR1; echo ready; while :; do sleep 0.02; done")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "ready")
        await pilot.press("x")
        await see(pilot, "Which signal for job 1")
        await pilot.press("ctrl+u", *"nosuch", "enter")
        await see(pilot, "no such signal")
        await pilot.press("ctrl+u", *"usr1", "enter")
        await see(pilot, "heard")
        await see(pilot, "✓ done")


@pytest.mark.long
async def test_a_kill_is_asked_about(cli: Cli) -> None:
    cli("add", "sh", "-c", "echo ready; exec sleep 60")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run")
        for answer in ("n", "y"):
            await pilot.press("x")
            await see(pilot, "Which signal for job 1")
            await pilot.press("ctrl+u", *"sigkill", "enter")
            await see(pilot, "Kill job 1, echo?")
            await see(pilot, "It has run for")
            assert cli.job(1)["state"] == "running"
            await pilot.press(answer)
            await until(pilot, lambda: "Kill job" not in drawn(pilot.app), "the question to go")
        await see(pilot, "signal 9")


async def test_everything_about_a_job_is_shown(cli: Cli) -> None:
    cli("add", "--name", "[/b]", "sh", "-c", "echo 'No space left on device' >&2; exit 1")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "✗ fail")
        await pilot.press("i")
        await see(pilot, "Esc closes")
        for words in ("Why", "No space left on device", "[/b]", "Attempt"):
            await see(pilot, words)
        await pilot.press("escape")
        await until(pilot, lambda: "Esc closes" not in drawn(pilot.app), "it to close")


async def test_the_same_job_once_more_is_asked_about(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "jobs/countdown.py", "3")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "○ wait")
        await pilot.press("C")
        await see(pilot, "Clone job 1")
        await pilot.press("ctrl+s")
        await see(pilot, "Job 1 is the same and pending.")
        await pilot.press("n")
        await until(pilot, lambda: "is the same" not in drawn(pilot.app), "the question to go")
    assert len(cli.jobs()) == 1


async def test_a_set_is_cancelled_though_some_of_it_ended_while_the_question_was_read(cli: Cli, tmp_path: Path) -> None:
    go = tmp_path / "go"
    cli.settings("slots = 1")
    cli("add", "sh", "-c", f"until [ -e {go} ]; do sleep 0.02; done")
    cli("add", "sleep", "60")
    cli("add", "--hold", "true")
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "► run ")
        await pilot.press("asterisk", "c")
        await see(pilot, "and take out 2 pending")
        go.touch()
        await until(pilot, lambda: cli.job(2)["state"] == "running", "the first to end and the second to start")
        await pilot.press("y")
        await see(pilot, "2 cancelled, 1 had ended.")
        await until(
            pilot, lambda: [job["state"] for _, job in sorted(cli.jobs().items())][1:] == ["cancelled"] * 2, "it"
        )


async def test_a_pending_job_is_cancelled_and_removed_by_one_key(cli: Cli) -> None:
    cli("add", "--hold", "true")
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "held")
        await pilot.press("d")
        await see(pilot, "Cancel and remove job 1, true?")
        await pilot.press("y")
        await until(pilot, lambda: cli.jobs() == {}, "it to be removed")


async def test_what_an_ended_job_has_left_is_shown_and_ended_by_the_key_for_cancel(cli: Cli) -> None:
    cli("add", "sh", "-c", "sleep 60 & sleep 60 &")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "✓ done, 2 processes left")
        await see(pilot, " 2 processes left  ")  # whole in a narrow column
        await pilot.press("c")
        await see(pilot, "End 2 processes that job 1, sleep left?")
        await pilot.press("y")
        await until(pilot, lambda: cli.job(1)["processes_left"] == 0, "their end")
        await until(pilot, lambda: "processes left" not in drawn(pilot.app), "the row without the word")


async def test_a_job_that_has_left_processes_is_removed_when_they_have_ended(cli: Cli) -> None:
    cli("add", "sh", "-c", "sleep 60 & sleep 60 &")
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "✓ done, 2 processes left")
        await pilot.press("d")
        await see(pilot, "End 2 processes that job 1, sleep left, and remove it?")
        await pilot.press("y", "u")  # what was asked for first is done first
        await see(pilot, "Undone: removal of job 1")
        await see(pilot, "✓ done")


async def test_a_key_starts_a_held_job_beyond_the_slots(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "--hold", "sleep", "60")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "held")
        await pilot.press("B")
        await until(pilot, lambda: cli.job(1)["state"] == "running", "the start")


@pytest.mark.long
async def test_a_running_job_is_changed_in_the_form_as_far_as_it_can_be(cli: Cli, tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text(f"#!/bin/sh\nwhile [ ! -e {tmp_path}/go ]; do sleep 0.02; done\n")
    script.chmod(0o755)
    cli("add", "--env", "A=1", "--timeout", "1h", str(script))
    async with dashboard(size=(160, 50)) as (pilot, app, _):
        await see(pilot, "► running")
        script.unlink()  # what it was started with is not checked again
        await pilot.press("e")
        await see(pilot, "Edit job 1")
        await pilot.press("tab", *"x")
        await see(pilot, "retry delay, priority and name can be changed, not parameters.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.focused and app.focused.id == "parameters", "the refused field")
        await pilot.press("backspace")
        app.screen.query_one("#timeout", Input).value = "2h"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: cli.job(1)["timeout_s"] == 7200, "the change")
        await pilot.press("u")
        await until(pilot, lambda: cli.job(1)["timeout_s"] == 3600, "the change to be taken back")
        (tmp_path / "go").touch()
        await see(pilot, "✓ completed")
