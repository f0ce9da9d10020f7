"""What the form makes of the options that a script names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import see, until

Script = Callable[..., str]


async def test_options_of_the_script_hold_for_empty_fields_and_are_named(
    cli: Cli, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "#TUI-QUEUE --priority 5 --hold --name named\n#SBATCH --mem 1G --partition x\n"
    monkeypatch.chdir(Path(script("job.sh", f"#!/bin/sh\n{lines}")).parent)
    async with dashboard() as (pilot, _, _):
        await pilot.press("a")
        await see(pilot, "Job path")
        await pilot.press(*"job.sh")
        await see(pilot, "Script: priority, hold, name (job.sh, line 2); gate (job.sh, line 3)")
        await see(pilot, "job.sh: means nothing here: --partition (line 3)")
        await pilot.press("enter")
        await until(pilot, lambda: bool(cli.jobs()), "the job")
    job = cli.job(1)
    assert (job["name"], job["priority"], job["held"]) == ("named", 5, True)
