"""What wakes a scheduler in which nothing happens, with a dashboard and without."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import raw_terminal

SECONDS = 2


def wake_ups(pid: int) -> dict[str, int]:
    """Return how often each thread of a process has slept."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with suppress(OSError):  # it may end meanwhile
            status = Path(f"/proc/{pid}/task/{thread}/status").read_text().splitlines()
            found[thread] = next(int(line.split()[1]) for line in status if line.startswith("voluntary"))
    return found


def more(before: dict[str, int], after: dict[str, int]) -> int:
    return sum(after[thread] - before.get(thread, 0) for thread in after)


@pytest.mark.long
def test_a_dashboard_without_jobs_sleeps(cli: Cli) -> None:
    with raw_terminal(cli.env) as window:
        window.rest_for(1.5)  # what is imported behind the first picture
        window.rest()
        before, received = wake_ups(window.process.pid), window.received
        window.rest_for(SECONDS)
        assert more(before, wake_ups(window.process.pid)) < SECONDS
        assert window.received == received
        window.type("q")
        assert window.end_reading() == 0


@pytest.mark.long
def test_a_scheduler_without_work_sleeps_until_a_process_asks_whether_it_lives(cli: Cli) -> None:
    scheduler = cli.start("run", "--standby", "--stay")
    lease = cli.home / "lease"
    try:
        wait_for(lease.exists, "the scheduler")
        cli("add", "--hold", "true")
        before: dict[str, int] = {}

        def rests() -> bool:  # until 15 s after the last command, which has asked too
            last, now = dict(before), wake_ups(scheduler.pid)
            before.clear()
            before.update(now)
            time.sleep(4)
            return last == now

        wait_for(rests, "it to rest")
        sign = lease.stat().st_mtime_ns
        os.close(os.open(lease, os.O_RDONLY))
        wait_for(lambda: lease.stat().st_mtime_ns > sign, "a sign of life", timeout=10)
    finally:
        scheduler.terminate()
        scheduler.communicate()
