"""The scheduler without a screen and the one of an open dashboard, with the same work in alternating rounds."""

import fcntl
import os
import pty
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import pairwise
from pathlib import Path

from tests.conftest import Cli, wait_for
from tests.support.processes import end_schedulers, of_queue

HEADLESS, DASHBOARD = "headless", "dashboard"
KINDS = (HEADLESS, DASHBOARD)
SIZE = 200, 50
SETTLED_S = 1.5  # after the start of a scheduler, until which it imports and draws
Figures = dict[str, float]

# Adds one job after the other to an idle queue, and prints when it did.
ONE_BY_ONE = """
import sys, time
from tui_queue import Queue
with Queue() as queue:
    queue.add("/bin/true")
    for number in range(int(sys.argv[1])):
        time.sleep(0.2 + number % 10 / 100)
        begun = time.time()
        print(queue.add("/bin/true").id, begun, flush=True)
"""


class Terminal:
    """A terminal of 200x50 that is read at once and shows nothing, with the dashboard in it."""

    def __init__(self, words: Sequence[str | bytes], env: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        self.received = 0
        self.process = subprocess.Popen(
            words,
            env={**env, "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):
            while data := os.read(self._ours, 65536):
                self.received += len(data)

    def close(self) -> None:
        """Leave the dashboard as a user does."""
        with suppress(OSError):
            os.write(self._ours, b"q")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        os.close(self._ours)


@contextmanager
def scheduling(kind: str, place: str | None, slots: int) -> Iterator[tuple[Cli, int, sqlite3.Connection]]:
    """Have a new queue of so many slots scheduled; return its command line, the process, and its database to read."""
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as directory:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONDONTWRITE")}
        cli = Cli(Path(directory), {**env, "TUI_QUEUE_HOME": directory})
        cli.settings()
        cli("queue", "set", "default", "--slots", str(slots))
        window = Terminal(cli.words(), cli.env) if kind == DASHBOARD else None
        process = window.process if window is not None else cli.start("run", "--standby", "--stay")
        try:
            # To open the database while the scheduler does would have it take the files for others'.
            wait_for(lambda: (cli.home / "wake").exists() and os.listdir(cli.home / "wake"), "the scheduler to listen")
            time.sleep(SETTLED_S)
            with closing(sqlite3.connect(f"file:{cli.home}/queue.db?mode=ro", uri=True)) as db:
                wait_for(lambda: db.execute("SELECT count(*) FROM lease").fetchone()[0], "the scheduler")
                yield cli, process.pid, db
        finally:
            if window is not None:
                window.close()
            else:
                process.terminate()
                process.communicate()
            end_schedulers(cli.home)
            wait_for(lambda: not of_queue(cli.home), "every process of the queue to end")


def drain(kind: str, place: str | None, slots: int, jobs: int) -> Figures:
    """Return the jobs per second of a drain that begins with all jobs in the queue."""
    with scheduling(kind, place, 0) as (cli, pid, db):
        cli.process("add", "--from", "-", given=b"/bin/true\n" * jobs)
        time.sleep(SETTLED_S)
        before = cpu_s(pid)
        cli("queue", "set", "default", "--slots", str(slots))
        _wait_until_ended(db, jobs)
        first, last = db.execute("SELECT min(started_at), max(finished_at) FROM runs").fetchone()
        return {"jobs/s": jobs / ((last - first) / 1e6), "CPU ms a job": 1000 * (cpu_s(pid) - before) / jobs}


def gaps(kind: str, place: str | None, jobs: int) -> Figures:
    """Return for how many milliseconds a slot is empty between two short jobs."""
    with scheduling(kind, place, 0) as (cli, _, db):
        cli.process("add", "--from", "-", given=b"/bin/sleep 0.005\n" * jobs)
        time.sleep(SETTLED_S)
        cli("queue", "set", "default", "--slots", "1")
        _wait_until_ended(db, jobs)
        runs = db.execute("SELECT started_at, finished_at FROM runs ORDER BY started_at").fetchall()
    empty = [(start - end) / 1000 for (_, end), (start, _) in pairwise(runs)]
    return {"p50 ms": statistics.median(empty), "p99 ms": percentile(empty, 0.99)}


def idle_starts(kind: str, place: str | None, jobs: int) -> Figures:
    """Return for how many milliseconds a job that is added to an idle queue waits for its start."""
    with scheduling(kind, place, 2) as (cli, _, db):
        words = [sys.executable, "-c", ONE_BY_ONE, str(jobs)]
        done = subprocess.run(words, env=cli.env, capture_output=True, text=True, check=True)
        _wait_until_ended(db, jobs + 1)
        starts = dict(db.execute("SELECT job_id, started_at FROM runs"))
    added = [line.split() for line in done.stdout.splitlines()]
    waited = [starts[int(number)] / 1000 - 1000 * float(begun) for number, begun in added]
    return {"p50 ms": statistics.median(waited), "p99 ms": percentile(waited, 0.99)}


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which so much of them lies."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _wait_until_ended(db: sqlite3.Connection, jobs: int) -> None:
    ended = "SELECT coalesce(sum(jobs), 0) FROM counts WHERE state IN ('completed', 'failed', 'cancelled')"
    wait_for(lambda: db.execute(ended).fetchone()[0] >= jobs, "all jobs to end", timeout=300)


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one processor busy meanwhile."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def in_rounds(what: str, rounds: int, measure: Callable[[str], Figures]) -> None:
    """Measure both kinds in alternating rounds; print the medians, and the medians of the ratios of each round."""
    figures: dict[str, list[Figures]] = {kind: [] for kind in KINDS}
    for number in range(rounds):
        for kind in KINDS if number % 2 else reversed(KINDS):
            figures[kind].append(measure(kind))
    for name in figures[HEADLESS][0]:
        values = {kind: [each[name] for each in figures[kind]] for kind in KINDS}
        ratio = statistics.median(
            ours / theirs for ours, theirs in zip(values[DASHBOARD], values[HEADLESS], strict=True)
        )
        shown = "   ".join(f"{kind} {statistics.median(values[kind]):8.2f}" for kind in KINDS)
        print(f"{what:<28} {name:<13} {shown}   dashboard / headless {ratio:6.2f}", flush=True)


def compare(place: str | None, rounds: int, jobs: int, *, only: set[str]) -> None:
    """Print what an open dashboard costs the scheduler that it holds."""
    for slots in (2, 8):
        if {"drain", f"drain{slots}"} & only:
            in_rounds(f"drain, {slots} slots", rounds, lambda kind, slots=slots: drain(kind, place, slots, jobs))  # type: ignore[misc]
    if "busy" in only:
        with busy_core():
            in_rounds("drain, 2 slots, busy core", rounds, lambda kind: drain(kind, place, 2, jobs))
    if "gap" in only:
        in_rounds("slot empty", rounds, lambda kind: gaps(kind, place, 100))
    if "start" in only:
        in_rounds("start on an idle queue", rounds, lambda kind: idle_starts(kind, place, 40))
