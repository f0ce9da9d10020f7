"""A disk that refuses what a watcher writes: the exit code and the output are kept all the same.

A limit on the size of files, which a user may set for each process, has the kernel refuse every write.
"""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.processes import files, is_watcher, of_queue, run_of
from tui_queue.core.execution.watcher.records import unsealed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit is of Linux")

Runner = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A pipe: the job begins to end when it is written to."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    return gate


@pytest.fixture
def run(cli: Cli) -> Iterator[Runner]:
    """Return what starts a scheduler, which is killed at the latest when the test ends."""
    runners: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        runners.append(cli.start("run", "--until-empty"))
        return runners[-1]

    yield start
    for runner in runners:
        runner.kill()
        runner.communicate()


def watcher_of(cli: Cli, job: int) -> int:
    """Wait until a job runs; return the process beside it."""
    wait_for(lambda: cli.job(job)["started_at"], "the start")
    (watcher,) = (pid for pid in of_queue(cli.home) if is_watcher(pid) and run_of(pid, cli.home) == (job, 1))
    return watcher


def refuse(pid: int) -> None:
    """Have the kernel refuse whatever a process writes into files."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def accept(pid: int) -> None:
    """Let a process write again."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def let_end(cli: Cli, gate: Path) -> None:
    """Open the gate, and wait until the command of job 1 has ended."""
    record = unsealed((cli.home / "runs/1/1/start").read_bytes())
    assert record is not None
    gate.write_text("go\n")
    wait_for(lambda: not process_is_alive(record["pid"]), "the end of the command")


def end_files(cli: Cli) -> list[str]:
    """Return the files that hold a whole end record."""
    found = (cli.home / "runs/1/1").glob("end*")
    return [file.name for file in found if unsealed(file.read_bytes().partition(b"\n")[0])]


def test_an_end_that_can_not_be_written_is_stored_by_the_scheduler(cli: Cli, gate: Path, run: Runner) -> None:
    cli("add", "sh", "-c", f"read word < {gate}; exit 7")
    runner = run()
    refuse(watcher_of(cli, 1))
    gate.write_text("go\n")
    assert runner.wait(timeout=60) == 1
    assert cli.job(1)["reason"] == "exit 7"
    assert end_files(cli) == []


def test_an_end_that_can_not_be_written_is_told_to_the_next_scheduler(cli: Cli, gate: Path, run: Runner) -> None:
    cli("add", "sh", "-c", f"read word < {gate}; exit 7")
    runner = run()
    watcher = watcher_of(cli, 1)
    refuse(watcher)
    runner.kill()
    runner.wait()
    let_end(cli, gate)
    assert run().wait(timeout=60) == 1
    assert cli.job(1)["reason"] == "exit 7"
    wait_for(lambda: not process_is_alive(watcher), "the watcher to leave, since the end is stored")
    assert end_files(cli) == []


def test_an_end_is_written_into_a_new_file_when_the_disk_takes_it_again(cli: Cli, gate: Path, run: Runner) -> None:
    cli("add", "sh", "-c", f"read word < {gate}; exit 7")
    runner = run()
    watcher = watcher_of(cli, 1)
    refuse(watcher)
    runner.kill()
    runner.wait()
    let_end(cli, gate)
    refused = str(cli.home / "runs/1/1/end")
    wait_for(lambda: refused not in files(watcher), "the disk to refuse the first file")
    accept(watcher)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to leave, since the end is on disk")
    (name,) = end_files(cli)
    assert name.startswith("end.")
    assert run().wait(timeout=60) == 1
    assert cli.job(1)["reason"] == "exit 7"


def test_an_end_that_could_not_be_stored_is_kept_though_its_watcher_is_killed(
    cli: Cli, gate: Path, run: Runner
) -> None:
    cli("add", "sh", "-c", f"read word < {gate}; exit 7")
    runner = run()
    watcher = watcher_of(cli, 1)
    refuse(watcher)
    refuse(runner.pid)
    let_end(cli, gate)
    assert runner.stderr is not None
    assert any(b"could not be stored" in line for line in runner.stderr)
    os.kill(watcher, signal.SIGKILL)
    accept(runner.pid)
    assert runner.wait(timeout=60) == 1
    assert cli.job(1)["reason"] == "exit 7"


def test_the_output_of_a_terminal_waits_for_a_disk_that_refuses_it(cli: Cli, gate: Path, run: Runner) -> None:
    cli("add", "--pty", "sh", "-c", f"echo one; read word < {gate}; echo two; exit 7")
    runner = run()
    watcher = watcher_of(cli, 1)
    wait_for(lambda: cli("log", "1") == "one\n", "the first line")
    refuse(watcher)
    gate.write_text("go\n")
    assert runner.wait(timeout=60) == 1
    assert cli.job(1)["reason"] == "exit 7"
    assert cli("log", "1") == "one\n"
    assert process_is_alive(watcher)
    accept(watcher)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to leave, since the output is on disk")
    assert cli("log", "1") == "one\ntwo\n"


def test_a_log_says_how_much_of_a_terminals_output_is_lost(cli: Cli, gate: Path, run: Runner) -> None:
    cli("add", "--pty", "sh", "-c", f"read word < {gate}; head -c 3000000 /dev/zero | tr '\\0' x; exit 7")
    runner = run()
    watcher = watcher_of(cli, 1)
    refuse(watcher)
    gate.write_text("go\n")
    assert runner.wait(timeout=60) == 1
    accept(watcher)
    wait_for(lambda: not process_is_alive(watcher), "the watcher to leave, since the output is on disk")
    kept, _, said = Path(cli.job(1)["log_path"]).read_text().partition("\n")
    lost = f"{3_000_000 - len(kept):,}"
    assert len(kept) > 900_000
    assert said == f"[tui-queue: {lost} bytes of output could not be written here: file too large]\n"


@pytest.mark.long
def test_the_times_of_lines_are_noted_again_when_the_disk_takes_them_again(
    cli: Cli, tmp_path: Path, run: Runner
) -> None:
    done = tmp_path / "done"
    cli("add", "--times", "sh", "-c", f"until [ -e {done} ]; do echo line; sleep 0.05; done")
    runner = run()
    watcher = watcher_of(cli, 1)
    times, log = cli.home / "runs/1/1/times", cli.home / "runs/1/1/log"
    wait_for(lambda: times.stat().st_size, "the first note")
    refuse(watcher)
    noted, printed = times.stat().st_size, log.stat().st_size
    wait_for(lambda: log.stat().st_size > printed + 30 * len("line\n"), "output whose time the disk refuses to take")
    accept(watcher)
    wait_for(lambda: times.stat().st_size > noted, "the next note", 10)
    done.touch()
    assert runner.wait(timeout=60) == 0


@pytest.mark.long
def test_a_start_that_could_not_be_recorded_is_recorded_later(cli: Cli, gate: Path, run: Runner) -> None:
    record = cli.home / "runs/1/1/start"
    cli("add", "sh", "-c", f"read word < {gate}; exit 7")
    record.mkdir(mode=0o700, parents=True)
    runner = run()
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    record.rmdir()
    wait_for(lambda: record.exists() and unsealed(record.read_bytes()), "the record of the start")
    gate.write_text("go\n")
    assert runner.wait(timeout=60) == 1
