"""Ends the process on a signal, by force after a delay."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

PATIENCE_S = 4.0


def leave_on_signals(leave: Callable[[int], None]) -> None:
    """Have SIGHUP, SIGINT and SIGTERM call ``leave`` in the event loop with 128 + the signal's number.

    That is also the exit code of a process that is not gone ``PATIENCE_S`` later: it ends at once then.
    """
    loop = asyncio.get_running_loop()
    heard: SimpleQueue[int] = SimpleQueue()  # its put is safe in a signal handler, even while another one is in it

    def guard() -> None:
        code = heard.get()
        time.sleep(PATIENCE_S)
        os._exit(code)

    # Not the loop's own handlers: those are not called while something holds the loop up.
    def hear(number: int, _frame: object) -> None:
        heard.put(128 + number)
        with suppress(RuntimeError):  # the loop is closed: we are leaving already
            loop.call_soon_threadsafe(leave, 128 + number)

    # It waits from now on: a signal handler can't start a thread safely.
    threading.Thread(target=guard, name="guard", daemon=True).start()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
