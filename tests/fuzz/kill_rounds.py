"""Kills processes of a queue at random moments: ``python -m tests.fuzz.kill_rounds --rounds 1000 [--seed N]``.

Each round adds some jobs, sometimes opens a dashboard or a run without a screen, and sends SIGKILL to one of
them, to the background process, to a watcher, to who makes watchers, or to all of these; or closes the terminal of
the dashboard. The jobs themselves are left alone, so each must end with its true exit code, having been started once.
"""

import argparse
import os
import pty
import random
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.conftest import process_is_alive, wait_for
from tests.support.crashes import Command, Traces, jobs
from tests.support.processes import end_schedulers, every, is_scheduler, is_watcher, of_queue, parent, run_of, words

BATCH = 20  # rounds after which the queue is emptied and judged
FAULTS = (
    "refused",
    "lost",
    "started twice",
    "wrong end",
    "log incomplete",
    "interrupted without a killed watcher",
    "never ended",
    "left over",
)


class Dashboard:
    """A dashboard in a terminal that takes all it draws."""

    def __init__(self, home: Path) -> None:
        self.pid, screen = pty.fork()
        if not self.pid:
            env = {**os.environ, "TUI_QUEUE_HOME": str(home), "TERM": "xterm-256color"}
            os.execve(sys.executable, [sys.executable, "-m", "tui_queue"], env)
        termios.tcsetwinsize(screen, (24, 80))
        self.terminal = subprocess.Popen(["cat"], stdin=screen, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(screen)

    def ended(self) -> bool:
        if process_is_alive(self.pid):
            return False
        os.waitpid(self.pid, 0)
        self.terminal.kill()
        self.terminal.wait()
        return True


class Rounds:
    """A queue under fire; counts what was killed and what went wrong."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self.home = directory / "home"
        self.home.mkdir(mode=0o700)
        self.traces = Traces(directory)
        self.chance = chance
        self.kills: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.faults: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
        self._adders: list[Command] = []
        self._dashboards: list[Dashboard] = []
        self._runs: list[Command] = []
        self._promised: set[int] = set()
        self._judged: set[int] = set()
        self._orphaned: set[tuple[int, int]] = set()  # runs whose watcher was killed
        self._maker_killed = False

    def one(self) -> None:
        """Add, open, wait a moment, kill."""
        for _ in range(self.chance.randint(1, 3)):
            self._adders.append(Command(self.home, *self.traces.job(self.chance.uniform(0, 0.4))))
        if not self._dashboards and self.chance.random() < 0.1:
            self._dashboards.append(Dashboard(self.home))
        if not self._runs and self.chance.random() < 0.2:
            self._runs.append(Command(self.home, "run", "--until-empty"))
        time.sleep(self.chance.uniform(0, 0.25))
        choices = self._choices()
        if choices:
            kinds = sorted(choices)
            kind = self.chance.choices(kinds, [4 if kind == "watcher" else 1 for kind in kinds])[0]
            choices[kind]()
            self.kills[kind] += 1
        for adder in self._adders:
            self._hear(adder)
        self._adders.clear()
        self._bury()

    def _choices(self) -> dict[str, Callable[[], None]]:
        """Return what could be killed now, and how."""
        queue = of_queue(self.home)
        background = [pid for pid in queue if is_scheduler(pid, "--standby") and words(parent(pid)) != words(pid)]
        runs = {pid: run_of(pid, self.home) for pid in queue if is_watcher(pid)}
        # A child that is about to become another program looks like its parent.
        watching = [pid for pid, run in runs.items() if run and runs.get(parent(pid)) != run]
        making = [pid for pid, run in runs.items() if not run]
        owners = [*background, *(board.pid for board in self._dashboards), *(run.pid for run in self._runs)]
        terminals = [dashboard.terminal.pid for dashboard in self._dashboards]
        victims: dict[str, list[int]] = {
            "dashboard": [dashboard.pid for dashboard in self._dashboards][:1],
            "terminal": terminals[:1],
            "background": background[:1],
            "run --until-empty": [run.pid for run in self._runs][:1],
            "add": [adder.pid for adder in self._adders][:1],
            "watcher": [self.chance.choice(watching)] if watching else [],
            "maker of watchers": [self.chance.choice(making)] if making else [],
            "all schedulers": owners if len(owners) > 1 else [],
            "all": [*owners, *watching, *making],
        }
        return {kind: lambda pids=pids: self._kill(pids) for kind, pids in victims.items() if pids}  # type: ignore[misc]

    def _kill(self, pids: list[int]) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                if is_watcher(pid):
                    # Stopped first, so that what it watches is known for sure.
                    os.kill(pid, signal.SIGSTOP)
                    run = run_of(pid, self.home)
                    if run:
                        self._orphaned.add(run)
                    else:
                        self._maker_killed = True
                os.kill(pid, signal.SIGKILL)

    def _hear(self, adder: Command) -> None:
        number = adder.printed().strip()
        if number:
            self._promised.add(int(number))
        elif adder.code != -signal.SIGKILL:
            self.faults["refused"] += 1

    def _bury(self) -> None:
        self._dashboards = [dashboard for dashboard in self._dashboards if not dashboard.ended()]
        for run in [run for run in self._runs if run.ended()]:
            run.printed()
            self._runs.remove(run)

    def settle(self) -> None:
        """Let the queue empty, and judge every job that has ended since the last time."""
        run = Command(self.home, "run", "--until-empty")
        try:
            wait_for(run.ended, "the queue to empty", 60)
        except AssertionError:
            run.kill()
        run.printed()
        listed = {job["id"]: job for job in jobs(self.home, len(self._judged) + 10 * BATCH)}
        self.faults["lost"] += len(self._promised - listed.keys())
        self._promised &= listed.keys()
        for number in sorted(listed.keys() - self._judged):
            job = listed[number]
            orphaned = (number, job["attempt"]) in self._orphaned
            fault = self.traces.fault(job, watcher_killed=orphaned, maker_killed=self._maker_killed)
            self.ends[str(job["reason"]).partition(":")[0]] += 1
            if fault:
                self.faults[fault] += 1
                print(f"{fault}: {job}", flush=True)
        self._judged |= listed.keys()
        self._maker_killed = False

    def leave(self, strangers: set[int]) -> None:
        """End whoever schedules; nothing may be left."""
        self._bury()
        end_schedulers(self.home)

        def left() -> set[int]:
            self._bury()
            return {*of_queue(self.home), *filter(is_watcher, every())} - strangers

        try:
            wait_for(lambda: not left(), "every process of the queue to end", 20)
        except AssertionError:
            self.faults["left over"] += len(left())
            for pid in left():
                print(f"left over: {pid} {Path(f'/proc/{pid}/cmdline').read_bytes()!r}")
                os.kill(pid, signal.SIGKILL)

    @property
    def jobs(self) -> int:
        """How many jobs have been judged."""
        return len(self._judged)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="of the choices; the moments are never quite the same")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    begun, strangers = time.monotonic(), set(filter(is_watcher, every()))
    with tempfile.TemporaryDirectory(prefix="kill-rounds-") as directory:
        rounds = Rounds(Path(directory), random.Random(seed))
        try:
            for number in range(1, options.rounds + 1):
                rounds.one()
                if number % BATCH == 0 or number == options.rounds:
                    rounds.settle()
        finally:
            rounds.leave(strangers)
        took = time.monotonic() - begun
        print(f"seed {seed}: {options.rounds} rounds in {took:.0f} s, {rounds.jobs} jobs")
        print("killed:", ", ".join(f"{kind} {count}" for kind, count in sorted(rounds.kills.items())))
        print("ends:", ", ".join(f"{reason} {count}" for reason, count in sorted(rounds.ends.items())))
        print("faults:", ", ".join(f"{fault} {count}" for fault, count in rounds.faults.items()))
        errors = Path(directory, "errors")
        for line in errors.read_text().splitlines()[-20:] if errors.exists() else []:
            print(f"| {line}")
    return 1 if rounds.faults.total() else 0


if __name__ == "__main__":
    sys.exit(main())
