"""The orders that come through a run's pipe ``control``: end, pause, resume, send a signal, end at another time."""

import os
import signal

from .files import Files
from .leader import Leader
from .limits import Limits
from .process_tree import Tree


def obey(files: Files, leader: Leader, tree: Tree, limits: Limits) -> float | None:
    """Carry out the orders in the pipe, one a line; return the grace in seconds if the run is to be ended."""
    try:
        lines = os.read(files.control, 4096).split(b"\n")
    except BlockingIOError:
        return None
    grace = None
    for line in lines:
        try:
            match line.split():
                case [b"term", seconds]:
                    grace = float(seconds)
                case [b"limit", seconds]:
                    limits.set_end(float(seconds))
                    files.write_limit({"timeout_s": float(seconds)})
                case words:
                    _pass_on(words, leader, tree, limits)
        except (ValueError, OSError):  # not written by the scheduler; a process of another user
            pass
    return grace


def _pass_on(words: list[bytes], leader: Leader, tree: Tree, limits: Limits) -> None:
    """Send what the order says to the processes of the run. Raises ValueError, OSError."""
    match words:
        case [b"stop"]:
            limits.pause()
            tree.stop()
        case [b"cont"]:
            tree.send(signal.SIGCONT)
            limits.resume()
        case [b"signal", number] if not leader.has_ended():
            leader.send(int(number))
        case [b"signal", number]:
            tree.send(int(number))
        case [b"signal", number, b"all"]:
            tree.send(int(number))
