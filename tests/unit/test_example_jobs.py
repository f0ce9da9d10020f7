"""The example scripts, each as a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.conftest import JOBS, process_is_alive, wait_for

SCRIPTS = ["chatty.py", "colours.py", "countdown.py", "fail.py", "family.py", "progress.py", "report.sh"]


def run(script: str, *words: str) -> "subprocess.CompletedProcess[str]":
    program = [str(JOBS / script)] if script.endswith(".sh") else [sys.executable, str(JOBS / script)]
    return subprocess.run([*program, *words], capture_output=True, text=True, timeout=60, check=False)


def output(script: str, *words: str) -> list[str]:
    done = run(script, *words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.splitlines()


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_starts_by_its_own_name(script: str) -> None:
    with (JOBS / script).open() as file:
        first_line = file.readline()
    assert first_line == ("#!/bin/sh\n" if script.endswith(".sh") else "#!/usr/bin/env python3\n")
    assert os.access(JOBS / script, os.X_OK)


def test_every_script_is_tested_here() -> None:
    assert sorted(path.name for path in JOBS.glob("[!.]*.*")) == SCRIPTS


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("countdown.py", []),
        ("countdown.py", ["-1"]),
        ("countdown.py", ["1.5"]),
        ("countdown.py", ["soon"]),
        ("countdown.py", ["1", "2"]),
        ("countdown.py", ["9" * 5000]),
        ("progress.py", []),
        ("progress.py", ["-1"]),
        ("progress.py", ["ten"]),
        ("progress.py", ["9" * 30]),
        ("progress.py", ["1", "-1"]),
        ("progress.py", ["1", "nan"]),
        ("progress.py", ["1", "1", "1"]),
        ("chatty.py", []),
        ("chatty.py", ["-1"]),
        ("chatty.py", ["many"]),
        ("chatty.py", ["1", "0"]),
        ("chatty.py", ["1", "nan"]),
        ("chatty.py", ["1", "1", "1"]),
        ("fail.py", []),
        ("fail.py", ["-1"]),
        ("fail.py", ["256"]),
        ("fail.py", ["one"]),
        ("fail.py", ["1", "inf"]),
        ("fail.py", ["1", "1", "1"]),
        ("family.py", ["-1"]),
        ("family.py", ["long"]),
        ("family.py", ["1", "1"]),
        ("colours.py", ["red"]),
        ("report.sh", []),
        ("report.sh", [""]),
        ("report.sh", ["one", "two"]),
    ],
)
def test_a_wrong_call_is_answered_with_one_line_that_shows_the_right_one(script: str, words: list[str]) -> None:
    done = run(script, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"Usage: {re.escape(script)} .*\n", done.stderr)


def test_countdown_prints_a_line_a_second() -> None:
    began = time.monotonic()
    assert output("countdown.py", "1") == ["Countdown: 1 seconds"]
    assert time.monotonic() - began >= 1


def test_countdown_from_zero_prints_nothing() -> None:
    assert output("countdown.py", "0") == []


def test_progress_draws_its_bar_on_stderr_up_to_the_last_step() -> None:
    done = run("progress.py", "5", "0")
    assert (done.returncode, done.stdout) == (0, "")
    assert re.search(r"Progress: 100%\|.*\| 5/5 ", done.stderr)


def test_progress_says_how_to_install_what_it_needs() -> None:
    # -I -S: without the packages installed beside the standard library.
    program = [sys.executable, "-I", "-S", str(JOBS / "progress.py"), "1"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert re.fullmatch(r".*needs tqdm: .*pip install tqdm.*\n", done.stderr)


@pytest.mark.parametrize("lines", [0, 1, 10_000, 10_001, 1_000_000])
def test_chatty_numbers_every_line(lines: int) -> None:
    assert output("chatty.py", str(lines)) == [f"Line {number}" for number in range(1, lines + 1)]


def test_chatty_keeps_to_its_rate() -> None:
    began = time.monotonic()
    assert output("chatty.py", "3", "10") == ["Line 1", "Line 2", "Line 3"]
    assert time.monotonic() - began >= 0.3


def test_chatty_ends_quietly_when_nobody_reads_on() -> None:
    words = [sys.executable, str(JOBS / "chatty.py"), "1000000"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as chatty:
        assert chatty.stdout is not None
        assert chatty.stderr is not None
        assert chatty.stdout.readline() == b"Line 1\n"
        chatty.stdout.close()
        assert chatty.stderr.read() == b""
    assert chatty.returncode == -signal.SIGPIPE


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_fail_ends_with_the_given_exit_code(code: int) -> None:
    done = run("fail.py", str(code))
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout == f"Ends with exit code {code} after 0 seconds\n"


def test_fail_waits_before_it_ends() -> None:
    began = time.monotonic()
    assert run("fail.py", "7", "0.2").stdout == "Ends with exit code 7 after 0.2 seconds\n"
    assert time.monotonic() - began >= 0.2


@pytest.fixture
def family() -> Iterator["subprocess.Popen[str]"]:
    """Start a family that leads a process group of its own."""
    with subprocess.Popen(
        [sys.executable, str(JOBS / "family.py")], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_family_shares_one_process_group_and_ends_with_it(family: "subprocess.Popen[str]") -> None:
    assert family.stdout is not None
    members = [family.stdout.readline().split() for _ in range(3)]
    assert sorted(name for name, _ in members) == ["child", "child", "grandchild"]
    pids = [family.pid, *(int(pid) for _, pid in members)]
    assert len(set(pids)) == 4
    assert {os.getpgid(pid) for pid in pids} == {family.pid}
    assert all(process_is_alive(pid) for pid in pids)

    os.killpg(family.pid, signal.SIGTERM)
    assert family.wait(timeout=30) == -signal.SIGTERM
    wait_for(lambda: not any(process_is_alive(pid) for pid in pids), "the whole family to end")


def test_a_family_left_alone_ends_by_itself() -> None:
    lines = output("family.py", "0")
    assert len(lines) == 3
    assert all(re.fullmatch(r"(grand)?child \d+", line) for line in lines)


@pytest.mark.quick
def test_colours_are_reset_at_the_end_of_each_line() -> None:
    lines = output("colours.py")
    assert len(lines) == 5
    assert all(line.startswith("\x1b[") and line.endswith("\x1b[0m") for line in lines)
    assert "\x1b[31mred\x1b[0m" in lines[0]


@pytest.mark.parametrize("name", ["weekly", "two words", "-n", "100%s \\n"])
def test_report_names_the_host_and_ends_with_its_own_name(name: str) -> None:
    host, date, disk, last = output("report.sh", name)
    assert host == f"Host: {os.uname().nodename}"
    assert date.removeprefix("Date: ")
    assert re.fullmatch(r"Disk use in KiB: \d+", disk)
    assert last == f"Report {name} done"
