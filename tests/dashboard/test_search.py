"""Words are looked for in the logs of all jobs, and one goes to the line that one wants."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.conftest import Cli
from tests.dashboard.test_dashboard import cursor, dashboard
from tests.support.pilot import drawn, see, until
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.log.search_results import SearchResults


async def look_for(pilot: Pilot[Any], words: str) -> None:
    """Answer the question for words."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Prompt), "the question")
    pilot.app.screen.query_one(Input).value = words
    await pilot.press("enter")


async def test_a_line_is_found_in_any_log_and_gone_to(cli: Cli) -> None:
    cli("add", "--name", "first", "sh", "-c", "seq 1 500; echo a needle in it; seq 1 500")
    cli("add", "--name", "second", "sh", "-c", r"echo nothing; printf '\033[31mnee\033[0mdle\n'")
    cli("add", "--name", "third", "echo", "nothing")
    cli("add", "--name", "fourth", "--hold", "echo", "needle")
    cli.drain()
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        await pilot.press("F")
        await look_for(pilot, "needle")
        await until(pilot, lambda: isinstance(app.screen, SearchResults), "the answers")
        await see(pilot, "2 lines in 4 jobs")
        await see(pilot, "a needle in it")
        assert [line.split() for line in drawn(app).splitlines() if "needle" in line][1:] == [
            ["2", "second", "needle"],
            ["1", "first", "a", "needle", "in", "it"],
        ]
        await pilot.press("j", "enter")
        await until(pilot, lambda: cursor(app) == 1, "the cursor to be on the job")
        await see(pilot, "a needle in it")
        await see(pilot, "needle: 1 of 1")
        await pilot.press("F")
        await look_for(pilot, "no such thing")
        await see(pilot, "0 lines in 4 jobs")
        await pilot.press("escape")
        await see(pilot, "a needle in it")


@pytest.mark.long
async def test_all_attempts_are_searched_and_the_one_of_the_line_is_shown(cli: Cli, script: Callable[..., str]) -> None:
    says = 'echo "attempt $TUI_QUEUE_ATTEMPT of it"; seq 100; test $TUI_QUEUE_ATTEMPT != 2 || echo needle'
    cli("add", "--name", "often", script("says.sh", f"#!/bin/sh\n{says}\nexit 1\n"))
    for _ in range(3):
        cli.drain(code=1)
        cli("retry", "1")
    cli.drain(code=1)
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✗ fail")
        await pilot.press("F")
        await look_for(pilot, "attempt")
        await see(pilot, "4 lines in 1 job")
        assert [line.split()[2:] for line in drawn(app).splitlines() if "often" in line] == [
            ["attempt", "4", "of", "it"],
            ["attempt", "3", "attempt", "3", "of", "it"],
            ["attempt", "2", "attempt", "2", "of", "it"],
            ["attempt", "1", "attempt", "1", "of", "it"],
        ]
        await pilot.press("escape", "F")
        await look_for(pilot, "needle")
        await see(pilot, "1 line in 1 job")
        await pilot.press("enter")
        await see(pilot, "attempt 2 of 4")
        await see(pilot, "needle: 1 of 1")
        await pilot.press("F")
        await look_for(pilot, "attempt")
        await see(pilot, "4 lines in 1 job")
        await pilot.press("enter")
        await see(pilot, "attempt 4 of it")
        await see(pilot, "attempt: 1 of 1")
        assert "attempt 2 of 4" not in drawn(app)


@pytest.mark.long
async def test_a_log_with_more_lines_than_are_listed_says_so(cli: Cli) -> None:
    for count in (20, 21):
        cli("add", "--name", f"prints {count}", "seq", "-f", "needle %g", str(count))
    cli.drain()
    async with dashboard((80, 50)) as (pilot, app, _):
        await see(pilot, "✓ done")
        await pilot.press("F")
        await look_for(pilot, "needle")
        await see(pilot, "40 lines in 2 jobs")
        lines = drawn(app).splitlines()
        (more,) = [place for place, line in enumerate(lines) if "… and more in this log" in line]
        assert "needle 20 " in lines[more - 1]
        assert lines[more].split()[:3] == ["2", "prints", "21"]
        await pilot.press(*["j"] * 20, "enter")
        await see(pilot, "needle: 20 of 21")


async def test_a_log_on_the_whole_screen_keeps_the_keys(cli: Cli) -> None:
    for number in (1, 2):
        cli("add", "--name", f"number {number}", "sh", "-c", f"echo needle {number}; seq 100")
    cli.drain()
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        await pilot.press("l", "F")
        await look_for(pilot, "needle 1")
        await see(pilot, "1 line in")
        await pilot.press("enter")
        await see(pilot, "needle 1: 1 of 1")
        assert isinstance(app.focused, JobLog)
        await pilot.press("j", "j")
        await until(pilot, lambda: drawn(app).splitlines()[3].startswith("2 "), "the log to be scrolled")
        assert cursor(app) == 1


async def test_a_line_of_one_job_is_gone_to_while_others_are_selected(cli: Cli) -> None:
    for number in (1, 2, 3):
        cli("add", "--name", f"number {number}", "echo", f"needle {number}")
    cli.drain()
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        await pilot.press("g", "space", "space")
        await see(pilot, "2 jobs")
        await pilot.press("F")
        await look_for(pilot, "needle 1")
        await see(pilot, "1 line in")
        await pilot.press("enter")
        await see(pilot, "needle 1: 1 of 1")
        assert cursor(app) == 1


@pytest.mark.long
async def test_one_goes_to_a_job_that_was_not_in_view(cli: Cli) -> None:
    cli("add", "--name", "old", "echo", "needle")
    cli.drain()
    for _ in range(3):
        cli("add", "--hold", "-y", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "held")
        await pilot.press("/", *"state:pend", "enter")
        await until(pilot, lambda: 1 not in {job.id for job in app.screen.query_one(JobTable).jobs}, "the filter")
        await pilot.press("F")
        await look_for(pilot, "/n..dle/")
        await see(pilot, "1 line in")
        await pilot.press("enter")
        await until(pilot, lambda: cursor(app) == 1, "the job to be shown")
        await see(pilot, "/n..dle/: 1 of 1")
