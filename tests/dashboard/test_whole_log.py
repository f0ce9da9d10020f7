"""The log on the whole screen: its keys in the last line, and the way back."""

import pytest

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until


def last_line(screen: str) -> str:
    return screen.splitlines()[-1].strip()


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
            await see(pilot, "Exit/why")
            await until(pilot, lambda: last_line(drawn(app)).endswith("q Quit"), "the usual keys")
        assert app.return_code is None
        await pilot.press("q")
        await until(pilot, lambda: app.return_code is not None, "it to be left")
