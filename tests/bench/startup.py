"""How long whole commands take beside a bare interpreter, in pairs: ``python -m tests.bench.startup``."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT

PAIRS = 20
GOAL = 2.0
COMMANDS = (["list"], ["add", "--hold", "true"], ["status"], ["list", "--json"])


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        # As after an installation: what is imported is compiled already.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["TUI_QUEUE_HOME"] = home
        Path(home, "config.toml").write_text("background = false\n")
        for command in COMMANDS:
            _seconds(env, *command)
        print(f"{PAIRS} pairs each, medians of whole processes; at most {GOAL:g} times a bare interpreter")
        for command in COMMANDS:
            bare, ours = [], []
            for _ in range(PAIRS):
                bare.append(_run(env, "-c", "import sqlite3, asyncio"))
                ours.append(_seconds(env, *command))
            ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
            print(
                f"tui-queue {' '.join(command):<16} {statistics.median(ours) * 1000:6.1f} ms   "
                f"bare {statistics.median(bare) * 1000:6.1f} ms   ratio {ratio:5.2f}"
            )


def _seconds(env: dict[str, str], *command: str) -> float:
    return _run(env, "-m", "tui_queue", *command)


def _run(env: dict[str, str], *words: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *words], env=env, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
