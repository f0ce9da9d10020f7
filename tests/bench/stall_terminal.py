"""Measure what a terminal that is not read, or that goes away, does to the queue.

``python -m tests.bench.stall_terminal [--seconds 60] [--times 20]`` prints how late jobs start while the terminal of
the dashboard is not read for so long, and how many of so many closings, with SIGHUP ignored, end it within 5 s.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.conftest import Cli, wait_for
from tests.faults.test_stalled_terminal import FLOOD, completed, latency_s
from tests.support.raw_terminal import raw_terminal

GONE_S = 5


def main() -> None:
    """Measure, and print two lines."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=int, default=60)
    words.add_argument("--times", type=int, default=20)
    wanted = words.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        cli = Cli(home, {**env, "TUI_QUEUE_HOME": str(home)})
        cli.settings("slots = 10")
        cli("add", "--name", "flood", "sh", "-c", FLOOD)
        late = start_latencies_s(cli, wanted.seconds)
        gone = closings_s(cli, wanted.times)
        cli("cancel", "1")
        cli.drain(code=1)
    print(
        f"not read for {wanted.seconds} s: {len(late)} jobs added, start latency "
        f"median {statistics.median(late) * 1000:.0f} ms, max {max(late) * 1000:.0f} ms"
    )
    within = [seconds for seconds in gone if seconds <= GONE_S]
    print(f"closed with SIGHUP ignored: {len(within)} of {len(gone)} gone within {GONE_S} s, longest {max(gone):.2f} s")


def start_latencies_s(cli: Cli, seconds: int) -> list[float]:
    """Add a job once a second while the terminal is full; return how late each started."""
    with raw_terminal(cli.env) as window:
        window.see("10000")
        window.wait_until_full()
        begun = time.monotonic()
        for number in range(seconds):
            time.sleep(max(0, begun + number - time.monotonic()))
            cli("add", "true")
            window.type("l")  # so that more is drawn than the job's output alone makes
        jobs = wait_for(lambda: completed(cli, seconds), "the jobs to complete")
        assert window.is_full()
    return [latency_s(job) for job in jobs]


def closings_s(cli: Cli, times: int) -> list[float]:
    """Close the terminal so many times; return how long the dashboard took to go."""
    took = []
    for number in range(times):
        # Every other one controls no process, so that there is no signal that could be ignored.
        with raw_terminal(cli.env, ignore_hangup=True, controlling=number % 2 == 0) as window:
            window.see("10000")
            window.hang_up()
            try:
                took.append(window.end(60))
            except subprocess.TimeoutExpired:
                took.append(60)
    return took


if __name__ == "__main__":
    main()
