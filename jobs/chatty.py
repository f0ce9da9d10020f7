#!/usr/bin/env python3
"""Print numbered lines, as fast as possible or so many a second."""

import signal
import sys
import time

USAGE = "Usage: chatty.py LINES [LINES_PER_SECOND]  (a whole number, 0 or more; a number, 0.001 or more)"
BLOCK = 10_000


def main(words: list[str]) -> int:
    try:
        lines_word, rate_word = words if len(words) == 2 else [*words, "inf"]
        lines, rate = int(lines_word), float(rate_word)
    except ValueError:
        lines, rate = -1, 0.0
    if not (lines >= 0 and rate >= 0.001):
        print(USAGE, file=sys.stderr)
        return 2
    # A reader that stops early, like head, ends the script without a traceback.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if len(words) == 1:
        print_at_once(lines)
    else:
        print_at(rate, lines)
    return 0


def print_at_once(lines: int) -> None:
    for first in range(1, lines + 1, BLOCK):
        last = min(first + BLOCK - 1, lines)
        sys.stdout.write("".join(f"Line {number}\n" for number in range(first, last + 1)))
    sys.stdout.flush()


def print_at(rate: float, lines: int) -> None:
    """Print each line when it is due, so that a late one delays no other."""
    begin = time.monotonic()
    for number in range(1, lines + 1):
        print(f"Line {number}", flush=True)
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
