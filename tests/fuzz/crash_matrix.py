"""Kills before each system call that changes something: ``python -m tests.fuzz.crash_matrix [--every N]``.

A job is added to a new queue while the command that adds it is killed; or one runs from its start to its end while its
scheduler is killed, or its watcher; or one that an earlier scheduler has claimed and not started, or started and not
seen ending, is found by another that is killed in turn. After each kill a new scheduler runs the queue: a job whose
number was printed must have been started once and have its true end; only a killed watcher may leave it interrupted.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.conftest import wait_for
from tests.support.crashes import Command, Traces, fork_command, jobs
from tests.support.processes import is_watcher
from tests.support.tracer import SUPPORTED, Tracer

FAULTS = (
    "lost",
    "started twice",
    "wrong end",
    "log incomplete",
    "interrupted without a killed watcher",
    "never ended",
)


def leave_alone(home: Path) -> None:
    """Leave the queue with a job that waits."""


def forget_start(home: Path) -> None:
    """Leave the queue as a scheduler does that dies right after it has claimed the job."""
    _set(home, "state = 'running', attempt = 1")


def forget_end(home: Path) -> None:
    """Leave the queue as a scheduler does that dies before it hears of the end of the job."""
    Command(home, "run", "--until-empty").printed()
    _set(home, "state = 'running', reason = '', exit_code = NULL, finished_at = NULL")


def _set(home: Path, columns: str) -> None:
    with sqlite3.connect(home / "queue.db") as db:
        db.execute(f"UPDATE jobs SET {columns}")
    db.close()


Prepare = Callable[[Path], None]
VICTIMS: dict[str, tuple[Prepare | None, Callable[[int], bool] | None]] = {
    "add": (None, None),
    "scheduler": (leave_alone, None),
    "scheduler that finds a forgotten start": (forget_start, None),
    "scheduler that finds a forgotten end": (forget_end, None),
    "watcher": (leave_alone, is_watcher),
}


def try_point(victim: str, nth: int) -> tuple[str, str, str]:
    """Kill at the nth call; return which one that was, what is wrong then, and how the job ended."""
    prepare, is_victim = VICTIMS[victim]
    with tempfile.TemporaryDirectory(prefix="crash-matrix-") as name:
        directory = Path(name)
        home, traces = directory / "home", Traces(directory)
        home.mkdir(mode=0o700)
        (home / "config.toml").write_text("background = false\n")
        words, promised = traces.job(0), ""
        if prepare is not None:
            promised = Command(home, *words).printed()
            prepare(home)
            words = ["run", "--until-empty"]
        out, theirs = os.pipe()
        tracer = Tracer(fork_command(home, *words, stdout=theirs, stopped=True), nth, is_victim)
        os.close(theirs)
        tracer.follow()
        with open(out) as pipe:
            promised += pipe.read()
        fresh = Command(home, "run", "--until-empty")
        try:
            wait_for(fresh.ended, "the queue to empty", 30)
        except AssertionError:
            fresh.kill()
        fresh.printed()
        listed = jobs(home, 1)
        if not listed:
            return tracer.killed_at, "lost" if promised else "", "not added"
        fault = traces.fault(listed[0], watcher_killed=is_victim is not None)
        if fault:
            print(f"{fault}: {victim} killed at call {nth}, {tracer.killed_at}: {listed[0]}", flush=True)
        return tracer.killed_at, fault, listed[0]["reason"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try each Nth call only")
    options = parser.parse_args()
    if not SUPPORTED:
        print("Knows the system calls of Linux on x86-64 only.")
        return 2
    faults: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
    begun, points = time.monotonic(), 0
    for victim in VICTIMS:
        calls: Counter[str] = Counter()
        ends: Counter[str] = Counter()
        nth = 1
        while True:
            call, fault, reason = try_point(victim, nth)
            ends[reason] += 1
            if fault:
                faults[fault] += 1
            if not call:
                break
            calls[call] += 1
            # A watcher makes few calls.
            nth += max(1, options.every // 8) if victim == "watcher" else options.every
        points += calls.total()
        print(f"{victim}: killed at {calls.total()} points of {nth - 1}:", _listed(calls))
        print("  ends:", _listed(ends), flush=True)
    print(f"{points} points in {time.monotonic() - begun:.0f} s; faults: {_listed(faults)}")
    return 1 if faults.total() else 0


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


if __name__ == "__main__":
    sys.exit(main())
