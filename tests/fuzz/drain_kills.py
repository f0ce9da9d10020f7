"""Kills schedulers that drain a queue of short jobs: ``python -m tests.fuzz.drain_kills [--rounds N] [--seed N]``.

Each round adds many short jobs, so that the scheduler reserves those that come next, and kills one scheduler after
another at random moments until all have ended. Beside it jobs are held and released, and others of higher priority are
added. Only schedulers are killed: each job must be started exactly once and have its true end.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.conftest import wait_for
from tests.support.crashes import Command, Traces, jobs
from tests.support.processes import end_schedulers

JOBS = 150  # of a round
SLOTS = (1, 2, 4)
LONGEST_S = 1.5  # that a scheduler lives
BESIDE = 0.3  # how often another process writes while one lives
FAULTS = (
    "refused",
    "lost",
    "started twice",
    "wrong end",
    "log incomplete",
    "interrupted without a killed watcher",
    "never ended",
)


class Drains:
    """A queue of short jobs whose schedulers are killed; counts what went wrong."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self.home = directory / "home"
        self.home.mkdir(mode=0o700)
        (self.home / "config.toml").write_text("background = false\n")
        self.chance = chance
        self.kills = self.with_reserves = self.jobs = 0
        self.faults: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
        self._traces = Traces(directory)
        self._lines = directory / "lines"

    def one(self) -> None:
        """Add jobs, kill until none is left, and judge them."""
        slots = self.chance.choice(SLOTS)
        self._do("queue", "set", "default", "--slots", str(slots))
        words = self._traces.job(0)[1:]
        self._lines.write_text(f"{' '.join(words)}\n" * JOBS)
        self._do("add", "--from", str(self._lines))
        self.jobs += JOBS
        deadline = time.monotonic() + 120
        while self._waiting() and time.monotonic() < deadline:
            scheduler = Command(self.home, "run", "--until-empty")
            beside = [self._beside()] if self.chance.random() < BESIDE else []
            time.sleep(self.chance.uniform(0.1, LONGEST_S))
            if not scheduler.ended():
                scheduler.kill()
                self.kills += 1
                self.with_reserves += bool(self._count("reserved"))
            scheduler.printed()
            for command in beside:
                command.printed()
            self._do("release", "--all")
        self._judge()

    def _beside(self) -> Command:
        """Have another process write."""
        self.jobs += (adds := self.chance.random() < 0.5)
        if adds:
            return Command(self.home, "add", "--priority", "3", *self._traces.job(0)[1:])
        return Command(self.home, "hold", str(self.chance.randint(max(1, self.jobs - JOBS), self.jobs)))

    def _do(self, *words: str) -> None:
        command = Command(self.home, *words)
        command.printed()
        self.faults["refused"] += bool(command.code) and words[0] != "release"

    def _waiting(self) -> int:
        return self._count("jobs WHERE finished_at IS NULL")

    def _count(self, what: str) -> int:
        with closing(sqlite3.connect(self.home / "queue.db")) as db:
            return int(db.execute(f"SELECT count(*) FROM {what}").fetchone()[0])

    def _judge(self) -> None:
        last = Command(self.home, "run", "--until-empty")
        try:
            wait_for(last.ended, "the queue to empty", 60)
        except AssertionError:
            last.kill()
        last.printed()
        listed = jobs(self.home, self.jobs + 10)
        self.faults["lost"] += self.jobs - len(listed)
        for job in listed:
            if fault := self._traces.fault(job, watcher_killed=False):
                self.faults[fault] += 1
                print(f"{fault}: {job}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None, help="of the choices; the moments are never quite the same")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drain-kills-") as directory:
        drains = Drains(Path(directory), random.Random(seed))
        try:
            for _ in range(options.rounds):
                drains.one()
        finally:
            end_schedulers(drains.home)
        took = time.monotonic() - begun
        print(f"seed {seed}: {options.rounds} rounds in {took:.0f} s, {drains.jobs} jobs")
        print(f"killed: {drains.kills}, with jobs reserved {drains.with_reserves}")
        print("faults:", ", ".join(f"{fault} {count}" for fault, count in drains.faults.items()))
    return 1 if drains.faults.total() else 0


if __name__ == "__main__":
    sys.exit(main())
