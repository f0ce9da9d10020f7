"""Kills background schedulers at random moments: ``python -m tests.fuzz.scheduler_kills [KILLS] [--seed N]``.

Jobs run in 8 slots and a schedule adds one every 3 seconds, while only the program itself starts new schedulers. With
every fifth scheduler the free watchers die, and the process that makes them. The store is read directly, since a
command would bring a scheduler back. It is a fault when a job is shown as running 2 s after its end, when ``wait``
returns later than 2 s after it, when a job is lost, starts twice or has a wrong end, and when a time of the schedule
is missed.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.conftest import wait_for
from tests.support.crashes import Command
from tests.support.processes import children, end_schedulers, is_watcher, of_queue, run_of

SLOTS = 8
EVERY_S = 3.0  # of the schedule
LATE_S = 2.0
MOMENT_S = 2.0  # up to which a scheduler lives after its start
WAITERS = 4
BULK = 60  # jobs that are added at once
LOOK_S = 0.1
FAULTS = ("shown as running", "wait returned late", "wait never returned", "wrong code of wait", "lost",
          "started twice", "wrong end", "schedule missed", "no scheduler came back", "left over")  # fmt: skip

# Says that it was started, and when it ended: the time of the second file.
SCRIPT = """#!/bin/sh
echo >> "$1/starts-$TUI_QUEUE_JOB"
sleep "$2"
: > "$1/end-$TUI_QUEUE_JOB"
exit $((TUI_QUEUE_JOB % 4))
"""


class Waiter:
    """One ``wait`` for a job."""

    def __init__(self, home: Path, number: int) -> None:
        self.number = number
        self.command = Command(home, "wait", str(number))
        self.returned = 0.0


class Kills:
    """A queue whose schedulers are killed; counts what went wrong."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self.home = directory / "home"
        self.home.mkdir(mode=0o700)
        (self.home / "config.toml").write_text(f"slots = {SLOTS}\noverlap_waiting = 1000\n")  # no time is skipped
        (self.home / "config.toml").chmod(0o600)
        self.traces = directory / "traces"
        self.traces.mkdir()
        self.script = directory / "job.sh"
        self.script.write_text(SCRIPT)
        self.script.chmod(0o755)
        self.chance = chance
        self.faults: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
        self.back: list[float] = []  # seconds until another scheduler had the lease
        self.waits: list[float] = []  # seconds between the end of a job and that of its wait
        self.shown: dict[int, float] = {}  # seconds for which an ended job was shown as running
        self.added = 0
        self.killed = self.with_watchers = self.epoch = 0
        self.scheduled = 0
        self._waiters: list[Waiter] = []
        self._do("schedule", "add", "--yes", "--every", f"{EVERY_S:.0f}s", "tick", "true")

    def _do(self, *args: str) -> str:
        command = Command(self.home, *args)
        while not command.ended():
            self._note_returns()
            time.sleep(LOOK_S / 5)
        if command.code:
            raise SystemExit(f"{args} ended with {command.code}")
        return command.printed()

    def _rows(self, query: str) -> list[Any]:
        # Closed again at once: SQLite must not be open in a process that forks.
        with closing(sqlite3.connect(f"file:{self.home}/queue.db?mode=rw", uri=True)) as db:
            return db.execute(query).fetchall()

    def _leader(self) -> int:
        """Return the process that took the lease after those that were killed, 0 for none."""
        found = self._rows("SELECT epoch, pid FROM lease")
        return found[0][1] if found and found[0][0] > self.epoch else 0

    def one(self) -> None:
        """Let a scheduler work for a moment, then kill it."""
        begun, deadline = time.monotonic(), time.monotonic() + 60
        while not self._leader() and time.monotonic() < deadline:
            self._watch()
            time.sleep(0.02)
        leader = self._leader()
        if not leader:
            self.faults["no scheduler came back"] += 1
            self._do("run", "--background")
            return
        if self.killed:
            self.back.append(time.monotonic() - begun)
        self._add_some()
        end = time.monotonic() + self.chance.uniform(0, MOMENT_S)
        while (left := end - time.monotonic()) > 0:
            self._watch()
            time.sleep(min(LOOK_S, left))
        self.epoch = self._rows("SELECT epoch FROM lease")[0][0]
        victims = [self._rows("SELECT pid FROM lease")[0][0]]
        if self.chance.random() < 0.2:
            victims += self._free_watchers(victims[0])
            self.with_watchers += 1
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.killed += 1

    def _free_watchers(self, leader: int) -> list[int]:
        makers = [pid for pid in children(leader) if is_watcher(pid)]
        free = []
        for pid in [pid for maker in makers for pid in children(maker)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)  # first, so that it can't take a run meanwhile
                if run_of(pid, self.home):
                    os.kill(pid, signal.SIGCONT)
                else:
                    free.append(pid)
        return makers + free

    def _add_some(self) -> None:
        (pending,) = self._rows("SELECT count(*) FROM jobs WHERE state = 'pending'")[0]
        if pending < BULK / 2:
            lines = "".join(f"{self.script} {self.traces} {self.chance.uniform(0.1, 3):.2f}\n" for _ in range(BULK))
            file = self.home / "jobs.txt"
            file.write_text(lines)
            self.added += len(json.loads(self._do("add", "--json", "--from", str(file))))
        while len(self._waiters) < WAITERS:
            awaited = {waiter.number for waiter in self._waiters}
            running = [number for (number,) in self._rows("SELECT id FROM jobs WHERE state = 'running'")]
            others = [number for number in running if number not in awaited]
            if not others:
                return
            self._waiters.append(Waiter(self.home, self.chance.choice(others)))

    def _end(self, number: int) -> float | None:
        """Return when a job ended; None as long as it has not, and for one of the schedule."""
        try:
            return (self.traces / f"end-{number}").stat().st_mtime
        except FileNotFoundError:
            return None

    def _watch(self) -> None:
        """Look what the store shows, and which waits have returned."""
        seen = time.time()
        for (number,) in self._rows("SELECT id FROM jobs WHERE state = 'running'"):
            if (end := self._end(number)) is not None:
                self.shown[number] = max(self.shown.get(number, 0.0), seen - end)
        self._note_returns()
        for waiter in [each for each in self._waiters if each.returned]:
            self._waiters.remove(waiter)
            self._judge_wait(waiter)
        for waiter in self._waiters:
            if (end := self._end(waiter.number)) is not None and seen - end > 30:
                self.faults["wait never returned"] += 1
                self._waiters.remove(waiter)
                waiter.command.kill()
                return

    def _waiting(self) -> int:
        self._watch()
        return len(self._waiters)

    def _note_returns(self) -> None:
        for waiter in self._waiters:
            if not waiter.returned and waiter.command.ended():
                waiter.returned = time.time()

    def _judge_wait(self, waiter: Waiter) -> None:
        end = self._end(waiter.number)
        if end is not None:
            self.waits.append(waiter.returned - end)
            self.faults["wait returned late"] += self.waits[-1] > LATE_S
            self.faults["wrong code of wait"] += waiter.command.code != waiter.number % 4
        waiter.command.printed()

    def settle(self) -> None:
        """Let the jobs end, and judge them and the schedule."""
        own = "schedule_id IS NULL"

        def left() -> int:
            self._watch()
            return int(self._rows(f"SELECT count(*) FROM jobs WHERE {own} AND state IN ('pending', 'running')")[0][0])

        with suppress(AssertionError):
            wait_for(lambda: not left(), "the queue to empty", 120)
        wait_for(lambda: not self._waiting(), "the last waits", 60)
        self.faults["shown as running"] += sum(late > LATE_S for late in self.shown.values())
        jobs = self._rows(f"SELECT id, attempt, exit_code, reason FROM jobs WHERE {own}")
        self.faults["lost"] += self.added - len(jobs) + left()
        for number, attempt, code, reason in jobs:
            with suppress(FileNotFoundError):
                self.faults["started twice"] += (self.traces / f"starts-{number}").stat().st_size > 1
            if code != number % 4:
                self.faults["wrong end"] += 1
                print(f"wrong end: job {number}, attempt {attempt}: {reason}", flush=True)
        self._judge_schedule()

    def _judge_schedule(self) -> None:
        ((created, following),) = self._rows("SELECT created_at, next_at FROM schedules")
        times = round((following - created) / 1e6 / EVERY_S) - 1  # that have passed
        made = [at for (at,) in self._rows("SELECT created_at FROM jobs WHERE schedule_id IS NOT NULL")]
        met = {int((at - created) / 1e6 / EVERY_S) for at in made}
        self.scheduled = len(made)
        self.faults["schedule missed"] += max(0, times - len(met))

    def leave(self) -> None:
        """End the scheduler in order; no process may be left, and none may come back."""
        end_schedulers(self.home)
        with suppress(AssertionError):
            wait_for(lambda: not of_queue(self.home), "every process of the queue to end", 20)
        time.sleep(1)
        for pid in of_queue(self.home):
            self.faults["left over"] += 1
            print(f"left over: {pid} {Path(f'/proc/{pid}/cmdline').read_bytes()!r}", flush=True)
            os.kill(pid, signal.SIGKILL)


def _spread(name: str, values: list[float]) -> str:
    if not values:
        return f"{name}: none"
    values = sorted(values)
    return (
        f"{name}: {len(values)}, median {values[len(values) // 2]:.2f} s, "
        f"99 % {values[int(len(values) * 0.99)]:.2f} s, longest {values[-1]:.2f} s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("kills", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=None, help="of the choices; the moments are never quite the same")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="scheduler-kills-") as directory:
        kills = Kills(Path(directory), random.Random(seed))
        try:
            while kills.killed < options.kills:
                kills.one()
            kills.settle()
        finally:
            kills.leave()
        took = time.monotonic() - begun
        print(f"seed {seed}: {kills.killed} kills in {took:.0f} s, {kills.with_watchers} of the free watchers too")
        print(f"jobs: {kills.added}, by the schedule {kills.scheduled}")
        print(_spread("until the next scheduler", kills.back))
        print(_spread("wait after the end", kills.waits))
        print(_spread("ended, but shown as running", list(kills.shown.values())))
        print("faults:", ", ".join(f"{fault} {count}" for fault, count in kills.faults.items()))
    return 1 if kills.faults.total() else 0


if __name__ == "__main__":
    sys.exit(main())
