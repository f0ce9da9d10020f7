"""What an open dashboard costs: processor time, wake-ups and bytes, the time to its first picture, and that of keys."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.dashboard import SIZE, headline, time_keys_in_drains
from tests.bench.schedulers import DASHBOARD, HEADLESS, Figures, Terminal, percentile, scheduling
from tests.conftest import Cli
from tests.support.raw_terminal import PROGRAM, RawTerminal, raw_terminal

SETTLED_S = 20.0  # after which a scheduler that was asked for a sign of life rests again
PRINTS = "i=0; while :; do i=$((i+1)); echo line $i of a job that goes on; sleep 0.1; done"
# 50 MB a second, in lines of 100 bytes.
FLOOD = """
import sys, time
lines = b"".join(b"%098d\\n" % number for number in range(50_000))
due = time.monotonic()
while True:
    sys.stdout.buffer.write(lines)
    sys.stdout.flush()
    due += len(lines) / 50e6
    time.sleep(max(0, due - time.monotonic()))
"""
BARE = (sys.executable, "-m", "tests.bench.bare_app")


def idle_headless(place: str | None, seconds: float) -> Figures:
    """Return how often a scheduler without a screen wakes up that has nothing to do, all its threads."""
    with scheduling(HEADLESS, place, 2) as (cli, pid, _):
        cli.process("add", "--hold", "true")
        time.sleep(SETTLED_S)
        before = wake_ups(pid)
        time.sleep(seconds)
        return {"wake-ups/s": (wake_ups(pid) - before) / seconds}


def idle_dashboard(place: str | None, seconds: float) -> Figures:
    """Return the same of a dashboard, and what it writes to its terminal meanwhile."""
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as directory:
        cli = a_cli(directory)
        cli.process("add", "--hold", "true")
        window = Terminal(cli.words(), cli.env)
        try:
            time.sleep(SETTLED_S)
            before, received = wake_ups(window.process.pid), window.received
            time.sleep(seconds)
            found = (wake_ups(window.process.pid) - before) / seconds
            return {"wake-ups/s": found, "bytes": float(window.received - received)}
        finally:
            window.close()


def busy(place: str | None, seconds: float, *, prints: bool) -> Figures:
    """Return how much of a processor a dashboard takes while three jobs run, one of whose logs is shown."""
    with scheduling(DASHBOARD, place, 3) as (cli, pid, _):
        try:
            for _ in range(3):
                cli.process("add", "--yes", *(["sh", "-c", PRINTS] if prints else ["sleep", "3600"]))
            time.sleep(6)  # what is measured often at the beginning of a run
            before = cpu_ns(pid)
            time.sleep(seconds)
            return {"CPU %": (cpu_ns(pid) - before) / seconds / 1e7}
        finally:
            cli.process("cancel", "--all")


def first_paint(cli: Cli | None) -> Figures:
    """Return the time from the start to the picture of the table, of the dashboard or of a bare app."""
    begun = time.monotonic()
    env = dict(os.environ) if cli is None else cli.env
    words = BARE if cli is None else PROGRAM
    window = RawTerminal(env, size=SIZE, ignore_hangup=False, controlling=True, words=words)
    try:
        window.see("held")
        return {"ms": 1000 * (time.monotonic() - begun)}
    finally:
        window.type("q")
        window.close()


def keys_in_drains(keys: int) -> Figures:
    """Return how long keys take to be seen while trivial jobs drain."""
    return {"p99 ms": 1000 * percentile(time_keys_in_drains(keys), 0.99)}


def keys_in_flood(place: str | None, keys: int) -> Figures:
    """Return how long keys take to be seen that go to and from a job whose log grows at 50 MB a second."""
    with a_flood(place) as window:
        taken = []
        for number in range(keys):
            before, begun = headline(window), time.monotonic()
            window.type("k" if number % 2 else "j")
            window.read_until(lambda before=before: headline(window) != before, "the cursor")  # type: ignore[misc]
            taken.append(time.monotonic() - begun)
            window.rest_for(0.05)
        return {"p99 ms": 1000 * percentile(taken, 0.99)}


@contextmanager
def a_flood(place: str | None) -> Iterator[RawTerminal]:
    """Open a dashboard with the cursor on a job that writes fast, above one that waits."""
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as directory:
        cli = a_cli(directory)
        program = Path(directory) / "flood.py"
        program.write_text(FLOOD)
        cli.process("add", "--name", "flood", "--log-size", "200M", sys.executable, str(program))
        cli.process("add", "--hold", "true")
        with raw_terminal(cli.env, size=SIZE) as window:
            try:
                window.see("held")
                window.type("g")
                window.see("0000000")
                yield window
            finally:
                cli.process("cancel", "--all")
                window.rest_for(1)


def a_cli(directory: str) -> Cli:
    """Return the command line of a new queue without a background process."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONDONTWRITE")}
    cli = Cli(Path(directory), {**env, "TUI_QUEUE_HOME": directory})
    cli.settings()
    return cli


def wake_ups(pid: int) -> int:
    """Return how often the threads of a process have slept."""
    found = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it may end meanwhile
            lines = (thread / "status").read_text().splitlines()
            found += next(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
    return found


def cpu_ns(pid: int) -> int:
    """Return the processor time of a process, finer than its clock ticks."""
    found = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it may end meanwhile
            found += int((thread / "schedstat").read_text().split()[0])
    return found
