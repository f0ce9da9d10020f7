"""Jobs that were removed on the dashboard and are brought back, and what is left of those that are not."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tests.support.raw_terminal import raw_terminal

Script = Callable[..., str]


def aside(home: Path) -> list[str]:
    try:
        return os.listdir(home / "runs" / ".removed")
    except FileNotFoundError:
        return []


async def test_a_removed_job_comes_back_with_its_attempts_log_and_history(cli: Cli, script: Script) -> None:
    fails = script("fails.sh", "#!/bin/sh\necho words of attempt $TUI_QUEUE_ATTEMPT\nexit 3\n")
    cli("queue", "add", "night")
    cli("add", "--queue", "night", "--batch", "all", "--copy", "--retries", "1", fails, "two words")
    cli.drain(code=1)
    before, first = cli.job(1), cli("log", "--attempt", "1", "1")
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "words of attempt 2")
        await pilot.press("d")
        await see(pilot, "The queue is empty")
        assert cli.jobs() == {}
        cli.error("show", "1", code=3)
        cli("queue", "remove", "night")
        await pilot.press("u")
        await see(pilot, "Undone: removal of job 1.")
        await see(pilot, "words of attempt 2")
        assert cli.job(1) == before
        assert cli("log", "--attempt", "1", "1") == first
        shown = cli("show", "1")
        assert [word for word in ("added", "removed", "brought back") if word not in shown] == []
        await pilot.press("r")
        await see(pilot, "words of attempt 4")
    assert cli("log", "--attempt", "1", "1") == first


@pytest.mark.long
async def test_two_removals_are_taken_back_one_after_the_other(cli: Cli, home: Path) -> None:
    for number in range(1, 5):
        cli("add", "echo", f"output {number}")
    cli("add", "--hold", "true")
    cli("cancel", "5")  # one without runs
    cli.drain()
    before = cli.jobs()
    async with dashboard(toasts=True) as (pilot, _, _):
        await until(pilot, lambda: drawn(pilot.app).count("✓ done") >= 4, "all jobs to be shown")
        await pilot.press("d")
        await until(pilot, lambda: len(cli.jobs()) == 4, "one to be removed")
        await pilot.press("asterisk", "d", "y")
        await see(pilot, "The queue is empty")
        assert len(aside(home)) == 4
        await pilot.press("u")
        await until(pilot, lambda: len(cli.jobs()) == 4, "those to come back that went last")
        await pilot.press("u")
        await until(pilot, lambda: cli.jobs() == before, "all to be back")
        await pilot.press("u")
        await see(pilot, "Nothing to undo.")
        assert aside(home) == []
    assert [cli("log", str(number)) for number in range(1, 5)] == [f"output {number}\n" for number in range(1, 5)]
    cli("add", "echo", "later")
    assert max(cli.jobs()) == 6


async def test_what_was_removed_is_deleted_when_the_dashboard_is_left(cli: Cli, home: Path) -> None:
    cli("add", "true")
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "✓ done")
        await pilot.press("d")
        await see(pilot, "The queue is empty")
        assert len(aside(home)) == 1
    assert aside(home) == []
    assert not (home / "runs" / "1").exists()


@pytest.mark.quick
async def test_a_job_whose_log_is_gone_is_not_brought_back(cli: Cli, home: Path) -> None:
    cli("add", "true")
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "✓ done")
        await pilot.press("d")
        await see(pilot, "The queue is empty")
        shutil.rmtree(home / "runs" / ".removed")
        await pilot.press("u")
        await see(pilot, "The logs are gone:")
    assert cli.jobs() == {}


async def test_a_job_that_has_been_imported_since_is_not_brought_back(cli: Cli, home: Path, tmp_path: Path) -> None:
    cli("add", "echo", "words")
    cli.drain()
    cli("export", str(tmp_path / "jobs.jsonl"))
    async with dashboard(toasts=True) as (pilot, _, _):
        await see(pilot, "✓ done")
        await pilot.press("d")
        await see(pilot, "The queue is empty")
        cli("import", str(tmp_path / "jobs.jsonl"))
        await pilot.press("u")
        await see(pilot, "Job 1 can't be restored")
        assert len(aside(home)) == 1
    assert list(cli.jobs()) == [2]


@pytest.mark.long
def test_what_a_crash_leaves_is_deleted_after_a_while(cli: Cli, home: Path) -> None:
    cli("add", "true")
    cli.drain()
    with raw_terminal(cli.env) as terminal:
        terminal.see("completed")
        terminal.type("d")
        terminal.see("The queue is empty")
        wait_for(lambda: aside(home), "the logs to be moved")
        terminal.process.kill()
        terminal.process.wait()
    (name,) = aside(home)
    cli.drain()
    assert aside(home) == [name]
    old = f"1-{round((time.time() - 3600) * 1_000_000)}"
    os.rename(home / "runs" / ".removed" / name, home / "runs" / ".removed" / old)
    cli("add", "true")
    cli.drain()
    assert aside(home) == []


@pytest.mark.parametrize("command", ["remove --now 1", "clean --keep 0 --yes"])
def test_the_command_line_frees_the_disk_at_once(cli: Cli, home: Path, command: str) -> None:
    cli("add", "true")
    cli("add", "true")
    cli.drain()
    cli(*command.split())
    assert not (home / "runs" / "1").exists()
    assert aside(home) == []
