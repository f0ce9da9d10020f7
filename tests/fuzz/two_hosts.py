"""Two hosts share the directory of a queue: adds, reads, power cuts and take-overs on both, then a judgement.

    python -m tests.fuzz.two_hosts [ROUNDS] [--seed N] [--locks shared|local] [--mutant NAME]

Each host has its own names, boots and processes (namespaces). In every other round each has file locks and pipes of its
own too, as on most network file systems (a mount of bindfs each). Needs root, util-linux and bindfs. Ends with 1 when a
job was lost after it had been acknowledged, ran twice at a time, or was there twice; and when the database was damaged
or another host could not read it. A mutant breaks the program on purpose: then faults must be found.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.conftest import ROOT
from tests.support.machines import Machine, machines, why_not

ADDERS = 2  # on each host
ADDS = 6  # by each of them
PATIENCE_S = 60

# Leaves a file for each start, and writes into it as long as it lives.
SCRIPT = """#!/bin/sh
beats="$1/$TUI_QUEUE_JOB.$TUI_QUEUE_ATTEMPT.$(hostname).$$"
for _ in $(seq "$2"); do date +%s.%N >> "$beats"; sleep 0.1; done
"""

MUTANTS = {
    "every-host-schedules": """
from tui_queue.core.model.host import Host
Host.is_same = lambda self, other: True
""",
    "takes-in-twice": """
from tui_queue.core.store import taking_in
from msgspec.structs import replace
taking_in._take = lambda db, request, now: tuple(
    job.id for job in taking_in._added(db, replace(request, uuids=()), now))
""",
    "copies-in-one-step": """
from tui_queue.core.store import database_copy
import shutil
def copied(self, copy):
    shutil.copyfile(self._path, copy)
    return True
database_copy.DatabaseCopy._copy_files = copied
""",
}


@dataclass
class Round:
    """What happened in one round."""

    random: random.Random
    jobs: Path
    asked: set[str] = field(default_factory=set)  # names of jobs that were asked for
    acknowledged: dict[str, str] = field(default_factory=dict)  # and what was printed for them
    faults: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)

    def add(self, machine: Machine, name: str, *, kill: bool) -> None:
        """Add a job on a machine, and kill the command before it answers if so wanted."""
        beats = str(self.random.randint(1, 15))
        words = ["add", "--yes", "--name", name, "--on-lost", "requeue", str(self.jobs / "job.sh")]
        self.asked.add(name)
        command = machine.start(*words, str(self.jobs / "beats"), beats)
        if kill:
            time.sleep(self.random.uniform(0.1, 1.5))
            command.kill()
        try:
            out, errors = command.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            command.kill()
            self.faults.append(f"add on {machine.name} hangs")
            return
        if command.returncode == 0 and out.strip():
            self.acknowledged[name] = out.decode().strip()
        elif b"Traceback" in errors or b"malformed" in errors:
            self.faults.append(f"add on {machine.name}: {errors.decode()[-400:]}")

    def read(self, machine: Machine) -> None:
        """List the jobs on a machine; each that has a number must be there."""
        known = {name for name, said in list(self.acknowledged.items()) if said.isdigit()}
        try:
            done = machine.run("list", "--json", "--limit", "10000", timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.faults.append(f"list on {machine.name} hangs")
            return
        if done.returncode not in (0, -9, 137):
            if "setns" not in done.stderr and "nsenter" not in done.stderr:
                self.faults.append(f"list on {machine.name}: {done.returncode} {done.stderr[-400:]}")
        elif done.returncode == 0 and (gone := known - {job["name"] for job in json.loads(done.stdout)}):
            self.faults.append(f"list on {machine.name} lacks {sorted(gone)}")


def play(directory: Path, rng: random.Random, *, locks: bool) -> Round:
    """Play one round; return what was found."""
    jobs = directory / "jobs"
    (jobs / "beats").mkdir(parents=True)
    (jobs / "job.sh").write_text(SCRIPT)
    (jobs / "job.sh").chmod(0o755)
    this = Round(rng, jobs)
    with machines(directory, locks=locks) as (alpha, beta):
        (directory / "data/config.toml").write_text("slots = 4\n")
        this.add(alpha, "first", kill=False)  # this host has the queue now
        threads = [threading.Thread(target=_adder, args=(this, machine, rng.random())) for machine in (alpha, beta) * 2]
        threads += [threading.Thread(target=_reader, args=(this, machine, rng.random())) for machine in (alpha, beta)]
        for thread in threads:
            thread.start()
        host = _disturb(this, alpha, beta)
        for thread in threads:
            thread.join()
        _finish(this, host)
        this.read(alpha)
        this.read(beta)
        _judge_jobs(this, host)
    _judge_beats(this)
    with closing(sqlite3.connect(directory / "data/queue.db")) as db:
        if (said := db.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            this.faults.append(f"database: {said}")
    return this


def _adder(this: Round, machine: Machine, seed: float) -> None:
    rng = random.Random(seed)
    for number in range(ADDS):
        this.add(machine, f"{machine.name}-{seed}-{number}", kill=rng.random() < 0.2)
        time.sleep(rng.uniform(0, 0.5))


def _reader(this: Round, machine: Machine, seed: float) -> None:
    rng = random.Random(seed)
    for _ in range(ADDS):
        this.read(machine)
        time.sleep(rng.uniform(0, 0.5))


def _disturb(this: Round, alpha: Machine, beta: Machine) -> Machine:
    """Do to the hosts what happens to hosts; return the one that has the queue at the end."""
    host, other = alpha, beta
    for _ in range(this.random.randint(1, 3)):
        time.sleep(this.random.uniform(0.5, 4))
        event = this.random.choice(
            ["power cut", "power cut elsewhere", "run elsewhere", "take over", "take over from dead"]
        )
        this.events[event] += 1
        match event:
            case "power cut":
                host.power_off()
                host.boot()
                host.run("run", "--background")
            case "power cut elsewhere":
                other.power_off()
                other.boot()
            case "run elsewhere":
                if other.run("run", "--background").returncode != 4:
                    this.faults.append(f"run on {other.name} was not refused")
            case "take over" | "take over from dead":
                if event == "take over from dead":
                    host.power_off()
                done = other.run("run", "--take-over", timeout=PATIENCE_S)
                if event == "take over from dead":
                    host.boot()
                if done.returncode:
                    this.faults.append(f"take over on {other.name}: {done.stderr}")
                else:
                    host, other = other, host
    return host


def _finish(this: Round, host: Machine) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        done = host.run("run", "--until-empty", timeout=PATIENCE_S)
        left = [path for path in (host.shared / "incoming").glob("*") if path.suffix in (".job", ".promised")]
        if done.returncode in (0, 1) and not left:
            return
        time.sleep(0.5)
    this.faults.append(f"the queue does not empty: {done.returncode} {done.stderr[-300:]} {left}")


def _judge_jobs(this: Round, host: Machine) -> None:
    done = host.run("list", "--json", "--limit", "10000")
    if done.returncode:
        this.faults.append(f"list on {host.name}: {done.returncode} {done.stderr[-400:]}")
        return
    jobs = json.loads(done.stdout)
    found = Counter(job["name"] for job in jobs)
    for name in this.asked:
        if found[name] > 1:
            this.faults.append(f"{name}: there {found[name]} times")
        if name in this.acknowledged and not found[name]:
            this.faults.append(f"{name}: lost after {this.acknowledged[name]} was printed")
    by_key = {str(job["id"]): job["name"] for job in jobs} | {job["uuid"]: job["name"] for job in jobs}
    for name, said in this.acknowledged.items():
        if by_key.get(said) != name:
            this.faults.append(f"{name}: {said} was printed, which is {by_key.get(said)}")
    for job in jobs:
        if job["state"] != "completed" and not str(job["reason"]).startswith("interrupted"):
            this.faults.append(f"job {job['id']}: {job['state']} {job['reason']}")


def _judge_beats(this: Round) -> None:
    """Look for two runs of a job at a time."""
    runs: dict[str, list[tuple[float, float, str]]] = {}
    for path in (this.jobs / "beats").iterdir():
        job, attempt, *_ = path.name.split(".")
        beats = [float(line) for line in path.read_text().split()]
        if beats:
            runs.setdefault(job, []).append((beats[0], beats[-1], attempt))
    for job, spans in runs.items():
        spans.sort()
        for (_, end, one), (begin, _, other) in pairwise(spans):
            if begin <= end or one == other:
                this.faults.append(f"job {job}: started twice, attempts {one} and {other}")


@contextmanager
def mutated(directory: Path, mutant: str | None) -> Iterator[None]:
    """Have every interpreter of the round begin with what breaks the program."""
    if mutant is None:
        yield
        return
    place = directory / "mutant"
    place.mkdir()
    (place / "sitecustomize.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{MUTANTS[mutant]}")
    os.environ["PYTHONPATH"] = str(place)
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]


def main() -> int:
    """Play the rounds; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--locks", choices=["shared", "local"])
    parser.add_argument("--mutant", choices=MUTANTS)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leave no host behind
    if missing := why_not(locks=given.locks != "shared"):
        print(f"two_hosts: {missing}", file=sys.stderr)
        return 2
    faults, events, acknowledged, runs = 0, Counter[str](), 0, 0
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory(prefix="two-hosts-", ignore_cleanup_errors=True) as directory:
            local = number % 2 == 1 if given.locks is None else given.locks == "local"
            with mutated(Path(directory), given.mutant):
                played = play(Path(directory), random.Random(given.seed + number), locks=local)
            runs += len(list((played.jobs / "beats").iterdir()))
        events += played.events
        acknowledged += len(played.acknowledged)
        faults += len(played.faults)
        for fault in played.faults:
            print(f"round {number} (seed {given.seed + number}, {'local' if local else 'shared'} locks): {fault}")
        print(f"{number + 1} rounds: {acknowledged} acknowledged, {runs} starts, {faults} faults", flush=True)
        if faults and given.mutant:
            break
    print(", ".join(f"{count} {event}" for event, count in sorted(events.items())))
    return int(faults > 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.TimeoutExpired as hung:
        print(f"two_hosts: {hung}")
        sys.exit(1)
