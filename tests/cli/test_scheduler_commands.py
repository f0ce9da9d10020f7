"""The commands that tell who schedules, and stop or restart the scheduler in the background."""

import json
from typing import Any

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tui_queue import __version__


def status(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cli("scheduler", "status", "--json"))
    return found


def in_background(cli: Cli) -> int:
    """Wait for a scheduler in the background; return its number."""

    def probe() -> int | None:
        found = status(cli)
        pid: int | None = found["background_pid"]
        return pid if pid and found["scheduler"] and found["scheduler"]["pid"] == pid else None

    return wait_for(probe, "a scheduler in the background")


def test_without_a_scheduler_each_command_says_so(cli: Cli) -> None:
    cli("add", "true")
    assert "none; pending jobs wait" in cli("scheduler", "status")
    assert cli("scheduler", "stop") == "No scheduler runs in the background.\n"
    assert "background = false in the settings" in cli.error("scheduler", "restart")
    assert status(cli)["scheduler"] is None


@pytest.mark.long
def test_a_stop_leaves_running_jobs_alone_and_a_restart_goes_on_with_them(cli: Cli) -> None:
    cli.settings(background=True)
    cli("add", "--cwd", str(cli.home), "sh", "-c", "until [ -e go ]; do sleep 0.05; done")
    wait_for(lambda: cli.job(1)["pid"], "the job to run")
    first = in_background(cli)
    found = status(cli)
    assert (found["scheduler"]["version"], found["running"]) == (__version__, 1)
    assert f"process {first} on " in cli("scheduler", "status")

    assert cli("scheduler", "stop") == f"Process {first} has ended.\n"
    assert not process_is_alive(first)
    assert status(cli)["scheduler"] is None
    assert cli.job(1)["state"] == "running"

    cli("scheduler", "restart")
    second = in_background(cli)
    printed = json.loads(cli("scheduler", "restart", "--json"))
    third = in_background(cli)
    assert (printed["stopped"], printed["started"]) == (second, third)
    assert len({first, second, third}) == 3
    job = cli.job(1)
    assert (job["state"], job["attempt"]) == ("running", 1)
    (cli.home / "go").touch()
    wait_for(lambda: cli.job(1)["state"] == "completed", "the job to complete")
    assert "Nothing is pending or running" in cli("scheduler", "restart")
    assert status(cli)["background_pid"] is None


def test_a_scheduler_in_the_foreground_is_named_and_goes_on(cli: Cli) -> None:
    cli("add", "sh", "-c", "until [ -e go ]; do sleep 0.05; done")
    runner = cli.start("run", "--until-empty")
    try:
        wait_for(lambda: status(cli)["scheduler"], "the scheduler")
        said = cli("scheduler", "stop")
        assert f"Process {runner.pid} schedules in the foreground" in said
        assert status(cli)["scheduler"]["pid"] == runner.pid
    finally:
        runner.terminate()
        runner.communicate(timeout=60)
        cli("cancel", "1")
