#!/usr/bin/env python3
"""A job of `tui-queue demo`: draws the bar of a download, and fetches nothing."""

import sys
import time


def main() -> None:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 240
    print(f"Fetching {total} MB", flush=True)
    for done in range(0, total + 1, 8):
        filled = 30 * done // total
        print(f"\r{100 * done // total:3}%|{'#' * filled}{'.' * (30 - filled)}| {done}/{total} MB", end="", flush=True)
        time.sleep(0.8)
    print("\nDone", flush=True)


if __name__ == "__main__":
    main()
