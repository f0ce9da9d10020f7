"""What environments cost, beside another version: ``python -m tests.bench.environments --other PYTHON [--jobs N]``.

PYTHON is an interpreter that has the other version. Each round adds jobs of one and of 100 environments, with both
versions in turn: so many processes, each of which adds its part by ``add --from``. Bytes are those of the database,
after a checkpoint, and of ``environments``.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

ENVIRONMENTS = (1, 100)
RATE, BYTES = 0.9, 100  # the lowest ratio of the rates, the most bytes of a job more
NOT_OURS = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}  # variables that would have both versions import the same

Found = tuple[float, float]  # jobs a second, bytes a job


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--other", required=True, metavar="PYTHON")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    print(f"{wanted.jobs:,} jobs by add --from, medians of {wanted.rounds} rounds; this version / {wanted.other}")
    for environments in ENVIRONMENTS:
        pairs = [
            _round(wanted.other, number, wanted.jobs, environments)
            for number in tqdm(range(wanted.rounds), str(environments), leave=False)
        ]
        ours, theirs = (
            [statistics.median(each) for each in zip(*found, strict=True)] for found in zip(*pairs, strict=True)
        )
        ratio = statistics.median(our[0] / their[0] for our, their in pairs)
        print(f"{environments:3} environment{'s' * (environments > 1):1}", end="  ")
        print(f"{ours[0]:8,.0f} / {theirs[0]:8,.0f} jobs/s = {ratio:.3f}  (at least {RATE})", end="   ")
        print(f"{ours[1]:6.1f} / {theirs[1]:6.1f} bytes a job: {ours[1] - theirs[1]:+.1f}  (at most {BYTES})")


def _round(other: str, number: int, jobs: int, environments: int) -> tuple[Found, Found]:
    found = {}
    for python in (sys.executable, other) if number % 2 else (other, sys.executable):
        with tempfile.TemporaryDirectory() as home:
            found[python] = _added(python, Path(home), jobs, environments)
    return found[sys.executable], found[other]


def _added(python: str, home: Path, jobs: int, environments: int) -> Found:
    """Add jobs to a new queue, as many from each of some shells."""
    (home / "config.toml").write_text("background = false\n")
    env = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    env |= {"TUI_QUEUE_HOME": str(home)}
    each = jobs // environments
    lines = "".join(f"true {number}\n" for number in range(each))
    begin = time.perf_counter()
    for shell in range(environments):
        _run(python, home, env | {"LR": f"0.{shell}"}, ["add", "--from", "-"], lines)
    return each * environments / (time.perf_counter() - begin), _bytes_of(home) / (each * environments)


def _run(python: str, home: Path, env: Mapping[str, str], words: Sequence[str], given: str = "") -> None:
    words = [python, "-m", "tui_queue", *words]
    subprocess.run(words, env=env, cwd=home, input=given, text=True, stdout=subprocess.DEVNULL, check=True)


def _bytes_of(home: Path) -> int:
    with sqlite3.connect(home / "queue.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    environments = home / "environments"
    files = list(environments.iterdir()) if environments.is_dir() else []
    return sum(file.stat().st_size for file in [home / "queue.db", *files])


if __name__ == "__main__":
    main()
