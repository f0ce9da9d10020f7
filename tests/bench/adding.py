"""How many jobs `add --from` takes, beside bare SQLite: ``python -m tests.bench.adding [--jobs 50000]``."""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from tests.conftest import ROOT

ROUNDS = 5
GOAL = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=50_000)
    jobs = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as temporary:
        lines = Path(temporary, "lines")
        lines.write_text("".join(f"jobs/countdown.py {number}\n" for number in range(jobs)))
        ours, bare = [], []
        for number in range(ROUNDS):
            ours.append(jobs / _add(Path(temporary, str(number)), lines))
            bare.append(jobs / _insert(Path(temporary, f"{number}.db"), jobs))
        ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
        print(f"{jobs:,} jobs by add --from, whole process, medians of {ROUNDS} rounds that alternate")
        print(f"tui-queue {statistics.median(ours):10,.0f} jobs/s  (at least {GOAL:,})")
        print(f"one INSERT a row of one indexed column, one commit {statistics.median(bare):10,.0f} rows/s")
        print(f"ratio {ratio:.3f}")


def _add(home: Path, lines: Path) -> float:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("background = false\n")
    env = {**os.environ, "TUI_QUEUE_HOME": str(home)}
    begin = time.perf_counter()
    words = [sys.executable, "-m", "tui_queue", "add", "--from", str(lines)]
    subprocess.run(words, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def _insert(path: Path, rows: int) -> float:
    begin = time.perf_counter()
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE)")
    with db:
        db.executemany("INSERT INTO jobs (uuid) VALUES (?)", ((str(uuid.uuid4()),) for _ in range(rows)))
    db.close()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
