#!/usr/bin/env python3
"""Start two children and a grandchild in one process group, and wait for them all."""

import os
import sys
import threading
import time
from collections.abc import Callable

USAGE = "Usage: family.py [SECONDS]  (a number, 0 or more; else 60)"


def main(words: list[str]) -> int:
    try:
        (seconds,) = map(float, words or ["60"])
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= threading.TIMEOUT_MAX:
        print(USAGE, file=sys.stderr)
        return 2
    children = [
        start("child", lambda: time.sleep(seconds)),
        start("child", lambda: wait_for(start("grandchild", lambda: time.sleep(seconds)))),
    ]
    for pid in children:
        wait_for(pid)
    return 0


def start(name: str, work: Callable[[], None]) -> int:
    """Do ``work`` in a process of its own; print and return the process id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    print(f"{name} {pid}", flush=True)
    return pid


def wait_for(pid: int) -> None:
    os.waitpid(pid, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
