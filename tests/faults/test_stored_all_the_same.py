"""What fails once a change is stored is a warning: a script that heard of a failure would ask for the same twice."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, missing
from tui_queue.api import Queue

NOT_STARTED = (
    "tui-queue: the change is stored, but no process in the background could be started: {why}. "
    "Start one with `tui-queue run --background`.\n"
)
NOT_TOLD = (
    "tui-queue: the change is stored, but the other processes of the queue could not be told: {why}. "
    "They see it within 30 seconds.\n"
)


@pytest.fixture
def without_background(cli: Cli) -> Cli:
    """A queue whose background process can't be started: its lock is a link that leads nowhere."""
    cli("list")
    (cli.home / "background").symlink_to(cli.home / "away" / "background")
    cli.settings(background=True)
    return cli


@pytest.fixture
def failing(cli: Cli) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return a function that runs a command in which one system call fails, on one file of the queue if named."""
    if shutil.which("strace") is None:
        missing("strace is not installed")
    cli("list")
    cli.settings(background=True)

    def run(call: str, file: str | None, *args: str) -> "subprocess.CompletedProcess[str]":
        place = [] if file is None else ["-P", str(cli.home / file)]
        kind = call.partition(":")[0]
        words = ["strace", "-qqq", "-o", os.devnull, "-e", f"trace={kind}", "-e", f"inject={call}", *place]
        return subprocess.run(
            [*words, *map(os.fsdecode, cli.words(*args))],
            env=cli.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_add_prints_the_number_and_warns_when_no_background_process_can_be_started(without_background: Cli) -> None:
    why = f"{without_background.home}/background: no such file or directory"
    done = without_background.process("add", "true")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, b"1\n", NOT_STARTED.format(why=why))
    done = without_background.process("add", "--json", "true")
    assert (done.returncode, json.loads(done.stdout)["id"], done.stderr.count(b"\n")) == (0, 2, 1)
    assert sorted(without_background.jobs()) == [1, 2]


def test_each_verb_that_wakes_the_scheduler_warns_and_does_its_work(without_background: Cli, tmp_path: Path) -> None:
    cli = without_background
    (tmp_path / "jobs.jsonl").write_text('{"path": "/bin/true"}\n{"path": "/bin/true"}\n')
    for args in (
        ("add", "--hold", "true"),
        ("add", "--from", str(tmp_path / "jobs.jsonl")),
        ("release", "1"),
        ("cancel", "1"),
        ("retry", "1"),
        ("edit", "--priority", "2", "1"),
        ("queue", "set", "--slots", "3", "default"),
        ("schedule", "add", "--yes", "--every", "1h", "hourly", "true"),
        ("schedule", "run", "hourly"),
    ):
        done = cli.process(*args)
        warned = b"no process in the background" in done.stderr
        assert (done.returncode, warned) == (0, args[0] != "cancel"), (args, done)
    assert cli.job(1)["state"] == "pending"
    assert len(cli.jobs()) == 4


def test_python_returns_the_job_that_it_has_stored(without_background: Cli, caplog: pytest.LogCaptureFixture) -> None:
    with Queue(without_background.home) as queue:
        assert queue.add("true").id == 1
        assert queue.cancel(1)[0].state == "cancelled"
        assert queue.retry(1)[0].id == 1
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_run_background_says_that_it_could_not_start_anything(without_background: Cli) -> None:
    without_background("add", "true")
    assert without_background.error("run", "--background", code=4) == (
        f"tui-queue: No process in the background could be started: {without_background.home}/background: "
        "no such file or directory. Running jobs go on; pending ones wait for `tui-queue run --background`."
    )


@pytest.mark.parametrize(
    ("call", "file", "said"),
    [
        ("flock:error=ENOLCK", "background", NOT_STARTED.format(why="no locks available")),
        ("vfork,clone:error=EAGAIN", None, NOT_STARTED.format(why="resource temporarily unavailable")),
        ("getdents64:error=EIO", "wake", NOT_TOLD.format(why="{home}/wake: input/output error")),
    ],
)
def test_no_failing_system_call_behind_the_commit_is_a_refusal(
    failing: Callable[..., "subprocess.CompletedProcess[str]"], cli: Cli, call: str, file: str | None, said: str
) -> None:
    done = failing(call, file, "add", "--hold", "true")
    assert (done.returncode, done.stdout) == (0, "1\n"), done
    assert done.stderr == said.replace("{home}", str(cli.home))
    cli.settings()
    assert sorted(cli.jobs()) == [1]


@pytest.mark.long
def test_with_any_limit_on_open_files_an_exit_code_of_0_means_stored(cli: Cli) -> None:
    cli("list")
    cli.settings(background=True)
    stored = 0
    for limit in range(9, 17):
        words = ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", sys.executable, "-m", "tui_queue"]
        done = subprocess.run(
            [*words, "add", "--hold", "true"], env=cli.env, cwd=ROOT, capture_output=True, check=False
        )
        stored += not done.returncode
        assert len(cli.jobs()) == stored, (limit, done)
    assert stored
