"""Undoes what a parent process has set for the signals of this one, where that would break it."""

import signal
from collections.abc import Collection

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)  # those by which the user ends a scheduler


def reset_signals(*, blocked: Collection[signal.Signals] = ()) -> None:
    """Let this process learn how its children end, and hear the signals that are to end it.

    Called once, before anything else is started. With SIGCHLD ignored the kernel reaps children by itself, and a wait
    for one returns an invented exit code. A parent that blocks signals leaves its children deaf to SIGTERM.
    Those that stay ``blocked`` wait until the caller has its handlers.
    The soft limit on processor time is meant for jobs: those get the signal, a scheduler goes on up to the hard limit.
    """
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    # A handler, since a program that this one starts would inherit that a signal is ignored.
    signal.signal(signal.SIGXCPU, lambda *_: None)


def heeded(*numbers: signal.Signals) -> list[signal.Signals]:
    """Return those of these signals that the parent has not told this process to ignore, as nohup does."""
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
