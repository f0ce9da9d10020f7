"""What runs have left stays known when schedulers and watchers are killed."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import Cli, process_is_alive, wait_for
from tests.support import processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what a run leaves can't be found")

ALONE = """#!/bin/sh
exec 9>>"$1/lock"
flock -n 9 || echo >> "$1/faults"
trap '' TERM
sleep 60 &
echo $! >> "$1/left"
while [ ! -e "$1/go" ]; do sleep 0.02; done
exit 3
"""


@pytest.fixture(autouse=True)
def leave_none(cli: Cli) -> Iterator[None]:
    yield
    kill(*processes.of_queue(cli.home))


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_leftovers_are_known_after_the_scheduler_and_the_watchers_were_killed(
    cli: Cli, script: Callable[..., str], tmp_path: Path
) -> None:
    path = script("alone.sh", ALONE)
    cli("add", "--grace", "1s", "--retries", "1", path, str(tmp_path))
    first = cli.start("run", "--standby", "--stay")
    left = tmp_path / "left"
    wait_for(lambda: left.exists() and left.read_text() and cli.job(1)["started_at"], "the first attempt")
    kill(first.pid)
    first.communicate()
    (tmp_path / "go").touch()
    end = cli.home / "runs" / "1" / "1" / "end"
    wait_for(lambda: b'"left"' in end.read_bytes(), "its end record")
    kill(*(pid for pid in processes.of_queue(cli.home) if processes.is_watcher(pid)))
    second = cli.start("run", "--standby", "--stay")
    wait_for(lambda: cli.job(1)["finished_at"] and cli.job(1)["processes_left"] == 1, "the second attempt to end")
    kill(second.pid)
    second.communicate()
    before, now = map(int, left.read_text().split())
    assert not process_is_alive(before)
    assert not (tmp_path / "faults").exists()
    assert cli.job(1)["processes_left"] == 1  # without any scheduler
    cli("cancel", "1")
    assert process_is_alive(now)
    third = cli.start("run", "--standby", "--stay")
    wait_for(lambda: not process_is_alive(now), "the end of what the second one has left")
    third.terminate()
    third.communicate(timeout=60)
