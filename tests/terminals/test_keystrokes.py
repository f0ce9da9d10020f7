"""The keys that the page `comparison` counts for what is done most: each act is done with just these."""

import re
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tests.conftest import ROOT, Cli
from tests.dashboard.test_dashboard import cursor, dashboard
from tests.dashboard.test_selection import shown, shows
from tests.support.pilot import drawn, see, until

NAMED = {"Tab": "tab", "Enter": "enter", "Space": "space"}


def counted() -> dict[str, tuple[int, list[str]]]:
    """Return of each act on the page how many keys it says are ours, and which."""
    table = (ROOT / "tui_queue/help/comparison.md").read_text().partition("\n## Keys for what is done most")[2]
    acts = {}
    for line in table.splitlines():
        if found := re.match(r"\| (\w[^|]*) \| (\d+)(?:: ([^|]*))? \|", line):
            words = re.findall(r"`([^`]+)`", found[3] or "")
            acts[found[1]] = (int(found[2]), [key for word in words for key in named(word)])
    return acts


def named(word: str) -> list[str]:
    return [NAMED[word]] if word in NAMED else list(word)


ACTS = counted()


def keys(act: str) -> list[str]:
    number, pressed = ACTS[act]
    assert len(pressed) == number, act
    return pressed


async def fill(cli: Cli, *commands: str, slots: int = 3) -> None:
    cli.settings(f"slots = {slots}")
    for command in commands:
        cli("add", *command.split())


async def add(cli: Cli) -> None:
    opens, ends = keys("add a job with a parameter")
    async with dashboard() as (pilot, _, _):
        await pilot.press(opens, *"jobs/fail.py 3", ends)
        await see(pilot, "exit 3")


async def see_output(cli: Cli) -> None:
    await fill(cli, "jobs/countdown.py 600")
    async with dashboard() as (pilot, _, _):
        await pilot.press(*keys("see output live"))
        await see(pilot, "Countdown: 599 seconds")


async def zoom(cli: Cli) -> None:
    await fill(cli, "jobs/countdown.py 600")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "► run")
        await pilot.press(*keys("output on the whole screen"))
        await until(pilot, lambda: "Progress, why" not in drawn(app), "the table to go")
        await see(pilot, "Countdown: 599 seconds")


async def cancel(cli: Cli) -> None:
    await fill(cli, "sleep 600")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run")
        await pilot.press(*keys("cancel a running job"))
        await see(pilot, "– cancel")


async def retry(cli: Cli) -> None:
    await fill(cli, "false")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "✗ fail")
        await pilot.press(*keys("retry"))
        await see(pilot, "attempt 2")


async def hold(cli: Cli) -> None:
    await fill(cli, "true", slots=0)
    async with dashboard() as (pilot, _, _):
        await see(pilot, "○ wait")
        await pilot.press(*keys("hold a job that waits"))
        await see(pilot, "◇ hold")


async def pause(cli: Cli) -> None:
    await fill(cli, "sleep 600")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run")
        await pilot.press(*keys("pause a running job"))
        await see(pilot, "‖ pause")


async def move_up(cli: Cli) -> None:
    await reorder(cli, "move it one place up", 1, 3, 2)


async def move_to_the_top(cli: Cli) -> None:
    await reorder(cli, "move it to the top", 3, 1, 2)


async def reorder(cli: Cli, act: str, *order: int) -> None:
    await fill(cli, "true", "true", "true", slots=0)
    async with dashboard() as (pilot, app, _):
        await shows(pilot, 1, 2, 3)
        await pilot.press("G")
        await until(pilot, lambda: cursor(app) == 3, "the cursor")
        await pilot.press(*keys(act))
        await shows(pilot, *order)


async def only_failed(cli: Cli) -> None:
    await fill(cli, "true", "false", "true")
    async with dashboard() as (pilot, _, _):
        await until(pilot, lambda: drawn(pilot.app).count("✓ done") >= 2, "the others to end")
        await see(pilot, "✗ fail")
        await pilot.press(*keys("only the failed ones"))
        await shows(pilot, 2)


async def remove_two(cli: Cli) -> None:
    await fill(cli, "true", "true", "true", slots=1)
    cli.drain()
    async with dashboard() as (pilot, _, _):
        await shows(pilot, 3, 2, 1)
        await pilot.press(*keys("select two and remove them"))
        await shows(pilot, 1)
    assert list(cli.jobs()) == [1]


async def leave(cli: Cli) -> None:
    await fill(cli, "sleep 600")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "► run")
        await press_and_leave(pilot, *keys("leave, jobs go on"))
        assert "1 run" in app.farewell
    assert cli.job(1)["state"] == "running"


async def come_back(cli: Cli) -> None:
    assert keys("come back") == [*"tui-queue", "enter"]
    await leave(cli)
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run")
        assert shown(pilot) == [1]


async def press_and_leave(pilot: Pilot[None], key: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: not pilot.app.is_running or pilot.app.return_code is not None, "it to be left")


PROOFS: dict[str, Callable[[Cli], Awaitable[None]]] = {
    "add a job with a parameter": add,
    "see output live": see_output,
    "output on the whole screen": zoom,
    "cancel a running job": cancel,
    "retry": retry,
    "hold a job that waits": hold,
    "pause a running job": pause,
    "move it one place up": move_up,
    "move it to the top": move_to_the_top,
    "only the failed ones": only_failed,
    "select two and remove them": remove_two,
    "leave, jobs go on": leave,
    "come back": come_back,
}


def test_every_act_that_is_counted_is_proved() -> None:
    assert list(ACTS) == list(PROOFS)


@pytest.mark.parametrize("act", PROOFS)
async def test_an_act_takes_the_keys_that_are_counted(cli: Cli, act: str) -> None:
    await PROOFS[act](cli)
