#!/usr/bin/env python3
"""End with the given exit code, now or after some seconds."""

import sys
import threading
import time

USAGE = "Usage: fail.py CODE [SECONDS]  (a whole number, 0 to 255; a number, 0 or more)"


def main(words: list[str]) -> int:
    try:
        code_word, seconds_word = words if len(words) == 2 else [*words, "0"]
        code, seconds = int(code_word), float(seconds_word)
    except ValueError:
        code, seconds = -1, 0.0
    if not (0 <= code <= 255 and 0 <= seconds <= threading.TIMEOUT_MAX):
        print(USAGE, file=sys.stderr)
        return 2
    print(f"Ends with exit code {code} after {seconds:g} seconds", flush=True)
    time.sleep(seconds)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
