"""What the palette understands: verbs by name or key, a number, a filter, and to quit as editors do."""

import pytest
from textual.command import Command, CommandList
from textual.pilot import Pilot

from tests.conftest import Cli
from tests.dashboard.test_dashboard import cursor, dashboard
from tests.dashboard.test_selection import shows
from tests.support.pilot import see, until


def first(pilot: Pilot[None]) -> str | None:
    """Return what stands first in the palette."""
    found = pilot.app.screen.query(CommandList)
    if not found or not found.first().option_count:
        return None
    option = found.first().get_option_at_index(0)
    return option.hit.text if isinstance(option, Command) else None


async def ask(pilot: Pilot[None], words: str) -> None:
    await pilot.press("colon", *words, "enter")
    await until(pilot, lambda: len(pilot.app.screen_stack) == 1, "the palette to go")


@pytest.mark.parametrize("words", ["q!", *(pytest.param(words, marks=pytest.mark.long) for words in ("q", "quit"))])
async def test_the_words_of_editors_quit_and_cancel_no_job(cli: Cli, words: str) -> None:
    cli("add", "sleep", "600")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "► run")
        await pilot.press("colon", *words, "enter")
        await until(pilot, lambda: app.return_code is not None, "it to be left")
        assert "1 run" in app.farewell
    assert cli.job(1)["state"] == "running"


@pytest.mark.long
async def test_a_number_goes_to_the_job_and_words_of_the_filter_filter(cli: Cli) -> None:
    cli.settings("slots = 0")
    for _ in range(3):
        cli("add", "true")
    cli("hold", "2")
    async with dashboard(toasts=True) as (pilot, app, _):
        await shows(pilot, 1, 2, 3)
        await ask(pilot, "3")
        await until(pilot, lambda: cursor(app) == 3, "the cursor")
        await ask(pilot, "state:held")
        await shows(pilot, 2)
        await ask(pilot, "#1")  # which the filter leaves out
        await shows(pilot, 1)
        await ask(pilot, "77")
        await see(pilot, "77: no such job")
        await ask(pilot, "state:gone")
        await see(pilot, "state:gone: no such state")
        await shows(pilot, 1)
        await pilot.press("2")
        await see(pilot, "Queue ")
        await ask(pilot, "!held")
        await shows(pilot, 1, 3)


@pytest.mark.long
async def test_a_name_or_a_key_that_is_typed_whole_comes_first(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "true")
    async with dashboard((80, 30)) as (pilot, _, _):
        await shows(pilot, 1)
        for typed, wanted in (("h", "Hold"), ("log", "Log"), ("T", "To the top"), ("undo", "Undo"), ("de", "Details")):
            await pilot.press("colon", *typed)
            await until(pilot, lambda: first(pilot) == wanted, f"{wanted} to be the first for {typed}")  # noqa: B023
            await pilot.press("escape", "escape")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 1, "the palette to go")
