#!/usr/bin/env python3
"""A job of `tui-queue demo`: ends with a traceback, so that there is an error to be found."""

import sys
import time

ROWS = [{"id": 1, "total": "12.50"}, {"id": 2, "total": "8.00"}, {"id": 3, "sum": "99.90"}]


def main() -> None:
    print(f"Reading {sys.argv[1] if len(sys.argv) > 1 else 'orders.csv'}", flush=True)
    for row in ROWS:
        time.sleep(0.5)
        print(f"order {row['id']}: {row['total']}", flush=True)


if __name__ == "__main__":
    main()
