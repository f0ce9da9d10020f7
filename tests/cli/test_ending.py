"""How a run ends that must: one SIGTERM for each process, a grace for what its handlers start, then SIGKILL."""

import os
import shlex
import signal
import sys
import time
from collections.abc import Callable

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.commands import ended, start_record, state

Script = Callable[..., str]

SHELL = """#!/bin/sh
trap 'sleep {seconds} && echo saved; exit 0' TERM
echo ready
{then}
while :; do sleep 0.02; done
"""
PYTHON = """
import signal, subprocess, sys, time
def save(*_):
    subprocess.run(["sleep", "{seconds}"], check=True)
    print("saved")
    sys.exit()
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
while True:
    time.sleep(0.02)
"""
STUBBORN = "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.02; done\n"
FILL = "head -c 100000 /dev/zero"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a signal reaches only the group")
@pytest.mark.parametrize("seconds", [1, pytest.param(3, marks=pytest.mark.long)])
def test_what_a_handler_starts_has_the_rest_of_the_grace(cli: Cli, script: Script, seconds: int) -> None:
    cli.settings("slots = 5\ngrace_s = 10")
    shell = script("waits.sh", SHELL.format(seconds=seconds, then=""))
    cli("add", shell)
    cli("add", "--python", sys.executable, script("waits.py", PYTHON.format(seconds=seconds)))
    full = script("fills.sh", SHELL.format(seconds=seconds, then=FILL))
    cli("add", "--log-size", "64K", "--log-full", "fail", full)
    reasons = {1: "cancelled by user", 2: "cancelled by user", 3: "its log is full"}
    if seconds == 3:
        cli("add", "--timeout", "2s", shell)
        cli("add", "--silence", "2s", "--cancel-when-silent", shell)
        reasons |= {4: "timeout", 5: "silent for 2s"}
    runner = cli.start("run", "--until-empty")
    for number in (1, 2):
        wait_for(lambda: cli("log", str(number)) == "ready\n", f"the handler of {number}")  # noqa: B023
    cli("cancel", "1", "2")
    assert ended(runner) == 1
    assert {number: job["reason"] for number, job in cli.jobs().items()} == reasons
    logs = {number: cli("log", str(number)) for number in reasons}
    assert [number for number, log in logs.items() if not log.endswith("saved\n")] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can find the processes of such a run")
def test_the_same_holds_for_runs_whose_watchers_were_killed(cli: Cli, script: Script) -> None:
    cli.settings("slots = 2\ngrace_s = 10")
    cli("add", script("waits.sh", SHELL.format(seconds=0.5, then="")))
    cli("add", "--grace", "0s", script("stubborn.sh", STUBBORN))
    runner = cli.start("run", "--until-empty")
    records = []
    for number in (1, 2):
        wait_for(lambda: cli("log", str(number)) and cli.job(number)["started_at"], "the handler")  # noqa: B023
        records.append(start_record(cli, number))
    for record in records:
        os.kill(record["watcher"], signal.SIGKILL)
    for number, record in enumerate(records, start=1):
        wait_for(lambda: not process_is_alive(record["watcher"]), "its watcher to be gone")  # noqa: B023
        cli("cancel", str(number))
        wait_for(lambda: not process_is_alive(record["pid"]), "the job to be gone", 5)  # noqa: B023
    ended(runner)
    assert cli("log", "1").endswith("saved\n")  # sh may say that the `sleep` before was terminated


def test_a_job_that_ignores_sigterm_is_killed_after_its_own_grace(cli: Cli, script: Script) -> None:
    cli.settings("slots = 2\ngrace_s = 3600")
    path = script("stubborn.sh", STUBBORN)
    cli("add", "--grace", "1s", path)
    cli("add", "--grace", "1s", "--timeout", "1", path)
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli("log", "1") == "ready\n", "the first job")
    asked_at = time.monotonic()
    cli("cancel", "1")
    assert ended(runner) == 1
    assert time.monotonic() - asked_at >= 1
    assert (state(cli, 1), state(cli, 2)) == (("cancelled", "cancelled by user"), ("failed", "timeout"))
    assert [cli.job(number)["signal"] for number in (1, 2)] == [signal.SIGKILL, signal.SIGKILL]


def test_a_grace_that_is_no_span_is_refused(cli: Cli) -> None:
    message = "Grace soon: not a span of time; write 90s, 15m, 2h30m or 3d, up to ten years."
    assert cli.error("add", "--grace", "soon", "true") == f"tui-queue: {message}"
    assert cli.jobs() == {}


def test_a_terminal_without_a_user_has_no_pager_that_waits_for_one(cli: Cli) -> None:
    pagers = ("PAGER", "GIT_PAGER", "MANPAGER", "SYSTEMD_PAGER")
    for name in pagers:
        cli.env.pop(name, None)
    cli.env["MANPAGER"] = "most"
    shown = shlex.join(["sh", "-c", "echo " + " ".join(f"${{{name}-none}}" for name in pagers)])
    cli("add", "--pty", "--env", "PAGER=less", *shlex.split(shown))
    cli("add", *shlex.split(shown))
    cli.drain()
    assert cli("log", "1").split() == ["less", "cat", "most", "cat"]
    assert cli("log", "2").split() == ["none", "none", "most", "none"]
