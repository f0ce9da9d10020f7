"""Everything that takes part in a queue is killed: a short form of the tools that do it at length."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.tracer import SUPPORTED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


def run(tool: str, *options: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.{tool}", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_kills_at_random_moments_lose_no_job_and_start_none_twice() -> None:
    run("kill_rounds", "--rounds", "20")


@pytest.mark.skipif(not SUPPORTED, reason="the tracer knows the system calls of Linux on x86-64 only")
def test_a_kill_before_a_system_call_leaves_a_job_started_once_with_its_true_end() -> None:
    run("crash_matrix", "--every", "32")
