"""What takes part in a queue is killed, and disks refuse: a short form of the tools that do it at length."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.tracer import SUPPORTED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A directory with the program by a path of its own, which tells its processes from those of other tests."""
    for package in ("tests", "tui_queue"):
        (tmp_path / package).symlink_to(ROOT / package)
    return tmp_path


def run(program: Path, tool: str, *options: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.fuzz.{tool}", *options],
        cwd=program,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_kills_at_random_moments_lose_no_job_and_start_none_twice(program: Path) -> None:
    run(program, "kill_rounds", "--rounds", "20")


@pytest.mark.long
def test_kills_of_a_scheduler_that_drains_short_jobs_start_each_once(program: Path) -> None:
    run(program, "drain_kills", "--rounds", "2")


@pytest.mark.long
@pytest.mark.skipif(not SUPPORTED, reason="the tracer knows the system calls of Linux on x86-64 only")
def test_a_kill_before_a_system_call_leaves_a_job_started_once_with_its_true_end(program: Path) -> None:
    run(program, "crash_matrix", "--every", "32")


@pytest.mark.long
@pytest.mark.skipif(not SUPPORTED, reason="the tracer knows the system calls of Linux on x86-64 only")
def test_a_write_of_a_watcher_that_is_refused_loses_no_exit_code(program: Path) -> None:
    run(program, "refused_writes", "--only", "errors", "--every", "12")


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount file systems")
def test_jobs_that_end_on_a_full_or_failing_file_system_keep_their_exit_codes(program: Path) -> None:
    run(program, "refused_writes", "--only", "disks")
