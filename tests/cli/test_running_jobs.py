"""What a user and time do to a running job: pause, signal, silence, time limit."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.commands import ended, process_states, start_record, state


def test_a_paused_job_stands_still_and_goes_on(cli: Cli, tmp_path: Path) -> None:
    count = tmp_path / "count"
    cli("add", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do echo x >> {count}; sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    wait_for(count.exists, "the first line")
    cli("pause", "1")
    assert cli.job(1)["paused"]
    group = start_record(cli, 1)["pid"]
    wait_for(lambda: process_states(group) == {"T"}, "all its processes to be stopped")
    before = count.stat().st_size
    assert cli("log", "1") == ""  # a command takes longer than ten of its lines would
    assert count.stat().st_size == before
    cli("resume", "1")
    wait_for(lambda: count.stat().st_size > before, "it to go on")
    (tmp_path / "go").touch()
    assert ended(runner) == 0


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
    pid = start_record(cli, 1)["pid"]
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


def test_time_does_not_pass_for_a_paused_job(cli: Cli, tmp_path: Path) -> None:
    limit = timedelta(seconds=4)
    cli("add", "--timeout", "4s", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    started_at = datetime.fromisoformat(wait_for(lambda: cli.job(1)["started_at"], "the start"))
    cli("pause", "1")
    wait_for(lambda: datetime.now(UTC) > started_at + limit + timedelta(seconds=1), "the limit to pass by the clock")
    assert state(cli, 1)[0] == "running"
    (tmp_path / "go").touch()
    cli("resume", "1")
    assert (ended(runner), state(cli, 1)) == (0, ("completed", "exit 0"))


def test_time_passes_for_a_resumed_job(cli: Cli, tmp_path: Path) -> None:
    cli("add", "--timeout", "1s", "sleep", "60")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    cli.process("pause", "1")  # it may have ended before, for a machine that is slow enough
    cli.process("resume", "1")
    assert (ended(runner), state(cli, 1)) == (1, ("failed", "timeout"))
