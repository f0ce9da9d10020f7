"""The orders that come through a run's pipe ``control``: end, pause, resume, send a signal."""

import os
import signal

from .leader import Leader
from .limits import Limits
from .process_tree import Tree


def obey(control: int, leader: Leader, tree: Tree, limits: Limits) -> float | None:
    """Carry out the orders in the pipe, one a line; return the grace in seconds if the run is to be ended."""
    try:
        lines = os.read(control, 4096).split(b"\n")
    except BlockingIOError:
        return None
    grace = None
    for line in lines:
        words = line.split()
        try:
            match words:
                case [b"term", seconds]:
                    grace = float(seconds)
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
        except (ValueError, OSError):  # not written by the scheduler; a process of another user
            pass
    return grace
