"""The queues that are measured side by side, one class each, and how those are measured that know commands only."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.bench.schedulers import DASHBOARD, HEADLESS, Figures, drain, scheduling
from tests.conftest import wait_for

Add = Callable[[Sequence[str]], None]
CAP_S = 120  # for one command of a peer


class Peer(Protocol):
    """One queue."""

    name: str

    def missing(self) -> str:
        """Return why it can't be measured here; empty where it can."""

    def drain(self, place: str | None, slots: int, jobs: int) -> Figures | None:
        """Return how many trivial jobs a second end that all wait at the beginning; None where it has no such slots."""

    def starts(self, place: str | None, times: int) -> Figures:
        """Return how long it takes from a command that adds a job to an idle queue until the job runs."""


class Ours:
    """This program, with a scheduler without a screen or with an open dashboard that schedules."""

    def __init__(self, kind: str) -> None:
        self.name = our_name(kind)
        self._kind = kind

    def missing(self) -> str:
        """It is there."""
        return ""

    def drain(self, place: str | None, slots: int, jobs: int) -> Figures:
        """Measure by what the database says."""
        return drain(self._kind, place, slots, jobs)

    def starts(self, place: str | None, times: int) -> Figures:
        """Measure by what the jobs say."""
        with scheduling(self._kind, place, 2) as (cli, _, _):

            def add(words: Sequence[str]) -> None:
                run([*map(str, cli.words("add", "--yes", *words))], cli.env)

            return from_command_to_start(add, cli.home, times)


class TaskSpooler:
    """Written in C; a server, and a process that waits for each job."""

    name = "task-spooler"
    holds = 900  # jobs; each is a process with a connection

    def missing(self) -> str:
        """Look for its program."""
        return lacking("tsp")

    def drain(self, place: str | None, slots: int, jobs: int) -> Figures:
        """Measure by a gate."""
        with self._running(place, slots) as (add, directory):
            return drain_by_gate(add, directory, slots, min(jobs, self.holds))

    def starts(self, place: str | None, times: int) -> Figures:
        """Measure by what the jobs say."""
        with self._running(place, 2) as (add, directory):
            return from_command_to_start(add, directory, times)

    @contextmanager
    def _running(self, place: str | None, slots: int) -> Iterator[tuple[Add, Path]]:
        with tempfile.TemporaryDirectory(dir=place) as directory:
            env = {**os.environ, "TS_SOCKET": f"{directory}/socket", "TMPDIR": directory, "TS_MAXFINISHED": "5000"}
            run(["tsp", "-S", str(slots)], env)
            try:
                yield lambda words: run(["tsp", "-n", *words], env), Path(directory)
            finally:
                run(["tsp", "-K"], env)


class Pueue:
    """Written in Rust; a daemon that runs each job in a shell."""

    name = "pueue"

    def missing(self) -> str:
        """Look for its programs."""
        return lacking("pueue", "pueued")

    def drain(self, place: str | None, slots: int, jobs: int) -> Figures:
        """Measure by a gate."""
        with self._running(place, slots) as (add, directory):
            return drain_by_gate(add, directory, slots, jobs)

    def starts(self, place: str | None, times: int) -> Figures:
        """Measure by what the jobs say."""
        with self._running(place, 2) as (add, directory):
            return from_command_to_start(add, directory, times)

    @contextmanager
    def _running(self, place: str | None, slots: int) -> Iterator[tuple[Add, Path]]:
        with tempfile.TemporaryDirectory(dir=place) as directory:
            config = Path(directory) / "pueue.yml"
            paths = {"pueue_directory": directory, "runtime_directory": directory}
            lines = ["shared:", "  use_unix_socket: true", *(f"  {name}: {path}" for name, path in paths.items())]
            config.write_text("\n".join([*lines, ""]))
            env = dict(os.environ)
            run(["pueued", "--config", str(config), "--daemonize"], env)
            words = ["pueue", "--config", str(config)]
            wait_for(
                lambda: not subprocess.run([*words, "status"], check=False, capture_output=True).returncode, "pueued"
            )
            run([*words, "parallel", str(slots)], env)
            try:
                yield lambda job: run([*words, "add", "--escape", "--", *job], env), Path(directory)
            finally:
                run([*words, "shutdown"], env)


class Nq:
    """Written in C; no server: each job waits for the lock of the one before, so it has one slot."""

    name = "nq"

    def missing(self) -> str:
        """Look for its program."""
        return lacking("nq")

    def drain(self, place: str | None, slots: int, jobs: int) -> Figures | None:
        """Measure nothing: it has no slots."""
        return None

    def starts(self, place: str | None, times: int) -> Figures:
        """Measure by what the jobs say."""
        with tempfile.TemporaryDirectory(dir=place) as directory:
            env = {**os.environ, "NQDIR": directory}
            return from_command_to_start(lambda words: run(["nq", "-q", *words], env), Path(directory), times)


def our_name(kind: str) -> str:
    """Return what this program is called with a scheduler of that kind."""
    return f"tui-queue {kind}"


def lacking(*programs: str) -> str:
    """Return which of some programs are not installed, as a sentence; empty where all are."""
    absent = [program for program in programs if shutil.which(program) is None]
    return f"not installed ({', '.join(absent)})" if absent else ""


def run(words: Sequence[str], env: dict[str, str]) -> None:
    """Run a command of a peer to its end."""
    subprocess.run(
        words,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=CAP_S,
    )


def drain_by_gate(add: Add, directory: Path, slots: int, jobs: int) -> Figures:
    """Fill the slots with jobs that wait for a pipe, queue the others behind them, then let them go.

    The last job says that it has run; then all before it have, but those in the other slots.
    """
    gate, done = directory / "gate", directory / "done"
    os.mkfifo(gate)
    for _ in range(slots):
        add(["/bin/sh", "-c", f"read line < {gate}"])
    for _ in range(jobs - 1):
        add(["/bin/true"])
    add(["/bin/mkdir", str(done)])
    with open(gate, "w") as file:
        begun = time.monotonic()
        file.write("go\n" * slots)
        file.flush()
        while not done.exists():
            assert time.monotonic() < begun + CAP_S, "a drain that does not end"
            time.sleep(0.001)
        taken = time.monotonic() - begun
    return {"jobs/s": jobs / taken}


def from_command_to_start(add: Add, directory: Path, times: int) -> Figures:
    """Add one job after the other, each of which notes when it runs."""
    taken = []
    for number in range(times):
        time.sleep(0.1 + number % 7 / 50)
        noted = directory / f"start-{number}"
        begun = time.time()
        add(["/bin/sh", "-c", f"date +%s%N > {noted}.new && mv {noted}.new {noted}"])
        wait_for(noted.exists, "the start")
        taken.append(int(noted.read_text()) / 1e6 - 1000 * begun)
    return {"p50 ms": statistics.median(taken)}


PEERS: Sequence[Peer] = (Ours(HEADLESS), Ours(DASHBOARD), TaskSpooler(), Pueue(), Nq())
