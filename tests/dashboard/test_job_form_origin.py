"""What the form of a job says of its environment and its Python."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see

Script = Callable[..., str]


@pytest.fixture
def venv(script: Script, tmp_path: Path) -> Path:
    """Return a directory that looks like a virtual environment."""
    Path(tmp_path, "env", "bin").mkdir(parents=True)
    script("env/bin/python", "#!/bin/sh\n")
    return tmp_path / "env"


async def test_the_form_says_whose_environment_and_which_python_a_job_gets(
    cli: Cli, script: Script, venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(venv))
    monkeypatch.chdir(venv.parent)
    script("job.py", "")
    script("job.sh", "#!/bin/sh\n")
    async with dashboard() as (pilot, app, _):
        await pilot.press("a")
        await see(pilot, "Job path")
        assert re.search(r"Environment: this dashboard's, open since \d\d:\d\d ", drawn(app))
        assert "Python:" not in drawn(app)
        await pilot.press(*"job.py")
        await see(pilot, "(the active virtual environment)")
        await pilot.press("backspace", "backspace", *"sh")
        await see(pilot, "Runs: job.sh")
        assert "Python:" not in drawn(app)


@pytest.mark.long
async def test_the_form_of_a_sweep_has_room_for_all_its_lines_in_80x24(
    cli: Cli, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(script("job.py", "")).parent)
    async with dashboard() as (pilot, app, _):
        await pilot.press("a", "f2")
        await see(pilot, "Order")
        app.screen.query_one("#sweep").value = True  # type: ignore[attr-defined]
        await pilot.press("f2", *"job.py {1..9}")
        await see(pilot, "… and 4 more")
        await see(pilot, "Python:")
        lines = ("Job path", "Parameters", "Working directory", "Name", "job.py 5", "Environment:", "Cancel")
        assert [line for line in lines if line not in drawn(app)] == []


async def test_the_form_of_a_clone_says_that_it_keeps_what_was_captured(
    cli: Cli, script: Script, venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.settings("slots = 0")
    cli.env["VIRTUAL_ENV"] = str(venv)
    cli("add", script("job.py", ""))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    async with dashboard() as (pilot, app, _):
        await see(pilot, "no slots")
        await pilot.press("A")
        await see(pilot, "(the active virtual environment)")
        assert "Environment: as it was captured before" in drawn(app)


@pytest.mark.long
async def test_the_form_says_what_its_fields_are_for_and_when_a_job_would_start(
    cli: Cli, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(script("job.sh", "#!/bin/sh\n")).parent)
    cli.settings("slots = 1")
    cli("queue", "add", "night")
    cli("queue", "pause", "night")
    async with dashboard() as (pilot, _, _):
        await pilot.press("a")
        await see(pilot, "The script or program; its parameters may stand behind it.")
        await pilot.press(*"job.sh")
        await see(pilot, "Starts: at once (queue default)")
        await see(pilot, " variables)")
        await pilot.press("ctrl+t")
        await see(pilot, "Queue that the job waits in. Default: default. F7 lists them.")
        await pilot.press("f7")
        await see(pilot, "night")
        await pilot.press("down", "enter")
        await see(pilot, "Starts: later: queue paused (queue night)")
        await pilot.press("ctrl+u", *"nosuch")
        await see(pilot, "nosuch: no such queue")
        assert cli.jobs() == {}
        for size in ((20, 5), (40, 12), (200, 50)):
            await pilot.resize_terminal(*size)
            await see(pilot, "nosuch")  # the field with the keys


@pytest.mark.long
async def test_the_start_waits_for_a_slot_where_all_are_taken(
    cli: Cli, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(script("job.sh", "#!/bin/sh\nsleep ${1:-1}\n")).parent)
    cli.settings("slots = 1")
    for words in (["true"], ["job.sh", "900"]):
        cli("add", *words, cwd=Path.cwd())
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run")
        await pilot.press("a", *"job.sh")
        await see(pilot, "Starts: later: slots")
