"""What wakes a dashboard in which nothing happens."""

import os
from pathlib import Path

from tests.conftest import Cli
from tests.support.raw_terminal import raw_terminal

SECONDS = 2
MOST = 8  # wake-ups a second, of all threads; most are the look for what other hosts have left


def wake_ups(pid: int) -> dict[str, int]:
    """Return how often each thread of a process has slept."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        status = Path(f"/proc/{pid}/task/{thread}/status").read_text().splitlines()
        found[thread] = next(int(line.split()[1]) for line in status if line.startswith("voluntary"))
    return found


def test_a_dashboard_without_jobs_sleeps(cli: Cli) -> None:
    with raw_terminal(cli.env) as window:
        window.rest_for(1.5)  # what is imported behind the first picture
        window.rest()
        before, received = wake_ups(window.process.pid), window.received
        window.rest_for(SECONDS)
        after = wake_ups(window.process.pid)
        assert window.received == received
        assert sum(after[thread] - before.get(thread, 0) for thread in after) <= MOST * SECONDS
        window.type("q")
        assert window.end_reading() == 0
