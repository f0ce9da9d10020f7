"""Measures what tests only check: ``python -m tests.bench.figures take-over | cancel | memory [--times N]``."""

import argparse
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.test_runs import DAEMON
from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.tmux import terminal
from tui_queue.core.execution import watcher_pool


@contextmanager
def queue(settings: str = "", *, background: bool = False) -> Iterator[Cli]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        cli = Cli(Path(directory), {**os.environ, "TUI_QUEUE_HOME": directory})
        cli.settings(settings, background=background)
        yield cli


def holder(cli: Cli, other_than: int) -> tuple[int, float]:
    """Wait for another scheduler; return its process, and the time when the store named it, on the wall's clock."""
    db = sqlite3.connect(cli.home / "queue.db", timeout=30)
    try:
        while True:
            row = db.execute("SELECT pid FROM lease").fetchone()
            if row and row[0] != other_than:
                return row[0], time.time()
            time.sleep(0.001)
    finally:
        db.close()


def take_over(times: int) -> None:
    """The dashboard is killed and the background takes over; a dashboard is opened and takes the queue back."""
    over, back = [], []
    with queue("slots = 1", background=True) as cli, terminal(cli) as window:
        cli("add", "sleep", "3600")
        background, _ = holder(cli, 0)
        for _ in range(times):
            window.type(f"clear; {sys.executable} -m tui_queue\n")
            dashboard, at = holder(cli, background)
            back.append(at - (cli.home / "foreground").stat().st_mtime)
            window.wait_for("scheduler here")
            begun = time.time()
            os.kill(dashboard, signal.SIGKILL)
            background, at = holder(cli, dashboard)
            over.append(at - begun)
            window.type("reset; echo re''ady\n")
            window.wait_for("ready")
        cli("cancel", "1")
        os.kill(background, signal.SIGTERM)
        wait_for(lambda: not process_is_alive(background), "the background to end")
    for what, taken in (("kill -9 of the dashboard to the next scheduler", over), ("hand-back to a dashboard", back)):
        print(f"{what:<48} median {1000 * statistics.median(taken):6.1f} ms, longest {1000 * max(taken):6.1f} ms")
    print(f"({times} times each)")


def cancel(times: int) -> None:
    """A job that daemonises grandchildren is cancelled; ``ps`` must show none of them."""
    clean = 0
    with queue("grace_s = 5", background=True) as cli:
        script = cli.home / "daemon.py"
        script.write_text(DAEMON.format(last=""))
        for number in range(1, times + 1):
            cli("add", str(script))
            wait_for(lambda: cli("log", str(number)).count("\n") == 2, "the daemon")  # noqa: B023
            pids = cli("log", str(number)).split()
            cli("cancel", str(number))
            wait_for(lambda: cli.job(number)["state"] == "cancelled", "the end")  # noqa: B023
            shown = subprocess.run(["ps", "-o", "stat=,args=", "-p", ",".join(pids)], capture_output=True, check=False)
            clean += not [line for line in shown.stdout.decode().splitlines() if not line.startswith("Z")]
    print(f"cancelled with daemonised grandchildren: ps shows none of them {clean} times out of {times}")


def memory(times: int) -> None:
    """PSS of the watchers of so many running jobs, and of the process that they are forked from."""
    with queue(f"slots = {times}") as cli:
        for _ in range(times):
            cli("add", "sleep", "3600")
        runner = cli.start("run", "--until-empty")
        wait_for(lambda: sum(1 for job in cli.jobs().values() if job["started_at"]) == times, "the jobs", 120)
        sizes = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if process_is_alive(int(pid)) else []
            home = Path(f"/proc/{pid}/environ").read_bytes() if os.fsencode(watcher_pool.FOLDER) in words else b""
            if home:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                found = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
                parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
                sizes[int(pid)] = (parent, int(found[1]) / 1024 if found else 0.0)
        (forker,) = [pid for pid, (parent, _) in sizes.items() if parent == runner.pid]
        watchers = [size for parent, size in sizes.values() if parent == forker]
        cli("cancel", *map(str, range(1, times + 1)))
        runner.communicate()
    print(
        f"PSS of {len(watchers)} watchers ({times} with a job): median {statistics.median(watchers):.2f} MB, largest"
        f" {max(watchers):.2f} MB, together {sum(watchers):.1f} MB; their parent {sizes[forker][1]:.2f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["take-over", "cancel", "memory"])
    parser.add_argument("--times", type=int)
    options = parser.parse_args()
    measure, times = {"take-over": (take_over, 20), "cancel": (cancel, 100), "memory": (memory, 50)}[options.what]
    measure(options.times or times)


if __name__ == "__main__":
    main()
