"""The filter of the dashboard: each word that the table shows, and what is said of one that is wrong."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.dashboard.test_selection import shows
from tests.support.pilot import drawn, see, until
from tui_queue.ui.dashboard.job_table import JobTable


async def only(pilot: Pilot[None], words: str, *numbers: int) -> None:
    await pilot.press("ctrl+u", *words)
    await shows(pilot, *numbers)


def is_dimmed(pilot: Pilot[None]) -> bool:
    return pilot.app.screen.query_one(JobTable).has_class("-stale")


@pytest.mark.long
async def test_all_that_the_table_shows_is_filtered_by_its_word(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "--name", "two words", "--priority", "5", "true")
    cli("add", "--hold", "echo", "words of two")
    cli("add", "sh", "-c", "exit 3")
    cli("cancel", "3")
    uuid = cli.job(2)["uuid"]
    async with dashboard((120, 24)) as (pilot, _, _):
        await shows(pilot, 1, 2, 3)
        await pilot.press("slash")
        await only(pilot, "held", 2)
        await only(pilot, "!held", 1, 3)
        await only(pilot, "!state:failed,cancelled", 1, 2)
        await only(pilot, "state:hold,cancel", 2, 3)
        await only(pilot, "#2", 2)
        await only(pilot, "id:2-3", 2, 3)
        await only(pilot, uuid, 2)
        await only(pilot, f"uuid:{uuid[:6]}", 2)
        await only(pilot, "name:'two words'", 1)
        await only(pilot, "'words of'", 2)
        await only(pilot, "priority:>0", 1)
        await only(pilot, "age:>2d")
        await only(pilot, "age:<2d !#1", 2, 3)
        await see(pilot, "/ age:<2d !#1")


@pytest.mark.long
async def test_a_wrong_word_is_named_beside_it_and_the_jobs_before_stay_dimmed(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "true")
    cli("add", "--hold", "echo")
    async with dashboard() as (pilot, app, _):
        await shows(pilot, 1, 2)
        await pilot.press("slash", *"held state:gone")
        await see(pilot, "/ held state:gone  no such state; there are pending, running, ")
        await shows(pilot, 2)
        assert is_dimmed(pilot)
        await pilot.press("enter", "c")  # no verb for jobs that were not asked for
        await see(pilot, "/ held state:gonec  no such state")
        assert cli.job(2)["state"] == "pending"
        await pilot.resize_terminal(20, 5)
        await see(pilot, "/ held stat")
        await pilot.resize_terminal(40, 12)
        await see(pilot, "no such")
        assert app.screen.query_one("#filter-note", Static).region.bottom <= 12
        await pilot.resize_terminal(80, 24)
        await pilot.press("ctrl+u", *"held age:>")
        await until(pilot, lambda: not is_dimmed(pilot), "the rows to be as usual")
        await pilot.press("enter")
        await see(pilot, "held age:>  no span of time; write age:>2d or age:<90m.")
        await pilot.press("escape")
        await shows(pilot, 1, 2)
        assert not is_dimmed(pilot)
        assert "no span of time" not in drawn(app)
