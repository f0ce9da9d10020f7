"""Commands that do one thing and end: they load no event loop, and Ctrl+C leaves nothing half done."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_S, Cli, wait_for

LOADED = """
import os, sys
import tui_queue.__main__ as program
def end(code):
    print("heavy:", *sorted({"asyncio", "aiosqlite", "logging", "textual"} & set(sys.modules)), file=sys.stderr)
    sys.stderr.flush()
    leave(code)
leave, os._exit = os._exit, end
program.main()
"""


@pytest.mark.parametrize(
    "words",
    ["add true", "list", "status", "hold 1", "edit 1 --name n", "clone 1", "cancel 1", "queue list", "batch list"],
)
def test_a_command_that_waits_for_nothing_loads_no_event_loop(cli: Cli, words: str) -> None:
    cli("add", "--hold", "true")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words.split()], env=cli.env, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1].split() == ["heavy:"]


@pytest.mark.parametrize("words", ["add true", "list", "hold 1"])
def test_ctrl_c_ends_a_command_that_waits_for_the_queue(cli: Cli, home: Path, words: str) -> None:
    cli("add", "--hold", "true")
    before = cli("list", "--json")
    lock = os.open(home / "queue.db-open", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        command = [sys.executable, "-m", "tui_queue", *words.split()]
        process = subprocess.Popen(command, env=cli.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for(lambda: _has_open(process.pid, home / "queue.db-open"), "the command to wait")
        process.send_signal(signal.SIGINT)
        printed, wrong = process.communicate(timeout=PATIENCE_S)
    finally:
        os.close(lock)
    assert (process.returncode, printed, wrong.strip()) == (130, b"", b"")
    assert cli("list", "--json") == before


def _has_open(pid: int, path: Path) -> bool:
    places = Path(f"/proc/{pid}/fd")
    try:
        return any(os.path.samefile(each, path) for each in places.iterdir() if each.exists())
    except FileNotFoundError:
        return False
