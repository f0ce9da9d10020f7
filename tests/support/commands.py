"""What tests of the command line ask of a queue."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import Cli, wait_for
from tests.support import processes


def settings(cli: Cli, text: str) -> None:
    """Write the settings with a table at their end."""
    cli.settings()
    with (cli.home / "config.toml").open("a") as file:
        file.write(text)


def ended(runner: "subprocess.Popen[bytes]") -> int:
    """Wait until a command has ended; return its exit code."""
    runner.communicate(timeout=60)
    return runner.returncode


def stop(runner: "subprocess.Popen[bytes]") -> None:
    """End a scheduler; what runs goes on."""
    runner.terminate()
    ended(runner)


def state(cli: Cli, number: int) -> tuple[str, str]:
    job = cli.job(number)
    return job["state"], job["reason"]


def order_of_starts(cli: Cli) -> list[int]:
    started = [job for job in cli.jobs().values() if job["started_at"]]
    return [job["id"] for job in sorted(started, key=lambda job: job["started_at"])]


def pending_order(cli: Cli) -> list[int]:
    return [number for number, job in cli.jobs().items() if job["state"] == "pending"]


def reasons(cli: Cli) -> dict[int, str]:
    """Return the reasons of pending jobs as they are while a scheduler is there."""
    runner = cli.start("run", "--until-empty")
    try:
        wait_for(lambda: all(job["reason"] != "no scheduler" for job in cli.jobs().values()), "the scheduler")
        return {number: job["reason"] for number, job in cli.jobs().items() if job["state"] == "pending"}
    finally:
        stop(runner)


def start_record(cli: Cli, number: int) -> dict[str, Any]:
    """Return what the watcher has written when it started the job: its own pid and that of the job."""
    text = Path(cli.job(number)["log_path"]).with_name("start").read_text()
    record: dict[str, Any] = json.loads(text.rpartition(" ")[0])
    return record


def process_states(group: int) -> set[str]:
    """Return the states of the living processes of a group, as the kernel's letters: S sleeps, T is stopped."""
    every = [status for pid in processes.every() if (status := processes.status(pid))]
    return {state for state, _, its_group, *_ in every if int(its_group) == group and state not in "ZX"}
