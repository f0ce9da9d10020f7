#!/usr/bin/env python3
"""Count the given number of seconds down, a line a second."""

import sys
import time

USAGE = "Usage: countdown.py SECONDS  (a whole number, 0 or more)"


def main(words: list[str]) -> int:
    try:
        (seconds,) = map(int, words)
    except ValueError:
        seconds = -1
    if seconds < 0:
        print(USAGE, file=sys.stderr)
        return 2
    for left in range(seconds, 0, -1):
        print(f"Countdown: {left} seconds", flush=True)
        time.sleep(1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
