"""Jobs that have closed what they inherited, and lose their watcher: they go on, and nobody takes them for ended."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support import processes
from tests.support.commands import ended, start_record, stop

Script = Callable[..., str]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

# Each notes its start, closes its descriptors in its own way, and ends once the file `end` is there; it has 60 s.
CLOSES = {
    "a daemon closes all descriptors": """#!{python}
import os, pathlib, sys, time
os.closerange(3, 4096)
place = pathlib.Path(sys.argv[1])
with open(place / "starts", "a") as starts:
    starts.write(os.environ["TUI_QUEUE_ATTEMPT"] + " begins\\n")
print(os.getpid(), flush=True)
for _ in range(1200):
    if (place / "end").exists():
        break
    time.sleep(0.05)
with open(place / "starts", "a") as starts:
    starts.write(os.environ["TUI_QUEUE_ATTEMPT"] + " ends\\n")
""",
    "a script locks descriptor 200": """#!/bin/bash
exec 243>&- 200>"$1/lock"
flock 200
echo "$TUI_QUEUE_ATTEMPT begins" >> "$1/starts"
echo $$
for _ in $(seq 1200); do test -e "$1/end" && break; sleep 0.05; done
echo "$TUI_QUEUE_ATTEMPT ends" >> "$1/starts"
""",
    "a program has no environment either": """#!/bin/bash
echo "$TUI_QUEUE_ATTEMPT begins" >> "$1/starts"
export attempt=$TUI_QUEUE_ATTEMPT
exec {python} -c 'import os, sys
os.closerange(3, 4096)
os.execve("/bin/sh", ["sh", "-c", sys.argv[1], "sh", *sys.argv[2:]], dict())' '
echo $$
for _ in $(seq 1200); do test -e "$1/end" && break; sleep 0.05; done
echo "$2 ends" >> "$1/starts"' "$1" "$attempt"
""",
}
QUICK = "a program has no environment either"
QUICK_FIRST = [pytest.param(CLOSES[name], id=name, marks=[] if name == QUICK else pytest.mark.long) for name in CLOSES]


@pytest.fixture
def runner(cli: Cli) -> Iterator["subprocess.Popen[bytes]"]:
    """A scheduler that ends once nothing is left; job 1 keeps it until the test cancels that."""
    cli("add", "sleep", "60")
    started = cli.start("run", "--until-empty")
    yield started
    started.kill()
    started.communicate()


def start(cli: Cli, script: str, tmp_path: Path, *options: str) -> int:
    """Add the job and wait for its start; return the number of its process."""
    number = cli("add", "--yes", *options, script, str(tmp_path)).split()[0]
    wait_for(lambda: cli("log", number), "its first output")
    wait_for(lambda: cli.job(int(number))["started_at"], "its start to be recorded")
    return int(cli("log", number))


def kill_watcher(cli: Cli, number: int) -> None:
    watcher = start_record(cli, number)["watcher"]
    os.kill(watcher, signal.SIGKILL)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to die")


def another_job_passes(cli: Cli) -> None:
    """Let the scheduler do something else, so that it has seen what was before."""
    number = int(cli("add", "--yes", "true").split()[0])
    wait_for(lambda: cli.job(number)["state"] == "completed", "another job to pass")


def status(pid: int) -> str:
    """Return the state of a process as the kernel's letter: S sleeps, T is stopped."""
    return (processes.status(pid) or [""])[0]


@pytest.mark.parametrize("text", QUICK_FIRST)
def test_a_job_without_descriptors_is_followed_to_its_end_when_its_watcher_was_killed(
    cli: Cli, script: Script, tmp_path: Path, runner: "subprocess.Popen[bytes]", text: str
) -> None:
    job = start(cli, script("closes", text.format(python=sys.executable)), tmp_path, "--on-lost", "requeue")
    kill_watcher(cli, 2)
    another_job_passes(cli)
    assert (cli.job(2)["state"], cli.job(2)["attempt"]) == ("running", 1)
    # The next scheduler finds it too.
    stop(runner)
    adopter = cli.start("run", "--until-empty")
    another_job_passes(cli)
    assert (cli.job(2)["state"], cli.job(2)["attempt"]) == ("running", 1)
    assert process_is_alive(job)
    (tmp_path / "end").touch()
    wait_for(lambda: cli.job(2)["state"] == "completed", "the attempt after the lost one")
    cli("cancel", "1")
    assert ended(adopter) == 1
    # The outcome of the first attempt is unknown; the user has asked for another one then.
    assert (tmp_path / "starts").read_text().splitlines() == ["1 begins", "1 ends", "2 begins", "2 ends"]


@pytest.mark.long
@pytest.mark.parametrize("text", CLOSES.values(), ids=CLOSES)
def test_a_job_without_descriptors_is_paused_and_cancelled_when_its_watcher_was_killed(
    cli: Cli, script: Script, tmp_path: Path, runner: "subprocess.Popen[bytes]", text: str
) -> None:
    job = start(cli, script("closes", text.format(python=sys.executable)), tmp_path)
    kill_watcher(cli, 2)
    another_job_passes(cli)
    cli("pause", "2")
    wait_for(lambda: status(job) == "T", "the job to stop")
    cli("resume", "2")
    wait_for(lambda: status(job) != "T", "the job to go on")
    cli("cancel", "--all")
    assert ended(runner) == 1
    assert not process_is_alive(job)
    assert (cli.job(2)["state"], cli.job(2)["reason"]) == ("cancelled", "cancelled by user")


def test_what_a_dead_command_has_left_without_a_mark_is_cancelled_when_its_watcher_was_killed(
    cli: Cli, script: Script, tmp_path: Path, runner: "subprocess.Popen[bytes]"
) -> None:
    text = "#!/bin/sh\nenv -i setsid sh -c 'echo $$; exec sleep 60' &\nexec sleep 60\n"
    job = start(cli, script("leaves.sh", text), tmp_path)
    kill_watcher(cli, 2)
    os.kill(start_record(cli, 2)["pid"], signal.SIGKILL)
    another_job_passes(cli)
    assert cli.job(2)["state"] == "running"
    cli("cancel", "--all")
    assert ended(runner) == 1
    assert not process_is_alive(job)


@pytest.mark.long
def test_a_job_whose_files_the_user_has_deleted_is_followed_and_cancelled(
    cli: Cli, script: Script, tmp_path: Path, runner: "subprocess.Popen[bytes]"
) -> None:
    job = start(cli, script("waits.sh", "#!/bin/sh\necho $$\nexec sleep 60\n"), tmp_path, "--on-lost", "requeue")
    watcher = start_record(cli, 2)["watcher"]
    shutil.rmtree(cli.home / "runs/2")
    os.kill(watcher, signal.SIGKILL)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to die")
    another_job_passes(cli)
    assert (cli.job(2)["state"], cli.job(2)["attempt"]) == ("running", 1)
    cli("cancel", "--all")
    assert ended(runner) == 1
    assert not process_is_alive(job)


@pytest.mark.long
def test_a_job_whose_files_are_deleted_before_another_scheduler_comes_is_not_started_again(
    cli: Cli, script: Script, tmp_path: Path, runner: "subprocess.Popen[bytes]"
) -> None:
    job = start(cli, script("waits.sh", "#!/bin/sh\necho $$\nexec sleep 60\n"), tmp_path, "--on-lost", "requeue")
    watcher = start_record(cli, 2)["watcher"]
    os.kill(runner.pid, signal.SIGKILL)
    runner.communicate()
    shutil.rmtree(cli.home / "runs/2")
    os.kill(watcher, signal.SIGKILL)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to die")
    second = cli.start("run", "--until-empty")
    another_job_passes(cli)
    assert (cli.job(2)["state"], cli.job(2)["attempt"]) == ("running", 1)
    cli("cancel", "--all")
    assert ended(second) == 1
    assert not process_is_alive(job)
