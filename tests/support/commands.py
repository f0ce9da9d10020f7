"""What tests of the command line ask of a queue."""

import subprocess

from tests.conftest import Cli, wait_for


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
