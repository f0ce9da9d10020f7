"""What the dashboard says: why a key does nothing, which key quits, what was removed and brought back, and where."""

import pytest
from textual.pilot import Pilot

from tests.conftest import Cli
from tests.dashboard.test_dashboard import cursor, dashboard
from tests.dashboard.test_selection import shows
from tests.support.pilot import drawn, see, until
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.toasts import cursor_line


async def says(pilot: Pilot[None], key: str, words: str) -> None:
    await pilot.press(key)
    await see(pilot, words)


@pytest.mark.long
async def test_a_key_that_does_not_apply_says_why_and_which_one_does(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "true")
    cli.drain()
    cli("add", "sleep", "600")
    cli("add", "true")
    async with dashboard((100, 24), toasts=True) as (pilot, app, _):
        await see(pilot, "► running")
        table = app.screen.query_one(JobTable)
        table.move_to(1)
        await says(pilot, "c", "Job 1 has ended; r retries it.")
        await says(pilot, "K", "Job 1 has ended; only jobs that wait have a place.")
        await says(pilot, "x", "Job 1 has ended; no process of it is left.")
        table.move_to(2)
        await says(pilot, "r", "Job 2 is running; c cancels it first.")
        await says(pilot, "h", "Job 2 is running; p pauses it.")
        await says(pilot, "B", "Job 2 is running already.")
        table.move_to(3)
        await says(pilot, "p", "Job 3 does not run yet; h holds it.")
        await says(pilot, "r", "Job 3 waits for its start; B starts it now.")
        await says(pilot, "v", "Job 3 has no output yet.")
        await pilot.press("h")
        await see(pilot, "◇ held")
        await says(pilot, "r", "Job 3 is held; h releases it.")
        table.move_to(1)
        await pilot.press("space")
        table.move_to(3)
        await pilot.press("space", "p")
        await see(pilot, "None of the 2 selected jobs can be paused: 1 held, 1 ended.")
        await pilot.press("escape", "l")
        await says(pilot, "s", "The log has the whole screen; l takes it back.")
        await says(pilot, "[", "has had no other attempt.")


@pytest.mark.long
async def test_a_key_that_is_for_no_job_of_a_batch_says_why(cli: Cli) -> None:
    cli("add", "--batch", "night", "true")
    cli.drain()
    async with dashboard(toasts=True) as (pilot, _, _):
        await pilot.press("4")
        await see(pilot, "night")
        await says(pilot, "r", "Batch night: none of its jobs has failed.")
        await says(pilot, "c", "Batch night: all of its jobs have ended.")
        await says(pilot, "h", "Batch night: none of its jobs is pending.")


async def test_a_key_for_a_job_where_there_is_none_says_how_to_add_one(cli: Cli) -> None:
    async with dashboard(toasts=True) as (pilot, _, _):
        await says(pilot, "r", "No job is here; a adds one.")


@pytest.mark.long
@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_keys_that_quit_elsewhere_say_which_one_does_here(cli: Cli, key: str) -> None:
    cli("add", "true")
    cli.drain()
    async with dashboard(toasts=True) as (pilot, app, _):
        await says(pilot, key, "q quits; the jobs go on.")
        await pilot.press("a")
        await says(pilot, key, "Esc goes back to the jobs; q quits there")
        await pilot.press("escape", "2")
        await says(pilot, key, "Esc goes back to the jobs")
        assert app.return_code is None


async def test_undo_says_what_it_undid_and_the_cursor_goes_there(cli: Cli) -> None:
    cli.settings("slots = 1")
    for _ in range(4):
        cli("add", "true")
    cli.drain()
    cli("add", "--hold", "true")
    async with dashboard(toasts=True) as (pilot, app, _):
        await shows(pilot, 5, 4, 3, 2, 1)
        app.screen.query_one(JobTable).move_to(2)
        await says(pilot, "d", "Removed job 2 · u restores it")
        await shows(pilot, 5, 4, 3, 1)
        await pilot.press("g")
        await says(pilot, "u", "Undone: removal of job 2.")
        await until(pilot, lambda: cursor(app) == 2, "the cursor to go there")
        await pilot.press("g", "h", "G")
        await says(pilot, "u", "Undone: release of job 5.")
        await until(pilot, lambda: cursor(app) == 5, "the cursor to go there")


@pytest.mark.long
@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (200, 50)])
async def test_a_message_never_hides_the_row_with_the_cursor(cli: Cli, size: tuple[int, int]) -> None:
    cli.settings("slots = 0")
    cli.process("add", "--from", "-", given=b"".join(b"true %d\n" % number for number in range(60)))
    async with dashboard(size, toasts=True) as (pilot, app, _):
        await until(pilot, lambda: cursor(app) == 1, "the jobs")
        for keys in ("r", "Gr", "kr"):
            await pilot.press(*keys)
            await until(pilot, lambda: bool(app.screen.query("Toast")), "a message")
            await pilot.pause(0.2)  # a message is laid out in steps
            line = cursor_line(app.screen)
            assert line is not None
            assert str(cursor(app)) in drawn(app).splitlines()[line], (keys, drawn(app))
