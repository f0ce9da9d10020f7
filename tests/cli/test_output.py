"""What becomes of a job's output: a terminal of its own, the times of its lines, and limits to its size."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Cli, nicer, wait_for
from tui_queue.core.logs.timestamps import LogTimes

LINES = "import sys\nfor n in range(int(sys.argv[1])): print(f'line {n:09}')\n"  # 15 bytes each


def log_of(cli: Cli, number: int) -> Path:
    return Path(cli.job(number)["log_path"])


def ended(scheduler: "subprocess.Popen[bytes]", code: int) -> None:
    scheduler.communicate(timeout=30)
    assert scheduler.returncode == code


def on_disk(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_a_job_with_a_terminal_colours_and_flushes_and_its_log_is_the_same_file(cli: Cli) -> None:
    script = "import os, sys, time\nprint(sys.stdout.isatty(), sys.stdin.isatty(), *os.get_terminal_size())\n"
    script += "print('\\033[31mred\\033[0m'); print(os.environ['TERM']); time.sleep(60)"
    cli("add", "--pty", sys.executable, "-c", script)
    cli("add", "--pty", "--nice", str(nicer(5)), "sh", "-c", "nice; exit 3")
    scheduler = cli.start("run", "--until-empty")
    wait_for(lambda: "xterm-256color\n" in cli("log", "1"), "what is printed to come without an end of the run")
    assert log_of(cli, 1).read_bytes() == b"True False 120 40\n\x1b[31mred\x1b[0m\nxterm-256color\n"
    cli("cancel", "1")
    ended(scheduler, 1)
    assert cli.job(1)["state"] == "cancelled"
    assert (cli("log", "2"), cli.job(2)["exit_code"]) == (f"{nicer(5)}\n", 3)


def test_all_that_is_written_to_a_terminal_is_in_the_log(cli: Cli) -> None:
    cli("add", "--pty", sys.executable, "-c", LINES, "300000")
    cli.drain()
    assert log_of(cli, 1).read_text() == "".join(f"line {n:09}\n" for n in range(300_000))


def test_times_of_lines_are_noted(cli: Cli, tmp_path: Path) -> None:
    go = tmp_path / "go"
    begun = datetime.now(UTC)
    cli("add", "--times", "sh", "-c", f"echo one; until [ -e {go} ]; do sleep 0.05; done; echo two")
    cli("add", "--times", "--pty", "sh", "-c", f"echo one; until [ -e {go} ]; do sleep 0.05; done; echo two")
    cli("add", "echo", "no times")
    scheduler = cli.start("run", "--until-empty")
    for number in (1, 2):
        wait_for(lambda: cli.process("log", str(number)).stdout == b"one\n", "the first line")  # noqa: B023
        times = log_of(cli, number).parent / "times"
        wait_for(lambda: times.stat().st_size == 16, "the time of the first line")  # noqa: B023
    between = datetime.now(UTC)
    go.touch()
    ended(scheduler, 0)
    for number in (1, 2):
        noted = LogTimes(str(log_of(cli, number)))
        first, second = noted.at(0), noted.at(5)
        assert first is not None
        assert second is not None
        assert begun <= first <= between <= second <= datetime.now(UTC)
    assert LogTimes(str(log_of(cli, 3))).at(0) is None


def test_of_a_log_that_is_too_large_head_and_tail_are_kept(cli: Cli) -> None:
    cli("add", "--log-size", "1M", "--env", "PYTHONUNBUFFERED=", sys.executable, "-c", LINES, "3000000")
    cli.drain()
    log = log_of(cli, 1)
    assert log.stat().st_size == 45_000_000
    assert on_disk(log) <= 1.3 * 2**20
    lines = cli("log", "1").splitlines()
    place = next(n for n, line in enumerate(lines) if line.endswith("bytes left out ..."))
    assert [lines[0], lines[-1]] == ["line 000000000", "line 002999999"]
    assert all(re.fullmatch(r"line \d{9}", line) for line in lines[: place - 1] + lines[place + 2 :])
    assert len(lines) * 15 > 2**20 / 2
    assert cli("log", "-n", "2", "1") == "line 002999998\nline 002999999\n"


def test_a_log_can_stop_at_its_limit_or_fail_the_run(cli: Cli) -> None:
    cli("add", "--log-size", "100K", "--log-full", "stop", sys.executable, "-c", LINES, "100000")
    cli("add", "--log-size", "100K", "--log-full", "fail", "sh", "-c", "yes; sleep 60")
    cli.drain(code=1)
    assert (cli.job(1)["state"], log_of(cli, 1).stat().st_size) == ("completed", 102_400)
    assert (cli.job(2)["state"], cli.job(2)["reason"]) == ("failed", "its log is full")


def test_the_settings_limit_logs_of_jobs_that_say_nothing(cli: Cli) -> None:
    cli.settings('log_size = "64K"\nlog_full = "stop"')
    cli("add", sys.executable, "-c", LINES, "100000")
    cli("add", "--log-size", "128K", sys.executable, "-c", LINES, "100000")
    cli.drain()
    assert [log_of(cli, n).stat().st_size for n in (1, 2)] == [65_536, 131_072]


@pytest.mark.parametrize(
    ("setting", "says"), [('log_size = "much"', 'as in "500M"'), ('log_full = "burn"', '"keep", "stop" or "fail"')]
)
def test_settings_that_can_not_be_used_are_named(cli: Cli, setting: str, says: str) -> None:
    cli.settings(setting)
    assert says in cli.error("list")


@pytest.mark.parametrize("words", [("--log-size", "10"), ("--log-size", "x"), ("--log-full", "burn")])
def test_options_that_can_not_be_used_are_named(cli: Cli, words: tuple[str, str]) -> None:
    assert words[1] in cli.error("add", *words, "true")


def test_what_is_asked_is_shown_copied_and_edited(cli: Cli) -> None:
    cli("add", "--hold", "--pty", "--times", "--log-size", "2G", "--log-full", "fail", "true")
    cli("clone", "1")
    cli("edit", "--no-pty", "--log-size", "", "2")
    assert "pty true, times true, log_size 2000000000" in re.sub(r"2147483648", "2000000000", cli("show", "1"))
    shown = cli("show", "2")
    assert "pty" not in shown
    assert 'times true, log_full "fail"' in shown
    assert os.path.basename(cli.job(1)["path"]) == "true"


@pytest.mark.long
def test_old_logs_are_compressed_and_read_as_before(cli: Cli, tmp_path: Path) -> None:
    cli("add", sys.executable, "-c", LINES, "200000")
    cli("add", "--log-size", "300K", sys.executable, "-c", LINES, "1000000")
    cli("add", "echo", "too short to be worth it")
    cli.drain()
    before = {number: (cli("log", str(number)), cli("log", "-n", "3", str(number))) for number in (1, 2, 3)}
    logs = [log_of(cli, number) for number in (1, 2, 3)]
    assert 'compress_after must be as in "7d"' in settings_error(cli, 'compress_after = "soon"')
    cli.settings('compress_after = "1s"')
    go = tmp_path / "go"
    cli("add", "sh", "-c", f"until [ -e {go} ]; do sleep 0.05; done")
    youngest = max(datetime.fromisoformat(cli.job(number)["finished_at"]) for number in (1, 2))
    wait_for(lambda: datetime.now(UTC) - youngest > timedelta(seconds=1), "the logs to be as old as the setting says")
    scheduler = cli.start("run", "--until-empty")
    try:
        wait_for(lambda: not logs[0].exists() and not logs[1].exists(), "the logs to be compressed")
    finally:
        go.touch()
        ended(scheduler, 0)
    assert logs[2].exists()
    assert sum(on_disk(Path(f"{log}.gz")) for log in logs[:2]) < 700_000
    for number, (whole, end) in before.items():
        assert (cli("log", str(number)), cli("log", "-n", "3", str(number))) == (whole, end)
    assert "line 000199999" in cli("show", "1")
    Path(f"{logs[0]}.gz").write_bytes(b"no such thing")
    assert "can't be read" in cli.error("log", "1", code=4)
    Path(f"{logs[0]}.gz").unlink()
    Path(f"{logs[0]}.gz").symlink_to("/etc/passwd")
    assert "can't be read" in cli.error("log", "1", code=4)


def settings_error(cli: Cli, setting: str) -> str:
    cli.settings(setting)
    return cli.error("list")
