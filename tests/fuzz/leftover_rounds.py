"""Tries that nothing begins beside what a run has left: ``python -m tests.fuzz.leftover_rounds [ROUNDS] [--seed N]``.

Three kinds of rounds, so many of each: a job with ``--retries 2`` whose attempts leave a child that is slow to end, a
time of a schedule with ``--overlap skip`` whose jobs leave a child, a job that wants the only card and leaves a child.
Each run takes a lock that its child has too, and says so where another process has it. The scheduler is killed every
few seconds, and its watchers with it. Prints a line for each kind, and ends with 1 if anything was at once.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support import processes

SCHEDULES = 10
LIVES_S = 2.0, 5.0  # of a scheduler
# Directory, seconds that the child lives, exit code; with a fourth parameter the child is slow to end.
SCRIPT = """#!/bin/sh
exec 9>>"$1/lock"
flock -n 9 || echo >> "$1/faults"
echo >> "$1/starts"
if [ "$4" ]; then
    sh -c 'trap "sleep 0.1; exit" TERM; for each in $(seq 100); do sleep 0.05; done' &
else
    sleep "$2" &
fi
exit "$3"
"""


class Rounds:
    """A queue whose runs leave processes, and whose schedulers are killed."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self.home = directory / "home"
        self.home.mkdir(mode=0o700)
        config = self.home / "config.toml"
        config.write_text("slots = 8\nbackground = false\n[resources]\ngpu = 1\n")
        config.chmod(0o600)
        self._script = directory / "job.sh"
        self._script.write_text(SCRIPT)
        self._script.chmod(0o755)
        self._directory = directory
        self._chance = chance
        self._env = {**os.environ, "TUI_QUEUE_HOME": str(self.home)}
        self.killed = 0

    def do(self, *args: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tui_queue", *args], env=self._env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def place(self, name: str) -> Path:
        place = self._directory / name
        place.mkdir(exist_ok=True)
        return place

    def words(self, name: str, code: int, *slow: str) -> list[str]:
        return [str(self._script), str(self.place(name)), f"{self._chance.uniform(0.05, 0.4):.2f}", str(code), *slow]

    def jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.do("list", "--json", "--limit", "100000"))
        return found

    def count(self, pattern: str, what: str) -> int:
        return sum((each / what).read_bytes().count(b"\n") for each in self._directory.glob(pattern)
                   if (each / what).exists())  # fmt: skip

    def run_until(self, over: Any, limit_s: float) -> None:
        """Have schedulers run, each for a while, until ``over`` says so."""
        deadline = time.monotonic() + limit_s
        while not over() and time.monotonic() < deadline:
            scheduler = subprocess.Popen(
                [sys.executable, "-m", "tui_queue", "run", "--standby", "--stay"],
                env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            until = time.monotonic() + self._chance.uniform(*LIVES_S)
            while time.monotonic() < until and not over():
                time.sleep(0.2)
            victims = [scheduler.pid]
            if self._chance.random() < 0.3:
                victims += [pid for pid in processes.of_queue(self.home) if processes.is_watcher(pid)]
            for pid in victims:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            scheduler.wait()
            self.killed += 1

    def close(self) -> None:
        for pid in processes.of_queue(self.home):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def retries(rounds: Rounds, number: int) -> None:
    for each in range(number):
        rounds.do("add", "--grace", "5s", "--retries", "2", *rounds.words(f"retries-{each}", 1, "slow"))
    rounds.run_until(lambda: all(job["finished_at"] for job in rounds.jobs()), 600)


def schedules(rounds: Rounds, number: int) -> None:
    for each in range(SCHEDULES):
        words = rounds.words(f"skip-{each}", 0)
        words[2] = f"{0.6 + 0.2 * each:.1f}"
        rounds.do("schedule", "add", "--yes", "--every", "1s", "--overlap", "skip", f"skip-{each}", *words)
    rounds.run_until(lambda: rounds.count("skip-*", "starts") >= number, 600)
    for each in range(SCHEDULES):
        rounds.do("schedule", "remove", f"skip-{each}")


def devices(rounds: Rounds, number: int) -> None:
    for _ in range(number):
        rounds.do("add", "--resource", "gpu=1", *rounds.words("gpu", 0))
    rounds.run_until(lambda: all(job["finished_at"] for job in rounds.jobs()), 600)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    wrong = 0
    for name, pattern, kind in (("--retries 2", "retries-*", retries), ("--overlap skip", "skip-*", schedules),
                                ("gpu=1", "gpu", devices)):  # fmt: skip
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
            rounds = Rounds(Path(directory), random.Random(given.seed))
            begun = time.monotonic()
            try:
                kind(rounds, given.rounds)
                starts, faults = rounds.count(pattern, "starts"), rounds.count(pattern, "faults")
                left = sum(not job["finished_at"] for job in rounds.jobs())
            finally:
                rounds.close()
            wrong += faults
            print(
                f"{name}: {given.rounds} rounds, {starts} starts, {faults} at once, {left} not ended, "
                f"{rounds.killed} schedulers killed, {time.monotonic() - begun:.0f} s",
                flush=True,
            )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
