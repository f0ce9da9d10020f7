"""The terminal stops reading, goes away, or is stopped: the queue goes on, and the program leaves as it should."""

import os
import signal
import sqlite3
import statistics
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import RawTerminal, raw_terminal
from tui_queue.ui.preload import PRELOAD_S

pytestmark = pytest.mark.long

FLOOD = "while :; do head -c 6000 /dev/urandom | base64 -w 150; echo 10000; sleep 0.05; done"  # never the same twice
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l")


def latency_s(job: dict[str, Any]) -> float:
    """Return how long after it was added a job started."""
    created, started = (datetime.fromisoformat(job[when]) for when in ("created_at", "started_at"))
    return (started - created).total_seconds()


def completed(cli: Cli, number: int) -> list[dict[str, Any]] | None:
    jobs = [job for job in cli.jobs().values() if job["state"] == "completed"]
    return jobs if len(jobs) == number else None


def stall(window: RawTerminal) -> None:
    """Let more be drawn than anything between the dashboard and its reader can hold."""
    window.wait_until_full()
    for _ in range(50):
        window.type("l")  # the log on the whole screen, and back
        time.sleep(0.05)


def threads_that_stay(window: RawTerminal) -> int:
    """Count the threads once that has ended which imports behind the first picture."""
    window.rest_for(PRELOAD_S + 0.5)
    window.rest()
    return window.threads()


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_jobs_start_and_end_on_time_while_nobody_reads_and_the_screen_is_right_after_that(cli: Cli) -> None:
    cli.settings("slots = 10")
    cli("add", "sh", "-c", FLOOD)
    with raw_terminal(cli.env) as window:
        window.see("10000")
        stall(window)
        for _ in range(3):
            cli("add", "true")
        jobs = wait_for(lambda: completed(cli, 3), "the jobs to complete")
        assert window.is_full()
        latencies = sorted(map(latency_s, jobs))
        # A loop that the terminal stops would delay all of them for as long as it is not read.
        assert statistics.median(latencies) < 1, latencies
        assert latencies[-1] < 10, latencies
        cli("cancel", "1")
        wait_for(lambda: cli.job(1)["state"] == "cancelled", "the flood to end")
        window.see("✓ 3 completed   – 1 cancelled")
        window.read_until(lambda: window.text().count("✓ completed") == 3, "all keys to be obeyed")
        shown = window.rest()
        # Nothing moves any more: a screen that is drawn again from nothing has to be the same.
        window.screen.reset()
        os.kill(window.process.pid, signal.SIGCONT)
        window.read_until(lambda: window.text() == shown, "the same screen")
        window.type("q")
        assert window.end_reading(5) == 0


def test_a_full_terminal_does_not_keep_it_from_leaving(cli: Cli) -> None:
    cli("add", "sh", "-c", FLOOD)
    with raw_terminal(cli.env) as window:
        window.see("10000")
        stall(window)
        window.process.terminate()
        window.end()
        assert window.process.returncode == 128 + signal.SIGTERM
        assert window.is_as_before()
    assert cli.job(1)["state"] == "running"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(cli: Cli, number: signal.Signals) -> None:
    with raw_terminal(cli.env) as window:
        window.process.send_signal(number)
        assert window.end_reading(5) == 128 + number
        assert window.is_as_before()
        assert all(sequence in window.sent for sequence in RESTORED)
        assert b"Traceback" not in window.sent


def test_a_signal_that_comes_while_it_opens_ends_it_in_order(cli: Cli) -> None:
    window = RawTerminal(cli.env, size=(80, 24), ignore_hangup=False, controlling=True)
    try:
        window.read_until(lambda: b"\x1b[?1049h" in window.sent, "it to take the terminal")
        window.process.terminate()
        assert window.end_reading(5) == 128 + signal.SIGTERM
        assert window.is_as_before()
        assert b"Traceback" not in window.sent
    finally:
        window.close()


def test_a_signal_ends_it_hard_where_it_can_not_leave_in_order(cli: Cli) -> None:
    with raw_terminal(cli.env) as window:
        locked = sqlite3.connect(cli.home / "queue.db", isolation_level=None)
        locked.execute("BEGIN EXCLUSIVE")
        window.process.terminate()
        assert window.end_reading(6) == 128 + signal.SIGTERM
        locked.close()
        assert window.is_as_before()


@pytest.mark.parametrize("silent", [False, True], ids=["with SIGHUP ignored", "without any signal"])
def test_a_closed_terminal_ends_it_and_the_jobs_go_on(cli: Cli, silent: bool) -> None:
    cli.settings("slots = 1", background=True)
    cli("add", "sh", "-c", "sleep 1; exit 4")
    cli("add", "echo", "after")
    with raw_terminal(cli.env, ignore_hangup=True, controlling=not silent) as window:
        window.see("running")
        window.hang_up()
        window.end()
        assert window.process.returncode == 128 + signal.SIGHUP
        assert window.cpu_in_end_s < 1
    wait_for(lambda: cli.job(2)["state"] == "completed", "the second job to complete")
    assert [cli.job(number)["reason"] for number in (1, 2)] == ["exit 4", "exit 0"]
    assert (cli.home / "tui-queue.log").read_text() == ""


def test_a_stop_and_a_continue_leave_the_threads_and_the_terminal_as_they_were(cli: Cli) -> None:
    with raw_terminal(cli.env) as window:
        pid = window.process.pid
        threads, modes = threads_that_stay(window), window.modes_now()
        for _ in range(4):
            os.kill(pid, signal.SIGSTOP)
            wait_for(lambda: state(pid) == "T", "it to stop")
            # A shell takes the terminal, and writes over the screen.
            window.set_modes(window.modes)
            window.screen.reset()
            os.kill(pid, signal.SIGCONT)
            window.see("scheduler here")
            assert window.modes_now() == modes
            wait_for(lambda: window.threads() == threads, "the same threads")
        window.type("?")
        window.see("Esc closes")
        window.type("qq")
        assert window.end_reading(5) == 0
        assert window.is_as_before()


def test_a_suspended_dashboard_gives_the_terminal_back_and_comes_again(cli: Cli) -> None:
    with raw_terminal(cli.env) as window:
        pid = window.process.pid
        threads = threads_that_stay(window)
        for _ in range(2):
            window.sent = b""
            os.kill(pid, signal.SIGTSTP)
            window.read_until(lambda: state(pid) == "T", "it to stop")
            assert window.is_as_before()
            window.screen.reset()
            os.kill(pid, signal.SIGCONT)
            window.see("scheduler here")
            wait_for(lambda: window.threads() == threads, "the same threads")
        window.type("q")
        assert window.end_reading(5) == 0
