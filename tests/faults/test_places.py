"""A queue is where it was when it was named: in a relative directory, and after it was moved."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, missing, wait_for
from tests.support.raw_terminal import raw_terminal

RELATIVE = """
import os
from tui_queue import Queue
queue = Queue("queue")
os.chdir("/")
job = queue.add("sh", "-c", "echo $TUI_QUEUE_HOME")
print(queue.wait(job.id, timeout=60)[0].state, queue.log(job.id).decode())
queue.close()
"""


def test_a_relative_directory_is_the_same_one_for_the_background_process(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "TUI_QUEUE_HOME"}
    env["HOME"] = str(tmp_path / "user")
    done = subprocess.run(
        [sys.executable, "-c", RELATIVE], env=env | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True,
        text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.stdout == f"completed {tmp_path}/queue\n\n", done
    assert not (tmp_path / "user").exists()


def test_a_relative_variable_is_the_same_directory_for_jobs(cli: Cli, tmp_path: Path) -> None:
    cli.settings(background=True)
    cli.env = {**cli.env, "TUI_QUEUE_HOME": "home"}
    cli("add", "sh", "-c", "cd /; echo $TUI_QUEUE_HOME", cwd=tmp_path)
    cli("wait", "--timeout", "60s", "1", cwd=tmp_path)
    assert cli("log", "1", cwd=tmp_path) == f"{cli.home}\n"


def test_without_a_home_directory_the_error_says_what_to_set(cli: Cli) -> None:
    cli.env = {"PATH": cli.env["PATH"], "TUI_QUEUE_HOME": "~nosuch/queue"}
    assert "~nosuch/queue: no user of that name" in cli.error("list", code=4)
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        missing("only root can be a user without an entry in the password database, with setpriv (util-linux)")
    user = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
    may_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # the interpreter may be in /root
    for home in (None, "."):
        env = {"PATH": cli.env["PATH"]} | ({} if home is None else {"HOME": home})
        done = subprocess.run(
            [*user, *may_read, *cli.words("list")], env=env, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 4, done
        assert done.stderr.count("\n") == 1
        assert f"HOME is {home or 'not set'}, which names no home directory" in done.stderr
        assert "Set HOME, or TUI_QUEUE_HOME, to an absolute path." in done.stderr


def test_to_look_makes_no_queue_and_a_terminal_is_told_of_a_new_one(cli: Cli, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    cli.env = {**cli.env, "TUI_QUEUE_HOME": str(place)}
    done = cli.process("list", "--json")
    assert (done.returncode, done.stdout) == (0, b"[]\n")
    assert done.stderr == f"tui-queue: There is no queue in {place} yet.\n".encode()
    assert f"There is no queue in {place} yet." in cli.error("show", "1", code=3)
    assert not place.exists()
    ours, theirs = pty.openpty()
    done = subprocess.run(
        cli.words("add", "--hold", "true"), env=cli.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, check=True
    )
    os.close(theirs)
    assert done.stdout == b"1\n"
    assert f"Made a new queue in {place}." in os.read(ours, 4096).decode()
    os.close(ours)


def schedulers(home: Path) -> list[int]:
    """Return the processes that have a lock of the queue at this place open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(file) == str(home / "lease") for file in (process / "fd").iterdir()):
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_a_moved_queue_leaves_no_empty_one_in_its_place_and_goes_on_where_it_is(cli: Cli, tmp_path: Path) -> None:
    cli.settings(background=True)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "sh", "-c", f"read word < {gate}; exit 3")
    cli("add", "--hold", "true")
    wait_for(lambda: cli.job(1)["started_at"], "the job")
    old, new = cli.home, tmp_path / "new"
    old.rename(new)
    moved = Cli(new, {**cli.env, "TUI_QUEUE_HOME": str(new)}, cli.server)
    assert "There is no queue in" in cli.process("list").stderr.decode()
    error = cli.error("add", "true", code=4)
    assert f"{old}: jobs of a queue that was moved or deleted still run (processes " in error
    assert not old.exists()
    moved("release", "2")  # which wakes the scheduler
    wait_for(lambda: not schedulers(new), "the scheduler of the old place to leave")
    assert moved.job(2)["state"] == "pending"
    assert not old.exists()
    gate.write_text("go\n")
    moved("run", "--background")
    moved("wait", "--timeout", "60s", "1", "2", code=3)
    assert {number: job["attempt"] for number, job in moved.jobs().items()} == {1: 1, 2: 1}


@pytest.mark.long
def test_a_command_that_schedules_or_waits_ends_when_its_queue_is_moved(cli: Cli, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "sh", "-c", f"read word < {gate}")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the job")
    waiter = cli.start("wait", "1")
    wait_for(lambda: len(list((cli.home / "wake").iterdir())) > 1, "the other command to wait")
    cli.home.rename(tmp_path / "new")
    for process in (runner, waiter):
        said = process.communicate(timeout=60)[1].decode()
        assert f"{cli.home}: the queue was moved or deleted; what runs goes on. Set TUI_QUEUE_HOME" in said
        assert process.returncode == 4
    gate.write_text("go\n")
    (tmp_path / "new").rename(cli.home)
    cli.drain()
    assert cli.job(1)["reason"] == "exit 0"


@pytest.mark.long
def test_the_dashboard_is_left_when_its_queue_is_moved(cli: Cli, tmp_path: Path) -> None:
    cli("add", "--hold", "true")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("held")
        cli.home.rename(tmp_path / "new")
        window.see("the queue was moved or deleted")
        assert window.end_reading() == 4
    assert not cli.home.exists()
