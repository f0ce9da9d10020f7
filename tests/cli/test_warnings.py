"""A warning before the time limit reaches the processes that handle it, and kills none."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli, missing, wait_for
from tests.support.commands import ended, state

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the leader alone is warned")
Script = Callable[..., str]

LIMITS = ("--timeout", "60s", "--warn", "USR1@58s")
WAIT = "until [ -e {go} ]; do sleep 0.02; done; echo done\n"
TRAINING = """
import os, signal, time
signal.signal(signal.SIGUSR1, lambda *_: print("saved", flush=True))
while not os.path.exists("{go}"):
    time.sleep(0.02)
"""
JAVA = """
public class Waits {{
    public static void main(String[] words) throws Exception {{
        while (!new java.io.File("{go}").exists()) Thread.sleep(20);
        System.out.println("done");
    }}
}}
"""


def warned(cli: Cli, number: int) -> str:
    shown: str = json.loads(cli("show", "--json", str(number)))["warned"]
    return shown


def run_until_warned(cli: Cli, go: Path) -> dict[int, str]:
    """Run the jobs until each was warned, let them end, and return what `list` and then `show` say of the warnings."""
    numbers = [*cli.jobs()]
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: all(warned(cli, number) for number in numbers), "the warnings")
    listed = {number: job["reason"] for number, job in cli.jobs().items()}
    go.touch()
    ended(runner)
    assert [state(cli, number) for number in numbers] == [("completed", "exit 0")] * len(numbers)
    assert listed == {number: warned(cli, number) for number in numbers}
    return listed


def test_a_warning_does_not_kill_the_shell_around_a_program_that_handles_it(
    cli: Cli, script: Script, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    cli.settings("slots = 2")
    training = script("training.py", TRAINING.format(go=go))
    cli("add", *LIMITS, script("wraps.sh", f"#!/bin/sh\n{sys.executable} {training}\necho done\n"))
    cli("add", *LIMITS, script("plain.sh", f"#!/bin/sh\n{WAIT.format(go=go)}"))
    assert run_until_warned(cli, go) == {1: "warned 1 process", 2: "nothing handles USR1"}
    assert (cli("log", "1"), cli("log", "2")) == ("saved\ndone\n", "done\n")
    assert "Warning    nothing handles USR1\n" in cli("show", "2")


@pytest.mark.long
def test_only_processes_that_handle_a_warning_get_it(cli: Cli, script: Script, tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        missing("bash is not there")
    go = tmp_path / "go"
    wait = WAIT.format(go=go)
    cli.settings("slots = 6")
    training = script("training.py", TRAINING.format(go=go))
    cli("add", *LIMITS, script("leaves.sh", f"#!/bin/bash\ntrap 'echo left' EXIT\n{wait}"))
    cli("add", *LIMITS, script("both.sh", f"#!/bin/bash\ntrap 'echo left' EXIT\ntrap 'echo saved' USR1\n{wait}"))
    cli(
        "add",
        *LIMITS,
        script("traps.sh", f"#!/bin/bash\ntrap 'echo saved' USR1\n{sys.executable} {training} &\n{wait}"),
    )
    cli("add", "--timeout", "60s", "--warn", "WINCH@58s", script("resized.sh", f"#!/bin/sh\n{wait}"))
    cli("add", "--timeout", "60s", "--warn", "INT@58s", script("interrupted.sh", f"#!/bin/bash\n{wait}"))
    one = "warned 1 process"
    assert run_until_warned(cli, go) == {
        1: "nothing handles USR1",
        2: one,
        3: "warned 2 processes",
        4: one,
        5: "nothing handles INT",
    }
    logs = {number: cli("log", str(number)).split() for number in cli.jobs()}
    saved = ["saved", "done", "left"]
    assert logs == {1: ["done", "left"], 2: saved, 3: ["saved", "saved", "done"], 4: ["done"], 5: ["done"]}


@pytest.mark.long
@pytest.mark.parametrize(
    ("program", "name", "text", "signals"),
    [
        (
            "node",
            "waits.js",
            "const t = setInterval(() => {{ if (require('fs').existsSync('{go}')) "
            "{{ console.log('done'); clearInterval(t) }} }}, 20)",
            ("INT", "TERM", "USR1"),
        ),
        ("java", "Waits.java", JAVA, ("HUP", "INT", "QUIT", "TERM", "USR2")),
    ],
)
def test_a_handler_that_comes_with_its_program_does_not_count(
    cli: Cli, script: Script, tmp_path: Path, program: str, name: str, text: str, signals: tuple[str, ...]
) -> None:
    if shutil.which(program) is None:
        missing(f"{program} is not there")
    go = tmp_path / "go"
    path = script(name, text.format(go=go))
    cli.settings("slots = 5")
    for each in signals:
        cli("add", "--timeout", "60s", "--warn", f"{each}@45s", program, path)
    assert run_until_warned(cli, go) == {
        number: f"nothing handles {each}" for number, each in enumerate(signals, start=1)
    }
    assert {cli("log", str(number)) for number in cli.jobs()} == {"done\n"}
