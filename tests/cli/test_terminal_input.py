"""A job with a terminal that waits for input, which no user gives it."""

import os
import sys
from collections.abc import Callable

import pytest

from tests.conftest import Cli, missing, wait_for
from tests.support.commands import ended

Script = Callable[..., str]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process waits for")


def reason(cli: Cli, number: int) -> str:
    said: str = cli.job(number)["reason"]
    return said


def test_a_job_that_waits_for_input_from_its_terminal_says_so(cli: Cli, script: Script) -> None:
    with open("/proc/self/wchan") as file:
        if not file.read().strip("0") and not os.path.exists("/proc/self/syscall"):
            missing("this kernel does not say what a process waits for")
    cli.settings("slots = 3")
    asks = script("asks.sh", "#!/bin/sh\nsh -c 'read answer <&2; exit 3'\nexit 4\n")
    cli("add", "--pty", asks)
    cli("add", "--pty", "sleep", "60")
    cli("add", asks)  # which has no terminal
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: reason(cli, 1) == "waits for input", "the first job to ask")
    assert "Waits for  input from its terminal, to which no user types\n" in cli("show", "1")
    wait_for(lambda: cli.job(3)["state"] == "failed", "the third job to end")
    assert (cli.job(2)["state"], reason(cli, 2)) == ("running", "")
    cli("pause", "1")
    wait_for(lambda: reason(cli, 1) == "", "the pause")
    cli("cancel", "1", "2")
    ended(runner)
