"""What a user and time do to a running job: pause, signal, silence, time limit."""

import json
import time
from pathlib import Path

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.commands import ended, state


def test_a_paused_job_stands_still_and_goes_on(cli: Cli, tmp_path: Path) -> None:
    count = tmp_path / "count"
    cli("add", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do echo x >> {count}; sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    wait_for(count.exists, "the first line")
    cli("pause", "1")
    assert cli.job(1)["paused"]
    before = wait_for(lambda: _settled(count), "it to stand still")
    assert count.stat().st_size == before
    cli("resume", "1")
    wait_for(lambda: count.stat().st_size > before, "it to go on")
    (tmp_path / "go").touch()
    assert ended(runner) == 0


def _settled(path: Path) -> int:
    """Return the size of a file if it has not grown for a while, else nothing."""
    size = path.stat().st_size
    time.sleep(0.3)
    return size if path.stat().st_size == size else 0


def test_a_signal_reaches_the_job(cli: Cli) -> None:
    cli("add", "sh", "-c", "trap 'echo heard; exit 0' USR1; echo ready; while :; do sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli("log", "1") == "ready\n", "the trap")
    cli("signal", "USR1", "1")
    assert ended(runner) == 0
    assert cli("log", "1") == "ready\nheard\n"
    assert "no such signal" in cli.error("signal", "FOO", "1")


def test_a_silent_job_is_marked(cli: Cli) -> None:
    cli("add", "--silence", "1s", "sleep", "60")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["reason"].startswith("silent for "), "the mark")
    pid = json.loads(Path(cli.job(1)["log_path"]).with_name("start").read_text().rpartition(" ")[0])["pid"]
    cli("cancel", "1")
    ended(runner)
    assert not process_is_alive(pid)


def test_a_job_is_warned_before_its_time_limit(cli: Cli) -> None:
    cli(
        "add",
        "--timeout",
        "3s",
        "--warn",
        "USR1@2s",
        "sh",
        "-c",
        "trap 'echo saved; exit 0' USR1; while :; do sleep 0.02; done",
    )
    cli.drain()
    assert cli("log", "1") == "saved\n"


def test_a_silent_job_is_cancelled_when_that_was_asked(cli: Cli) -> None:
    cli("add", "--silence", "1s", "--cancel-when-silent", "sh", "-c", "echo once; sleep 60")
    cli.drain(code=1)
    assert state(cli, 1) == ("failed", "silent for 1s")


def test_time_does_not_pass_for_a_paused_job(cli: Cli) -> None:
    cli("add", "--timeout", "2s", "sh", "-c", "echo on; sleep 1.5")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    cli("pause", "1")
    time.sleep(2)  # the time that must not count
    assert state(cli, 1)[0] == "running"
    cli("resume", "1")
    wait_for(lambda: cli.job(1)["state"] != "running", "the end")
    ended(runner)
    assert cli.job(1)["reason"] in ("exit 0", "timeout")
