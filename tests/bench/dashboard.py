"""How fast the dashboard is, and how much it writes: ``python -m tests.bench.dashboard [--jobs N] [--seconds S]``.

Prints, in one run: how fast its scheduler starts jobs beside one without a screen, in ``--rounds`` that alternate;
start to first paint with 0, 10,000 and N ended jobs in the store; from a key to the paint that it causes, with N
jobs, while ten change each second and a log of 10,000 lines a second is shown; bytes written to a terminal of 200x50
while nothing happens, for each key that moves the cursor, and while five jobs run.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import schedulers
from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import RawTerminal, raw_terminal

SIZE = (200, 50)
KEYS = 60
PARTS = ("drain", "busy", "gap", "start", "paint", "keys", "drainkeys", "bytes")
FLOOD = """
import itertools, time
for number in itertools.count():
    print("line", number, flush=number % 500 == 0)
    if number % 500 == 0:
        time.sleep(0.05)
"""
# Ten jobs that wait for one that is held: to be held and released changes how they look, and starts none.
CHANGE = """
import time
from tui_queue import Queue
with Queue() as queue:
    while True:
        for verb in (queue.hold, queue.release):
            verb(*range(2, 12))
            time.sleep(1)
"""
WAITING = 11
_FILL = """
    WITH RECURSIVE number (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM number WHERE n < :last)
    INSERT INTO jobs (uuid, name, path, args, cwd, queue, place, state, reason, exit_code, attempt,
        created_at, started_at, finished_at)
    SELECT printf('%08x-0000-4000-8000-%012x', n, n), x'6a6f622e7079', x'2f746d702f6a6f622e7079', x'', x'2f746d70',
        'default', n << 20, iif(n % 9, 'completed', 'failed'), iif(n % 9, 'exit 0', 'exit 3'), iif(n % 9, 0, 3), 1,
        :now + n * 1000, :now + n * 1000, :now + n * 1000 + 500 FROM number"""


@contextmanager
def a_queue(jobs: int) -> Iterator[Cli]:
    """Open a queue with so many ended jobs behind some that wait."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONDONTWRITE")}
        cli = Cli(Path(directory), {**env, "TUI_QUEUE_HOME": directory})
        cli.settings("slots = 6")
        cli("add", "--hold", "true")
        for _ in range(WAITING - 1):
            cli("add", "-y", "--after", "1", "true")
        if jobs:
            with sqlite3.connect(cli.home / "queue.db") as db:
                now = (int(time.time()) - jobs) * 1_000_000
                db.execute(_FILL, {"first": WAITING + 1, "last": jobs + WAITING, "now": now})
            db.close()
        yield cli


def first_paint_s(cli: Cli) -> float:
    begun = time.monotonic()
    window = RawTerminal(cli.env, size=SIZE, ignore_hangup=False, controlling=True)
    try:
        window.see("held")
        return time.monotonic() - begun
    finally:
        window.type("q")
        window.close()


def bytes_written(window: RawTerminal, seconds: float) -> int:
    before, end = window.received, time.monotonic() + seconds
    while time.monotonic() < end:
        window.read(0.2)
    return window.received - before


def key_to_paint_s(window: RawTerminal, times: int) -> list[float]:
    """Return how long it takes until the pane beside the table is about another job, each time a key is pressed."""
    taken = []
    for number in range(times):
        before = headline(window)
        begun = time.monotonic()
        window.type("j" if number % 20 < 10 else "k")
        window.read_until(lambda before=before: headline(window) != before, "the cursor to move")  # type: ignore[misc]
        taken.append(time.monotonic() - begun)
        wait = time.monotonic() + 0.1
        while time.monotonic() < wait:
            window.read(0.01)
    return taken


def headline(window: RawTerminal) -> str:
    """Return what stands above the log: number, name and state of the job under the cursor."""
    return window.screen.display[1].partition("╭")[2]


def time_keys(jobs: int) -> list[float]:
    with a_queue(jobs) as cli, raw_terminal(cli.env, size=SIZE) as window:
        flood = cli.home / "flood.py"
        flood.write_text(FLOOD)
        cli("add", "--name", "flood", sys.executable, str(flood))
        changing = subprocess.Popen([sys.executable, "-c", CHANGE], env=cli.env, start_new_session=True)
        try:
            window.see("flood")
            window.type("g")
            window.see("line ")
            return key_to_paint_s(window, KEYS)
        finally:
            os.killpg(changing.pid, 9)
            changing.wait()
            cli.process("cancel", "--all")


@contextmanager
def a_drain(held: int, trivial: int) -> Iterator[tuple[Cli, RawTerminal]]:
    """Open a dashboard with so many held jobs, the cursor on the first, behind which others are about to run."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONDONTWRITE")}
        cli = Cli(Path(directory), {**env, "TUI_QUEUE_HOME": directory})
        cli.settings()
        cli("queue", "set", "default", "--slots", "0")
        cli.process("add", "--hold", "--from", "-", given=b"/bin/true\n" * held)
        cli.process("add", "--from", "-", given=b"/bin/true\n" * trivial)
        with raw_terminal(cli.env, size=SIZE) as window:
            window.see("held")
            window.type("g")
            window.rest()
            yield cli, window


def time_keys_in_drains(keys: int) -> list[float]:
    """Return how long keys take to be seen that move the cursor while 600 trivial jobs drain, again and again."""
    taken: list[float] = []
    while len(taken) < keys:
        with a_drain(40, 600) as (cli, window):
            cli("queue", "set", "default", "--slots", "2")
            for number in range(40):
                before, begun = headline(window), time.monotonic()
                window.type("j" if number % 20 < 10 else "k")
                window.read_until(lambda before=before: headline(window) != before, "the cursor")  # type: ignore[misc]
                taken.append(time.monotonic() - begun)
                window.rest_for(0.03)
    return taken


def keys_that_hit(keys: int) -> int:
    """Return how many of so many keys acted on the row under the cursor while 600 trivial jobs drained."""
    with a_drain(keys + 10, 600) as (cli, window):
        cli("queue", "set", "default", "--slots", "2")
        for _ in range(keys):
            window.type(" ")  # selects the job under the cursor, and goes on to the next
            window.rest_for(0.015)
        window.see(f"{keys} jobs", timeout=300)
        window.type("c")
        jobs = wait_for(lambda: [job for job in cli.jobs().values() if job["state"] == "cancelled"], "the cancels")
        hit = sum(1 for job in jobs if job["id"] <= keys)
        return 2 * hit - len(jobs)  # each other job that was hit takes one away


def print_bytes(seconds: float) -> None:
    with a_queue(200) as cli, raw_terminal(cli.env, size=SIZE) as window:
        window.rest()
        print(
            f"bytes while idle for {seconds:g} s:                      {bytes_written(window, seconds):8,}   (goal 0)"
        )
        costs = []
        for number in range(KEYS):
            before = window.received
            window.type("j" if number % 40 < 20 else "k")
            window.rest_for(0.15)
            costs.append(window.received - before)
        notified = f"median {statistics.median(costs):,.0f}, largest {max(costs):,}"
        print(f"bytes a key that moves the cursor:               {notified}   (goal under 1,500)")
        cli("add", "sleep", "600")
        for _ in range(4):
            cli("add", "-y", "sleep", "600")
        window.rest_for(2)
        print(f"bytes while 5 jobs run for {seconds:g} s:                {bytes_written(window, seconds):8,}")
        threading.Thread(target=lambda: cli.process("cancel", "--all")).start()
        window.rest_for(3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5, help="of both schedulers")
    parser.add_argument("--drained", type=int, default=700, help="jobs of one drain")
    parser.add_argument("--at", help="where the queues are made, on a fresh file system best")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, of: %(default)s; also drain2, drain8")
    options = parser.parse_args()
    only = set(options.only.split(","))
    schedulers.compare(options.at, options.rounds, options.drained, only=only)
    if "paint" in only:
        print_first_paints(options)
    if "keys" in only:
        keys = sorted(time_keys(options.jobs))
        p99 = keys[min(len(keys) - 1, int(0.99 * len(keys)))]
        print(
            f"key to paint, {options.jobs:,} jobs, ten changing a second, a log of 10,000 lines a second:"
            f" median {1000 * statistics.median(keys):.0f} ms, p99 {1000 * p99:.0f} ms"
        )
    if "drainkeys" in only:
        taken = time_keys_in_drains(300)
        print(
            f"key to paint while 600 trivial jobs drain, {len(taken)} keys:"
            f" median {1000 * statistics.median(taken):.0f} ms,"
            f" p99 {1000 * schedulers.percentile(taken, 0.99):.0f} ms (goal 100)"
        )
        print(f"keys that act on the row under the cursor meanwhile: {keys_that_hit(200)} of 200")
    if "bytes" in only:
        print_bytes(options.seconds)


def print_first_paints(options: argparse.Namespace) -> None:
    for jobs in (0, 10_000, options.jobs):
        with a_queue(jobs) as cli:
            first_paint_s(cli)  # what is compiled and cached once
            painted = [first_paint_s(cli) for _ in range(options.times)]
        print(
            f"start to first paint, {jobs:9,} jobs:                 median {1000 * statistics.median(painted):,.0f} ms"
        )


if __name__ == "__main__":
    main()
