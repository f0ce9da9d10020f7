"""The log on the whole screen: its keys in the last line, and the way back."""

import pytest

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until


def last_line(screen: str) -> str:
    return screen.splitlines()[-1].strip()


@pytest.mark.long
async def test_how_a_text_is_copied_is_said_where_the_mouse_is_on(cli: Cli) -> None:
    cli("add", "echo", "hello")
    cli.drain()
    for mouse in (True, False):
        cli.settings(f"mouse = {str(mouse).lower()}")
        async with dashboard() as (pilot, app, _):
            await see(pilot, "hello")
            assert "drag selects" not in drawn(app)
            await pilot.press("tab")
            await until(pilot, lambda: app.focused is not None and app.focused.id == "log", "the log to have the keys")
            if mouse:
                await see(pilot, "drag selects, y copies")
                await pilot.press("escape")
                await until(pilot, lambda: "drag selects" not in drawn(app), "it to be said no more")
            else:
                await pilot.pause(0.1)
                assert "drag selects" not in drawn(app)


@pytest.mark.long
async def test_q_goes_back_from_the_whole_log_and_its_keys_stand_in_the_last_line(cli: Cli) -> None:
    cli("add", "echo", "hello")
    cli.drain()
    async with dashboard() as (pilot, app, _):
        await see(pilot, "hello")
        assert last_line(drawn(app)).endswith("q Quit")
        for key in ("l", "enter"):
            await pilot.press(key)
            await see(pilot, "/ Search n Next & Only } Error f Follow w Wrap v Pager y Copy")
            assert last_line(drawn(app)).endswith("? Help q Back")
            for size in ((20, 5), (40, 12), (200, 50), (80, 24)):
                await pilot.resize_terminal(*size)
                await until(pilot, lambda: "q Back" in last_line(drawn(app)), "the way back in each size")
            await pilot.press("q")
            await see(pilot, "Progress, why")
            await until(pilot, lambda: last_line(drawn(app)).endswith("q Quit"), "the usual keys")
        assert app.return_code is None
        await pilot.press("q")
        await until(pilot, lambda: app.return_code is not None, "it to be left")
