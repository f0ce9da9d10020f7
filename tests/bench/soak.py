"""Leave the dashboard open while much happens, and see whether it grows: ``python -m tests.bench.soak [--minutes 60]``.

Ten jobs change their state each second, a log of 200 lines a second is shown, and somebody presses a key now and then.
Prints the memory (PSS) of the dashboard, and by how much it has grown from a sixth of the time to its end.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.dashboard import a_queue
from tests.support.raw_terminal import RawTerminal, raw_terminal

GOAL = 0.05  # of growth
PARTS = 24  # of the time, after each of which the memory is told
TALK = "import itertools, time\nfor n in itertools.count():\n    print('line', n, flush=True)\n    time.sleep(0.005)\n"
# Five short jobs a second: each starts and ends.
WORK = """
import time
from tui_queue import Queue
with Queue() as queue:
    while True:
        for _ in range(5):
            queue.add("true")
        time.sleep(1)
"""
KEYS = ("j", "j", "k", "l", "l", "i", "\x1b", "?", "\x1b", "2", "1", " ", "\x1b", "g")


def pss_mib(pid: int) -> float:
    """Return the memory of a process, its share of what it has in common with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def use(window: RawTerminal, seconds: float) -> None:
    """Read, and press one key after the other, one a second."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        window.type(KEYS[number % len(KEYS)])
        number += 1
        window.rest_for(1)
        assert window.process.poll() is None, window.text()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    seconds = parser.parse_args().minutes * 60
    with a_queue(1000) as cli, raw_terminal(cli.env, size=(200, 50)) as window:
        talk = cli.home / "talk.py"
        talk.write_text(TALK)
        cli("add", sys.executable, str(talk))
        working = subprocess.Popen([sys.executable, "-c", WORK], env=cli.env, start_new_session=True)
        try:
            sizes = []
            for part in range(1, PARTS + 1):
                use(window, seconds / PARTS)
                sizes.append(pss_mib(window.process.pid))
                print(f"after {part * seconds / PARTS / 60:4.1f} min: {sizes[-1]:.1f} MiB", flush=True)
            growth = sizes[-1] / sizes[PARTS // 6 - 1] - 1
            print(f"growth from a sixth of the time to its end: {growth:.1%} (goal under {GOAL:.0%})")
            print(f"jobs now: {max(cli.jobs())}")
        finally:
            os.killpg(working.pid, 9)
            working.wait()
            cli.process("cancel", "--all")


if __name__ == "__main__":
    main()
