"""Queues side by side, and the goals of the dashboard: ``python -m tests.bench.peers [--rounds 5] [--minutes 40]``.

Rounds alternate: each part is measured once a round, with the peers in turn, every other round in reverse. When the
time is over, the rounds end; every figure is a median, with how many times it was measured. Prints Markdown; ``--json
FILE`` writes the figures too. A peer that is not installed is named. Memory over an hour is that of tests.bench.soak.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench import screens
from tests.bench.dashboard import a_queue
from tests.bench.goals import GOALS
from tests.bench.peer_kinds import PEERS, Peer, our_name
from tests.bench.schedulers import DASHBOARD, HEADLESS, KINDS, Figures, busy_core, gaps, idle_starts

OPEN, CLOSED = our_name(DASHBOARD), our_name(HEADLESS)
BARE, NONE, MANY = "a bare Textual app", "a dashboard, no jobs", "a dashboard, many jobs"
PARTS = {
    "drain2": "trivial jobs, 2 slots",
    "drain8": "trivial jobs, 8 slots",
    "busy2": "trivial jobs, 2 slots, a busy core beside",
    "command": "from the command that adds a job to its start",
    "gap": "a slot is empty between two jobs",
    "start": "from a call that adds a job to its start",
    "idle": "idle",
    "prints": "3 jobs x 10 lines/s",
    "silent": "3 silent jobs",
    "paint": "start to first picture",
    "keys": "key to paint while 600 jobs drain",
    "flood": "key to paint while a log grows at 50 MB/s",
}
Measure = Callable[[], Figures | None]


@dataclass
class Findings:
    """What was measured: values by part, who was measured, and the name of the figure."""

    values: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def take(self, part: str, who: str, measure: Measure) -> None:
        """Measure once; what fails is named, and harms nothing else."""
        try:
            figures = measure() or {}
        except (Exception, AssertionError) as error:  # noqa: BLE001 - of any peer, in any way
            self.failed.append(f"{part}, {who}: {type(error).__name__}: {str(error)[:200]}")
            return
        for name, value in figures.items():
            self.values.setdefault((part, who, name), []).append(value)

    def median(self, part: str, who: str, name: str) -> float | None:
        """Return the median; None where nothing was measured."""
        values = self.values.get((part, who, name))
        return statistics.median(values) if values else None

    def ratio(self, part: str, who: str, to: str, name: str) -> float | None:
        """Return the median of the ratios of each round."""
        pairs = zip(self.values.get((part, who, name), ()), self.values.get((part, to, name), ()), strict=False)
        ratios = [one / other for one, other in pairs if other]
        return statistics.median(ratios) if ratios else None

    def goals(self) -> dict[str, float | None]:
        """Return the value for each goal."""
        drains = {part: self.ratio(part, OPEN, CLOSED, "jobs/s") for part in ("drain2", "drain8", "busy2")}
        return drains | {
            "gap p50": self.ratio("gap", OPEN, CLOSED, "p50 ms"),
            "gap p99": self.ratio("gap", OPEN, CLOSED, "p99 ms"),
            "start p50": self.ratio("start", OPEN, CLOSED, "p50 ms"),
            "prints": self.median("prints", OPEN, "CPU %"),
            "silent": self.median("silent", OPEN, "CPU %"),
            "idle bytes": self.median("idle", OPEN, "bytes"),
            "idle wake-ups": self.median("idle", OPEN, "wake-ups/s"),
            "paint": self.ratio("paint", NONE, BARE, "ms"),
            "paint many": self.ratio("paint", MANY, NONE, "ms"),
            "drain keys": self.median("keys", OPEN, "p99 ms"),
            "flood keys": self.median("flood", OPEN, "p99 ms"),
        }


def measures(options: argparse.Namespace, peers: Sequence[Peer], stack: ExitStack) -> dict[str, dict[str, Measure]]:
    """Return how each part is measured, by who is measured."""
    at, drained = options.at, options.drained
    kinds = {our_name(kind): kind for kind in KINDS}
    found: dict[str, dict[str, Measure]] = {
        "drain2": {peer.name: partial(peer.drain, at, 2, drained) for peer in peers},
        "drain8": {peer.name: partial(peer.drain, at, 8, drained) for peer in peers},
        "busy2": {peer.name: partial(peer.drain, at, 2, drained) for peer in peers},
        "command": {peer.name: partial(peer.starts, at, 10) for peer in peers},
        "gap": {name: partial(gaps, kind, at, 100) for name, kind in kinds.items()},
        "start": {name: partial(idle_starts, kind, at, 40) for name, kind in kinds.items()},
        "idle": {
            CLOSED: partial(screens.idle_headless, at, options.seconds),
            OPEN: partial(screens.idle_dashboard, at, options.seconds),
        },
        "prints": {OPEN: partial(screens.busy, at, options.seconds, prints=True)},
        "silent": {OPEN: partial(screens.busy, at, options.seconds, prints=False)},
        "keys": {OPEN: partial(screens.keys_in_drains, options.keys)},
        "flood": {OPEN: partial(screens.keys_in_flood, at, options.keys)},
    }
    if "paint" in options.only:
        none, many = (stack.enter_context(a_queue(jobs)) for jobs in (0, options.many))
        found["paint"] = {
            name: partial(screens.first_paint, cli) for name, cli in ((BARE, None), (NONE, none), (MANY, many))
        }
        for paint in found["paint"].values():
            paint()  # what is compiled and cached once
    return {part: found[part] for part in PARTS if part in options.only}


def play(options: argparse.Namespace, peers: Sequence[Peer]) -> Findings:
    """Measure everything as often as there are rounds and time."""
    findings, ends = Findings(), time.monotonic() + 60 * options.minutes
    with ExitStack() as stack:
        parts = measures(options, peers, stack)
        for number in range(options.rounds):
            for part, whos in parts.items():
                with busy_core() if part == "busy2" else nullcontext():
                    for who in list(whos) if number % 2 else reversed(whos):
                        if time.monotonic() < ends:
                            findings.take(part, who, whos[who])
            print(f"round {number + 1} of {options.rounds}", flush=True)
    return findings


def markdown(findings: Findings, missing: Mapping[str, str]) -> str:
    """Return the tables."""
    lines = ["| measured | who | figure | median | times |", "|---|---|---|--:|--:|"]
    for part, words in PARTS.items():
        for (of, who, name), values in findings.values.items():
            if of == part:
                lines.append(f"| {words} | {who} | {name} | {statistics.median(values):,.2f} | {len(values)} |")
    lines += ["", "| goal | value | must | want | |", "|---|--:|--:|--:|---|"]
    for key, value in findings.goals().items():
        goal = GOALS[key]
        shown, verdict = ("–", "not measured") if value is None else (f"{value:.2f}", goal.verdict(value))
        lines.append(f"| {goal.name} | {shown} | {goal.must:g} | {goal.want:g} | {verdict} |")
    lines += ["", *(f"- {name}: {why}" for name, why in missing.items())]
    return "\n".join([*lines, *(f"- failed: {each}" for each in findings.failed)])


def as_json(findings: Findings, missing: Mapping[str, str]) -> str:
    """Return everything that was measured."""
    figures = [
        {"part": part, "who": who, "figure": name, "values": values}
        for (part, who, name), values in findings.values.items()
    ]
    goals = [
        {"goal": GOALS[key].name, "value": value, "must": GOALS[key].must, "want": GOALS[key].want}
        for key, value in findings.goals().items()
    ]
    machine = {"processors": os.cpu_count(), "load": os.getloadavg(), "kernel": os.uname().release}
    found = {"machine": machine, "figures": figures, "goals": goals, "missing": missing, "failed": findings.failed}
    return json.dumps(found, indent=1)


def parts_of(text: str) -> Iterable[str]:
    """Return the parts that a user names."""
    parts = text.split(",")
    if unknown := set(parts) - PARTS.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: no such part; there are {', '.join(PARTS)}")
    return parts


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=40, help="after which no measurement begins")
    parser.add_argument("--only", type=parts_of, default=list(PARTS), help=f"parts, of: {','.join(PARTS)}")
    parser.add_argument("--drained", type=int, default=700, help="jobs of one drain")
    parser.add_argument("--many", type=int, default=1_000_000, help="jobs of the queue that is opened")
    parser.add_argument("--keys", type=int, default=80, help="keys a round")
    parser.add_argument("--seconds", type=float, default=20, help="for which an open dashboard is measured")
    parser.add_argument("--at", help="where the queues are made, on a fresh file system best")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    options = parser.parse_args()
    missing = {peer.name: why for peer in PEERS if (why := peer.missing())}
    findings = play(options, [peer for peer in PEERS if peer.name not in missing])
    print(markdown(findings, missing))
    if options.json is not None:
        options.json.write_text(as_json(findings, missing))


if __name__ == "__main__":
    main()
