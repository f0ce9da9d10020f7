"""Words are looked for in the logs of all jobs, and one goes to the line that one wants."""

from textual.widgets import Input

from tests.conftest import Cli
from tests.pilot import drawn, see, until
from tests.test_dashboard import cursor, dashboard
from tui_queue.ui.screens.ask import Ask
from tui_queue.ui.screens.found_lines import FoundLines
from tui_queue.ui.widgets.job_table import JobTable


async def test_a_line_is_found_in_any_log_and_gone_to(cli: Cli) -> None:
    cli("add", "--name", "first", "sh", "-c", "seq 1 500; echo a needle in it; seq 1 500")
    cli("add", "--name", "second", "sh", "-c", r"echo nothing; printf '\033[31mnee\033[0mdle\n'")
    cli("add", "--name", "third", "echo", "nothing")
    cli("add", "--name", "fourth", "--hold", "echo", "needle")
    cli.drain()
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ completed")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
        app.screen.query_one(Input).value = "needle"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FoundLines), "the answers")
        await see(pilot, "2 lines in 4 jobs")
        await see(pilot, "a needle in it")
        assert [line.split()[1:] for line in drawn(app).splitlines() if "needle" in line][1:] == [
            ["2", "second", "needle", "│"],
            ["1", "first", "a", "needle", "in", "it", "│"],
        ]
        await pilot.press("j", "enter")
        await until(pilot, lambda: cursor(app) == 1, "the cursor to be on the job")
        await see(pilot, "a needle in it")
        await see(pilot, "needle: 1 of 1")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
        app.screen.query_one(Input).value = "no such thing"
        await pilot.press("enter")
        await see(pilot, "0 lines in 4 jobs")
        await pilot.press("escape")
        await see(pilot, "a needle in it")


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
        await until(pilot, lambda: isinstance(app.screen, Ask), "the question")
        app.screen.query_one(Input).value = "/n..dle/"
        await pilot.press("enter")
        await see(pilot, "1 line in")
        await pilot.press("enter")
        await until(pilot, lambda: cursor(app) == 1, "the job to be shown")
        await see(pilot, "/n..dle/: 1 of 1")
