#!/usr/bin/env python3
"""Show a progress bar that moves one step at a time."""

import sys
import threading
import time

try:
    from tqdm import tqdm
except ImportError:
    print(
        "progress.py needs tqdm: python3 -m pip install tqdm (on Debian: apt install python3-tqdm)",
        file=sys.stderr,
    )
    sys.exit(3)

USAGE = "Usage: progress.py STEPS [SECONDS_PER_STEP]  (a whole number, 0 or more; a number, 0 or more, else 0.1)"


def main(words: list[str]) -> int:
    try:
        steps_word, pause_word = words if len(words) == 2 else [*words, "0.1"]
        steps, pause = int(steps_word), float(pause_word)
    except ValueError:
        steps, pause = -1, 0.0
    if not (0 <= steps <= sys.maxsize and 0 <= pause <= threading.TIMEOUT_MAX):
        print(USAGE, file=sys.stderr)
        return 2
    for _ in tqdm(range(steps), desc="Progress", unit="step"):
        time.sleep(pause)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
