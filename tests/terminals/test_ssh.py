"""Jobs and a connection that breaks: added over ssh, cut off, ended with nobody there, found again."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, wait_for
from tests.support.processes import children, end_schedulers, of_queue
from tests.support.sshd import Server, sshd
from tests.support.tmux import Terminal, terminal
from tests.terminals.test_terminal import add, open_dashboard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


# Ends when the test says so, however long the rest takes.
WAITS = "#!/bin/sh\necho Waiting\nuntil [ -e {go} ]; do sleep 0.05; done\necho Going on\n"


def variables(cli: Cli) -> dict[str, str]:
    """Return what a session over ssh must find in its environment."""
    return {"TUI_QUEUE_HOME": str(cli.home), "LC_ALL": "C.UTF-8"}


def log_in(window: Terminal, server: Server) -> None:
    window.type(shlex.join([*server.client, "-t", f"cd {shlex.quote(str(ROOT))} && exec env PS1='far$ ' ENV= sh"]))
    window.keys("Enter")
    window.wait_for("far$")


@pytest.mark.long
def test_four_jobs_end_truly_after_the_connection_has_been_cut(
    cli: Cli, tmp_path: Path, script: Callable[..., str]
) -> None:
    go = tmp_path / "go"
    waits = script("waits.sh", WAITS.format(go=go))
    cli.settings("slots = 1", background=True)
    with sshd(tmp_path / "sshd", variables(cli)) as server:
        with terminal(cli) as window:
            log_in(window, server)
            open_dashboard(window)
            add(window, waits, "")
            add(window, "jobs/fail.py", "3 1")
            add(window, "jobs/countdown.py", "2")
            add(window, "jobs/fail.py", "7 0.5")
            window.wait_for("4 fail.py  ○")  # the cursor is on the job that was added last
            window.keys("g")
            window.wait_for("\nWaiting")
            assert [job["state"] for job in cli.jobs().values()] == ["running", "pending", "pending", "pending"]
            server.kill_sessions()
            window.wait_for("closed")
        wait_for(lambda: not server.sessions(), "the server to be alone")
        go.touch()

        cli("log", "4", "-f")  # goes on until the last has ended
        jobs = [cli.job(number) for number in (1, 2, 3, 4)]
        assert [job["reason"] for job in jobs] == ["exit 0", "exit 3", "exit 0", "exit 7"]
        assert [job["state"] for job in jobs] == ["completed", "failed", "completed", "failed"]
        assert [job["attempt"] for job in jobs] == [1, 1, 1, 1]
        assert cli("log", "1") == "Waiting\nGoing on\n"
        assert cli("log", "2") == "Ends with exit code 3 after 1 seconds\n"
        assert cli("log", "3").splitlines() == ["Countdown: 2 seconds", "Countdown: 1 seconds"]
        assert cli("log", "4") == "Ends with exit code 7 after 0.5 seconds\n"

        with terminal(cli) as window:
            log_in(window, server)
            open_dashboard(window)
            for parts in (("1", "✓", "waits.sh"), ("2", "✗", "3 1"), ("3", "✓", "2"), ("4", "✗", "7 0.5")):
                row = re.compile("^ +" + ".* ".join(map(re.escape, parts)), re.MULTILINE)
                window.wait_until(row.search, f"job {parts[0]}")
            window.keys("g")
            window.wait_for("Ends with exit code 7")
    end_schedulers(cli.home)
    wait_for(lambda: not of_queue(cli.home), "every process of the queue to end")


@pytest.mark.long
def test_a_killed_client_leaves_the_jobs_alone(cli: Cli, tmp_path: Path, script: Callable[..., str]) -> None:
    go = tmp_path / "go"
    waits = script("waits.sh", WAITS.format(go=go))
    cli.settings("slots = 1", background=True)
    with sshd(tmp_path / "sshd", variables(cli)) as server:
        with terminal(cli) as window:
            log_in(window, server)
            open_dashboard(window)
            add(window, waits, "")
            add(window, "jobs/fail.py", "5")
            window.wait_for("2 fail.py  ○")
            (client,) = children(int(window.tmux("list-panes", "-F", "#{pane_pid}")))
            os.kill(client, signal.SIGKILL)
            wait_for(lambda: not server.sessions(), "the server to notice")
            assert cli.job(2)["state"] == "pending"
        go.touch()
        cli("log", "2", "-f")
        assert [cli.job(number)["reason"] for number in (1, 2)] == ["exit 0", "exit 5"]
        assert cli("log", "1") == "Waiting\nGoing on\n"
    end_schedulers(cli.home)
    wait_for(lambda: not of_queue(cli.home), "every process of the queue to end")
