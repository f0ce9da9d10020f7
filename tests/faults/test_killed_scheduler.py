"""A background scheduler that is killed comes back; one that the user ends, or does not want, does not."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.processes import children, end_schedulers, is_scheduler, is_watcher, of_queue, run_of, words
from tui_queue.api import Queue


@pytest.fixture
def queue(cli: Cli) -> Iterator[Cli]:
    """A queue with a background process, all of whose processes end with the test."""
    cli.settings("slots = 1", background=True)
    yield cli
    end_schedulers(cli.home)
    with suppress(AssertionError):
        wait_for(lambda: not schedulers(cli), "the schedulers to end", 5)
    for pid in of_queue(cli.home):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def leader(cli: Cli) -> int:
    """Return the process that took the lease last, if it is alive."""
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        row = db.execute("SELECT pid FROM lease").fetchone()
    return int(row[0]) if row and process_is_alive(row[0]) else 0


def state(cli: Cli, number: int) -> str:
    """Return the state of a job as the store has it; a command would bring a scheduler back."""
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        return str(db.execute("SELECT state FROM jobs WHERE id = ?", (number,)).fetchone()[0])


def schedulers(cli: Cli) -> list[int]:
    return [pid for pid in of_queue(cli.home) if is_scheduler(pid, "--standby") and words(pid)]


def kill(cli: Cli, *, watchers: str = "") -> int:
    """Kill the scheduler once it leads; ``watchers``: also the "free" ones and their maker, or "all" of them."""
    pid = wait_for(lambda: leader(cli), "a scheduler")
    victims = [pid]
    if watchers:
        makers = wait_for(lambda: [child for child in children(pid) if is_watcher(child)], "the maker of watchers")
        made = [child for maker in makers for child in children(maker)]
        victims += makers + [child for child in made if watchers == "all" or not run_of(child, cli.home)]
    for victim in victims:
        os.kill(victim, signal.SIGSTOP)  # none sees another one die
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    wait_for(lambda: not any(map(process_is_alive, victims)), "them to die")
    return pid


def waiting_job(cli: Cli, tmp_path: Path, code: int, *options: str) -> Path:
    """Add a job that runs until a file exists, which is returned; wait until it runs."""
    go = tmp_path / "go"
    cli("add", *options, "sh", "-c", f"while [ ! -e {go} ]; do sleep 0.02; done; exit {code}")
    wait_for(lambda: state(cli, 1) == "running" and (cli.home / "runs/1/1/claim").exists(), "the job to run")
    return go


def test_the_end_of_a_job_is_taken_and_wait_returns_though_its_scheduler_was_killed(queue: Cli, tmp_path: Path) -> None:
    go = waiting_job(queue, tmp_path, 5)
    waiting = queue.start("wait", "1")
    wait_for(lambda: len(os.listdir(queue.home / "wake")) == 2, "wait to listen")
    killed = kill(queue)
    assert wait_for(lambda: leader(queue), "another scheduler") != killed
    go.touch()
    waiting.communicate(timeout=30)
    assert waiting.returncode == 5
    assert state(queue, 1) == "failed"


def test_the_watcher_of_the_job_alone_brings_a_scheduler_back_with_the_environment_of_the_first(
    queue: Cli, tmp_path: Path
) -> None:
    queue.env |= {"TZ": "Asia/Tokyo", "SECRET": "1"}
    go = waiting_job(queue, tmp_path, 5, "--env", "OF_THE_JOB=1")
    del queue.env["TZ"], queue.env["SECRET"]
    queue("add", "sh", "-c", "echo $OF_THE_JOB/$TUI_QUEUE_JOB; umask; ls /proc/self/fd")
    kill(queue, watchers="free")
    go.touch()
    wait_for(lambda: state(queue, 2) == "completed", "the next job")
    assert state(queue, 1) == "failed"
    first, umask, *descriptors = queue("log", "2").split()
    assert (first, int(umask, 8)) == ("/2", _umask())
    environment = Path(f"/proc/{leader(queue)}/environ").read_bytes().split(b"\0")
    assert b"TZ=Asia/Tokyo" in environment
    assert not [line for line in environment if line.startswith((b"SECRET=", b"OF_THE_JOB="))]
    assert descriptors == ["0", "1", "2", "243", "3"]  # 3 is the directory that ls reads


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


@pytest.mark.long
def test_a_schedule_goes_on_though_no_job_ran_when_its_scheduler_was_killed(queue: Cli) -> None:
    queue("schedule", "add", "--yes", "--every", "1s", "tick", "true")
    killed = kill(queue)
    assert wait_for(lambda: leader(queue), "another scheduler") != killed
    with closing(sqlite3.connect(queue.home / "queue.db")) as db:
        (before,) = db.execute("SELECT count(*) FROM jobs").fetchone()
        wait_for(lambda: db.execute("SELECT count(*) FROM jobs").fetchone()[0] > before, "the next job")


@pytest.mark.long
@pytest.mark.parametrize("command", [("list",), ("wait", "1"), ("log", "-f", "1"), ("status",)])
def test_a_command_brings_a_scheduler_back_when_its_watchers_were_killed_too(
    queue: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    waiting_job(queue, tmp_path, 5)
    kill(queue, watchers="all")
    beside = queue.start(*command)
    wait_for(lambda: leader(queue), "another scheduler")
    beside.kill()
    beside.communicate()
    assert state(queue, 1) == "running"  # the job itself lives


@pytest.mark.long
def test_python_that_waits_brings_a_scheduler_back(queue: Cli, tmp_path: Path) -> None:
    with Queue(queue.home) as opened:
        go = waiting_job(queue, tmp_path, 5)
        kill(queue, watchers="free")
        go.touch()
        assert opened.wait(1, timeout=30)[0].exit_code == 5


@pytest.mark.long
def test_only_one_of_many_commands_starts_a_scheduler(queue: Cli, tmp_path: Path) -> None:
    waiting_job(queue, tmp_path, 5)
    kill(queue, watchers="all")
    for listing in [queue.start("list") for _ in range(6)]:
        assert listing.communicate(timeout=60)[1] == b""
    wait_for(lambda: leader(queue), "another scheduler")
    assert len(schedulers(queue)) == 1


def test_a_scheduler_that_the_user_ended_stays_away_until_add(queue: Cli, tmp_path: Path) -> None:
    go = waiting_job(queue, tmp_path, 5)
    assert (queue.home / "background").stat().st_mode & 0o777 == 0o600
    (ended,) = schedulers(queue)
    os.kill(ended, signal.SIGTERM)
    wait_for(lambda: not process_is_alive(ended), "it to end")
    assert (queue.home / "background").read_bytes() == b""
    queue("list")
    go.touch()
    wait_for(lambda: not [pid for pid in of_queue(queue.home) if is_watcher(pid)], "the watchers to end")
    assert not schedulers(queue)
    assert state(queue, 1) == "running"
    queue("add", "true")
    wait_for(lambda: state(queue, 2) == "completed", "the next job")
    assert state(queue, 1) == "failed"


@pytest.mark.long
def test_a_scheduler_that_is_ended_while_it_starts_does_not_come_back(queue: Cli, tmp_path: Path) -> None:
    go = waiting_job(queue, tmp_path, 5)
    killed = kill(queue)
    begun = wait_for(lambda: [pid for pid in schedulers(queue) if pid != killed], "another one to start")[0]
    os.kill(begun, signal.SIGTERM)
    wait_for(lambda: not process_is_alive(begun), "it to end")
    assert (queue.home / "background").read_bytes() == b""
    go.touch()
    wait_for(lambda: not of_queue(queue.home), "every process to end")


@pytest.mark.long
def test_a_scheduler_that_is_killed_at_its_first_start_comes_back_with_the_next_command(queue: Cli) -> None:
    queue("add", "true")
    for begun in wait_for(lambda: schedulers(queue), "one to start"):
        os.kill(begun, signal.SIGKILL)
    queue("list")
    wait_for(lambda: state(queue, 1) == "completed", "the job")


@pytest.mark.long
def test_without_background_in_the_settings_none_comes_back(queue: Cli, tmp_path: Path) -> None:
    waiting_job(queue, tmp_path, 5)
    queue.settings(background=False)
    kill(queue)
    wait_for(lambda: (queue.home / "background").read_bytes() == b"", "a successor to read the settings")
    wait_for(lambda: not schedulers(queue), "it to end")
    queue("list")
    assert not schedulers(queue)


@pytest.mark.long
def test_a_copy_of_the_queue_starts_none(queue: Cli, tmp_path: Path) -> None:
    waiting_job(queue, tmp_path, 5)
    kill(queue, watchers="all")
    copy = tmp_path / "copy"
    shutil.copytree(queue.home, copy, ignore=shutil.ignore_patterns("wake", "alive", "control"))
    env = {**queue.env, "TUI_QUEUE_HOME": str(copy)}
    subprocess.run([sys.executable, "-m", "tui_queue", "list"], env=env, check=True, capture_output=True)
    assert not schedulers(Cli(copy, env))
    assert not schedulers(queue)


@pytest.mark.long
@pytest.mark.parametrize(("how", "back"), [(signal.SIGKILL, True), (signal.SIGINT, False)])
def test_a_run_in_the_foreground_is_replaced_when_it_is_killed_and_not_when_it_is_ended(
    queue: Cli, tmp_path: Path, how: signal.Signals, back: bool
) -> None:
    go = tmp_path / "go"
    queue.settings(background=False)
    queue("add", "sh", "-c", f"while [ ! -e {go} ]; do sleep 0.02; done; exit 5")
    queue.settings(background=True)
    run = queue.start("run", "--until-empty")
    wait_for(lambda: state(queue, 1) == "running" and (queue.home / "runs/1/1/claim").exists(), "the job to run")
    queue("list")
    assert not schedulers(queue)
    run.send_signal(how)
    run.communicate()
    go.touch()
    if back:
        wait_for(lambda: state(queue, 1) == "failed", "another scheduler to take the end")
    else:
        wait_for(lambda: not [pid for pid in of_queue(queue.home) if is_watcher(pid)], "the watchers to end")
        queue("list")
        assert not schedulers(queue)


@pytest.mark.long
def test_a_scheduler_that_dies_at_each_start_is_started_less_and_less(queue: Cli, tmp_path: Path) -> None:
    waiting_job(queue, tmp_path, 5)
    (queue.home / "config.toml").write_text("slots = nonsense\n")
    kill(queue)
    begun: dict[int, float] = {}  # when each of those that died young was started

    def twelve_died() -> bool:
        recipe = json.loads((queue.home / "background").read_bytes().rpartition(b" ")[0] or b"{}")
        if recipe.get("young"):
            begun.setdefault(recipe["young"], recipe["begun"])
        return 12 in begun

    wait_for(twelve_died, "twelve starts", 300)
    assert begun[12] - begun[11] >= 2
