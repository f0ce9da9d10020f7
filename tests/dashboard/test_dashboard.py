"""The dashboard, put together by the same function as the command line does it, driven by keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Footer

from tests.conftest import Cli
from tests.support.pilot import drawn, driven, see, until
from tui_queue.bootstrap import OpenQueue, open_queue
from tui_queue.cli.dashboard import open_app
from tui_queue.core.scheduling import wakeup
from tui_queue.ui.app import TuiQueueApp
from tui_queue.ui.dashboard.job_table import JobTable


@asynccontextmanager
async def dashboard(
    size: tuple[int, int] = (80, 24), *, toasts: bool = False
) -> AsyncIterator[tuple[Pilot[Any], TuiQueueApp, OpenQueue]]:
    """Open the queue that the environment names, its scheduler and its screen; toasts cover a part of it."""
    async with open_queue() as queue:
        app = open_app(queue)
        listener = wakeup.Listener(queue.paths.wake, app.queue_changed, called=queue.scheduler.wake)
        async with listener, queue.scheduler, driven(app, size=size, notifications=toasts) as pilot:
            await see(pilot, "scheduler here" if size[0] >= 80 else "ID")
            yield pilot, app, queue


def cursor(app: TuiQueueApp) -> int | None:
    job = app.screen.query_one(JobTable).job
    return None if job is None else job.id


@pytest.mark.quick
async def test_a_job_is_added_by_two_fields_and_enter(cli: Cli) -> None:
    async with dashboard() as (pilot, _, _):
        await see(pilot, "The queue is empty. Press a to add a job.")
        await pilot.press("a")
        await see(pilot, "Job path")
        await pilot.press(*"jobs/fail.py", "tab", "3", "enter")
        await see(pilot, "✗ fail")
        await see(pilot, "Ends with exit code 3")
        await see(pilot, "exit 3")
    assert cli.job(1)["args"] == ["3"]


@pytest.mark.parametrize(
    "name", ["[/oops]", "[red]x", "\x1b[2Jx", "a\nb", "\u202ex", "日本" * 30, "[@click=app.quit]x"]
)
async def test_any_name_is_shown_and_none_is_obeyed(cli: Cli, name: str) -> None:
    cli("add", "--name", name, "echo", name)
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        screen = drawn(app)
        assert "\x1b" not in screen
        assert {"[": "[", "\x1b": "^[", "a": "a^Jb", "\u202e": "\\u202e", "日": "日本"}[name[0]] in screen


async def test_the_cursor_stays_on_its_job_whatever_moves(cli: Cli) -> None:
    for seconds in ("60", "60", "0", "60"):
        cli("add", "sleep", seconds)
    async with dashboard() as (pilot, app, queue):
        await see(pilot, "✓ done")
        await pilot.press("j")
        assert cursor(app) == 2
        await queue.commands.jobs.cancel([1])
        await see(pilot, "– cancel")
        assert cursor(app) == 2
        await queue.commands.jobs.remove([1])
        await until(pilot, lambda: "cancelled" not in drawn(app), "job 1 to go")
        assert cursor(app) == 2
        await queue.commands.jobs.cancel([2, 4])


async def test_a_pending_job_says_why_it_waits(cli: Cli) -> None:
    for _ in range(4):
        cli("add", "sleep", "60")
    async with dashboard() as (pilot, _, queue):
        await until(pilot, lambda: drawn(pilot.app).count("► run") >= 3, "three to run")
        await pilot.press("G")
        await see(pilot, "This job waits: all 3 slots are in use.")
        await queue.commands.jobs.cancel([1, 2, 3, 4])


async def test_keys_that_do_not_apply_are_grey(cli: Cli) -> None:
    cli("add", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")

        def enabled() -> dict[str, bool]:
            bindings = app.screen.active_bindings.values()
            return {active.binding.action: active.enabled for active in bindings}

        await until(pilot, lambda: not enabled()["cancel"], "cancel to turn grey")
        assert enabled()["retry"]
        assert enabled()["remove"]
        await pilot.press("c")
        await pilot.press("r")
        await until(pilot, lambda: "attempt 2" in drawn(app), "the second attempt")
        await see(pilot, "✓ done")
        await pilot.press("d")
        await see(pilot, "The queue is empty")
    assert cli.jobs() == {}


async def test_an_error_is_said_on_screen_and_the_program_goes_on(cli: Cli) -> None:
    cli("add", "true")
    async with dashboard() as (pilot, app, queue):
        await see(pilot, "✓ done")
        job = app.screen.query_one(JobTable).job
        assert job is not None
        # Between the look and the key somebody else has removed it.
        await queue.commands.jobs.remove([job.id])
        await app.screen.run_action("retry")
        await until(pilot, lambda: "no such job" in drawn(app) or "The queue is empty" in drawn(app), "an answer")
        await pilot.press("a")
        await see(pilot, "Job path")


async def test_the_log_takes_the_whole_screen_and_gives_it_back(cli: Cli) -> None:
    cli("add", "echo", "hello")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "hello")
        await pilot.press("l")
        await until(pilot, lambda: "Progress, why" not in drawn(app), "the table to go")
        await pilot.press("escape")
        await see(pilot, "Progress, why")
        await pilot.press("enter")
        await until(pilot, lambda: "Progress, why" not in drawn(app), "the table to go")
        await pilot.press("l")
        await see(pilot, "Progress, why")


async def test_the_first_screen_says_what_to_press_what_to_type_and_what_will_happen(cli: Cli) -> None:
    cli.settings("slots = 2")
    async with dashboard() as (pilot, app, _):
        for words in (
            "a   Add your first job",
            "$ tui-queue add train.py --epochs 3",
            "Two jobs run at a time",
            "none yet",
        ):
            await see(pilot, words)
        await pilot.press("/", *"state:failed", "enter")
        await until(pilot, lambda: "Add your first job" not in drawn(app), "the filter to be what counts")
        await see(pilot, "No job is like that.")
        await pilot.press("escape", "escape")
        await see(pilot, "Add your first job")
        cli("add", "--hold", "true")
        await see(pilot, "◇ hold")
        assert "Add your first job" not in drawn(app)


async def test_the_heavy_line_is_above_the_pane_that_has_the_keys(cli: Cli) -> None:
    cli("add", "--hold", "true")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "━ Jobs ━")
        await see(pilot, "─ Log  1 true")
        await pilot.press("tab")
        await see(pilot, "─ Jobs ─")
        await see(pilot, "━ Log  1 true")


async def test_a_double_press_of_the_key_cancels_and_the_button_has_named_that(cli: Cli) -> None:
    cli("add", "sleep", "60")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run ")
        await pilot.press("c")
        await see(pilot, "c Cancel job 1    Esc Let it be")
        await pilot.press("c")
        await see(pilot, "– cancel")


async def test_a_digit_opens_each_screen_and_its_tab_stands_at_the_top(cli: Cli) -> None:
    async with dashboard((120, 30)) as (pilot, _, _):
        for key, title in (("2", "Queues"), ("3", "Schedules"), ("4", "Batches"), ("5", "Statistics"), ("1", "Jobs")):
            await pilot.press(key)
            await see(pilot, f"━ {title} ━")
            await see(pilot, "1 Jobs  2 Queues  3 Schedules  4 Batches  5 Statistics")
            await see(pilot, "scheduler here")


async def test_a_copy_of_a_job_is_changed_and_added(cli: Cli) -> None:
    cli("add", "--name", "first", "jobs/fail.py", "3")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "✗ fail")
        await pilot.press("A")
        await see(pilot, "Clone job 1")
        await pilot.press("tab", "backspace", "4", "enter")
        await see(pilot, "exit 4")
    assert (cli.job(2)["name"], cli.job(2)["args"]) == ("first", ["4"])


@pytest.mark.long
async def test_the_log_stands_below_the_table_or_from_160_columns_on_beside_it(cli: Cli) -> None:
    cli("add", "--hold", "true")
    for width, beside in ((60, False), (80, False), (120, False), (159, False), (160, True), (200, True)):
        async with dashboard((width, 30)) as (pilot, app, _):
            await see(pilot, "◇")
            table, log = app.screen.query_one("#jobs").region, app.screen.query_one("#log").region
            assert (log.x > table.x) == beside
            assert (log.y > table.y) != beside
            assert app.screen.query_one(Footer).region.bottom == 30
            await pilot.resize_terminal(1, 1)
            await pilot.resize_terminal(80, 24)
            await see(pilot, "Progress, why")


async def test_every_verb_is_in_the_palette(cli: Cli) -> None:
    async with dashboard() as (pilot, _, _):
        await pilot.press("ctrl+p")
        for verb in ("Add", "Help"):
            await see(pilot, verb)
        await pilot.press("escape")


async def test_nothing_is_drawn_while_nothing_changes(cli: Cli) -> None:
    cli("add", "echo", "hello")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        drawings: list[object] = []
        display = app._display

        def count(screen: Any, renderable: Any) -> None:
            drawings.append(renderable)
            display(screen, renderable)

        app._display = count  # type: ignore[method-assign]
        for _ in range(5):  # the end of the job may still be drawn; what goes on for longer is a mistake
            drawings.clear()
            await pilot.pause(2.5)
            if not drawings:
                break
        assert drawings == []
