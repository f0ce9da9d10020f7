"""The whole way through the program in a real terminal, with keys only."""

import re
import statistics
import sys
import time
from functools import partial

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.tmux import Terminal, terminal

COMMAND = f"{sys.executable} -m tui_queue"


def open_dashboard(window: Terminal) -> None:
    window.type(COMMAND)
    window.keys("Enter")
    window.wait_for("a Add")


def add(window: Terminal, path: str, parameters: str) -> None:
    window.keys("a")
    window.wait_for("Job path")
    window.type(path)
    window.keys("Tab")
    window.type(parameters)
    window.wait_for("Runs:")
    window.keys("Enter")
    window.wait_until_gone("Job path")


def test_jobs_are_added_watched_cancelled_and_found_again(cli: Cli) -> None:
    with terminal(cli) as window:
        open_dashboard(window)
        window.wait_for("The queue is empty")
        add(window, "jobs/countdown.py", "600")
        window.wait_for("► run")
        window.wait_for("Countdown: 600 seconds")
        window.wait_for("Countdown: 598 seconds")
        assert cli.job(1)["state"] == "running"

        add(window, "jobs/family.py", "600")
        for member in ("child", "child", "grandchild"):
            window.wait_for(f"\n{member} ")
        wait_for(lambda: cli("log", "2").count("\n") == 3, "the family")
        family = [int(pid) for pid in re.findall(r"child (\d+)\n", cli("log", "2"))]
        assert len(set(family)) == 3
        assert all(process_is_alive(pid) for pid in family)
        window.keys("c")
        window.wait_for("Stop job 2")
        window.keys("y")
        window.wait_for("– cancel")
        wait_for(lambda: not any(process_is_alive(pid) for pid in family), "the whole family to be gone")

        window.keys("q")
        left = window.wait_for("Without you 1 run on; 0 wait")
        assert "Traceback" not in left

        open_dashboard(window)
        window.wait_for("► run")
        window.wait_until(re.compile(r"2 – cancel +family\.py 600").search, "job 2")
        window.keys("g")
        window.wait_for("Countdown: 5")
        window.keys("c")
        window.wait_for("Stop job 1")
        window.keys("Enter")  # the default is to let it run
        window.wait_until_gone("Stop job 1")
        assert cli.job(1)["state"] == "running"
        window.keys("c")
        window.wait_for("Stop job 1")
        window.keys("y")
        wait_for(lambda: cli.job(1)["state"] == "cancelled", "job 1 to be cancelled")


def test_what_another_process_adds_appears_by_itself(cli: Cli) -> None:
    with terminal(cli) as window:
        open_dashboard(window)
        cli("add", "--name", "from outside", "jobs/colours.py")
        window.wait_for("from outside")
        window.wait_for("✓ done")


@pytest.mark.long
def test_a_second_dashboard_shows_the_same_and_says_who_schedules(cli: Cli) -> None:
    with terminal(cli, width=120) as first, terminal(cli, width=120) as second:
        open_dashboard(first)
        first.wait_for("scheduler here")
        open_dashboard(second)
        second.wait_for("scheduler: other screen")
        add(second, "jobs/countdown.py", "1")
        first.wait_for("✓ completed")
        second.wait_for("✓ completed")
        first.keys("q")
        first.wait_for("$")
        second.wait_for("scheduler here")


def test_every_hint_of_the_footer_is_whole_on_a_small_screen(cli: Cli) -> None:
    for width, height in ((60, 20), (80, 24), (200, 50)):
        with terminal(cli, width=width, height=height) as window:
            open_dashboard(window)
            hints = ["a Add", "c Cancel", "r Retry", "d Remove", "l Log", "? Help", "q Quit"]
            hints += ["h Hold", "p Pause", "Q Stop all"] if width >= 80 else []
            hints += ["f Follow"] if width >= 200 else []
            left_out = {"h Hold", "p Pause", "Q Stop all", "f Follow"} - {*hints}

            def is_whole(screen: str, hints: list[str] = hints) -> bool:
                footer = screen.rstrip().splitlines()[-1]
                return all(hint in footer for hint in hints)

            footer = window.wait_until(is_whole, f"{hints} in the footer").rstrip().splitlines()[-1]
            assert not any(hint in footer for hint in left_out)
            assert len(footer) <= width


def shows_flood(window: Terminal, wanted: bool) -> bool:
    return ("a flood of words that" in below_table(window)) is wanted


@pytest.mark.long
def test_keys_answer_while_a_job_prints_a_million_lines(cli: Cli) -> None:
    with terminal(cli) as window:
        open_dashboard(window)
        add(window, "jobs/chatty.py", "1000000")
        window.wait_for("Line 1000000")
        window.wait_for("✓ done")
        cli("add", "sh", "-c", "while :; do echo a flood of words that does not end; done")
        cli("add", "true")
        window.wait_for("✓ 2 ")  # all three are in the table
        window.keys("g")
        window.wait_for("a flood of words")
        answers = []
        for _ in range(5):
            for key, shown in (("j", False), ("k", True)):
                begun = time.monotonic()
                window.keys(key)
                wait_for(partial(shows_flood, window, shown), "the cursor")
                answers.append(time.monotonic() - begun)
        assert statistics.median(answers) < 1
        pid = int(window.tmux("list-panes", "-F", "#{pane_pid}"))
        assert resident_mib(pid) < 200
        window.keys("c")
        window.wait_for("Stop job 2")
        window.keys("y")
        window.wait_for("– cancel")


def below_table(window: Terminal) -> str:
    return window.screen().partition("─ Log ")[2]


def resident_mib(shell: int) -> float:
    """Return the memory of the dashboard that a shell has started."""
    import subprocess

    lines = subprocess.run(["ps", "-A", "-o", "ppid=,rss="], capture_output=True, text=True, check=True).stdout
    return max(int(rss) for ppid, rss in map(str.split, lines.splitlines()) if int(ppid) == shell) / 1024
