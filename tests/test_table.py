"""What the table of jobs shows: how far running jobs have come, which columns, in which order."""

import re

from tests.conftest import Cli
from tests.pilot import drawn, see, until
from tests.test_dashboard import dashboard


async def test_a_running_job_shows_how_far_it_has_come_and_how_long_it_may_take_yet(cli: Cli) -> None:
    cli("add", "--name", "bar", "sh", "-c", "printf '  40%%|####      | 4/10 [00:04<02:00]'; exec sleep 60")
    cli("add", "--name", "silent", "sleep", "60")
    async with dashboard() as (pilot, app, queue):
        await see(pilot, "40% 2m")
        row = next(line for line in drawn(app).splitlines() if " bar " in line)
        assert re.search(r"▶ running.*█+░+ +40% 2m", row)
        assert "%" not in next(line for line in drawn(app).splitlines() if " silent " in line)
        await queue.commands.cancel([1, 2])
        await until(pilot, lambda: "40% 2m" not in drawn(app), "the bar to go")
