"""This code beside another version, in alternating rounds.

``python -m tests.bench.compare --other PYTHON [--rounds N] [--only WORDS]``: PYTHON is an interpreter that has the
other version. Each round runs both, in turn the one and the other first. The ratio (this code / the other version) is
the median over the rounds; its 95 % interval comes from a bootstrap.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

DRAINED, ADDED, LISTED = 200, 10_000, 3_000  # jobs
SAMPLES = 10_000  # of the bootstrap
SETTINGS = "background = false\nslots = 2\n"

Seconds = tuple[float, float]  # by the clock; of processors, with all ended children
Measure = Callable[[str, Path], Seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--other", required=True, metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", metavar="WORDS", help="measure only what has these words in its name")
    wanted = parser.parse_args()
    pythons = (sys.executable, wanted.other)
    print(f"{wanted.rounds} rounds; ratio = {sys.executable} / {wanted.other}, median and 95 % interval")
    for name, measure in MEASURES.items():
        if wanted.only not in name:
            continue
        rounds = [_round(measure, pythons, number) for number in tqdm(range(-1, wanted.rounds), name, leave=False)][1:]
        for place, figure in enumerate(("clock", "processors")):
            pairs = [(ours[place], theirs[place]) for ours, theirs in rounds]
            low, middle, high = _interval(pairs)
            ours, theirs = (statistics.median(each) * 1000 for each in zip(*pairs, strict=True))
            print(f"{name:<34} {figure:<10} {ours:8.1f} / {theirs:8.1f} ms = {middle:.3f}  [{low:.3f}, {high:.3f}]")


def _round(measure: Measure, pythons: Sequence[str], number: int) -> tuple[Seconds, Seconds]:
    found: dict[str, Seconds] = {}
    for python in pythons if number % 2 else pythons[::-1]:
        with tempfile.TemporaryDirectory() as home:
            (Path(home) / "config.toml").write_text(SETTINGS)
            found[python] = measure(python, Path(home))
    return found[pythons[0]], found[pythons[1]]


def _interval(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the 2.5th percentile, the median and the 97.5th percentile of the ratio."""
    ratios = [ours / theirs for ours, theirs in pairs]
    dice = random.Random(1)
    medians = sorted(statistics.median(dice.choices(ratios, k=len(ratios))) for _ in range(SAMPLES))
    return medians[int(SAMPLES * 0.025)], statistics.median(ratios), medians[int(SAMPLES * 0.975)]


def _timed(python: str, home: Path, *words: str, given: str = "") -> Seconds:
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [python, "-m", "tui_queue", *words],
        env={**env, "TUI_QUEUE_HOME": str(home)},
        cwd=home,  # not a checkout, whose modules would be imported
        input=given,
        text=True,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    took, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _starting(*words: str) -> Measure:
    def measure(python: str, home: Path) -> Seconds:
        _timed(python, home, "add", "--hold", "true")  # the queue, and the environment of this shell, are on disk
        return _timed(python, home, *words)

    return measure


def _listing(python: str, home: Path) -> Seconds:
    _timed(python, home, "add", "--from", "-", given="true\n" * LISTED)
    return _timed(python, home, "list", "--json", "--limit", str(LISTED))


def _draining(python: str, home: Path) -> Seconds:
    _timed(python, home, "add", "--from", "-", given="true\n" * DRAINED)
    return _timed(python, home, "run", "--until-empty")


def _adding(python: str, home: Path) -> Seconds:
    return _timed(python, home, "add", "--from", "-", given="".join(f"true {each}\n" for each in range(ADDED)))


MEASURES: dict[str, Measure] = {
    "start: list": _starting("list"),
    "start: add true": _starting("add", "--hold", "true"),
    "start: status": _starting("status"),
    "start: add --help": _starting("add", "--help"),
    f"list {LISTED:,} pending jobs": _listing,
    f"schedule: drain {DRAINED} jobs": _draining,
    f"add {ADDED:,} jobs": _adding,
}

if __name__ == "__main__":
    main()
