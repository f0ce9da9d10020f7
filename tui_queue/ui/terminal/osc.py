"""What is written to a terminal beside the picture: its title, its clipboard; pure."""

import base64
import os
from collections.abc import Mapping

from tui_queue.core.units.printable import printable

_END = "\x1b\\"
_LONGEST_TITLE = 100  # characters
_LONGEST_COPY = 75_000  # bytes; terminals drop what is longer
_TITLELESS = ("linux", "dumb", "vt", "cons")  # kinds of terminals that have no title, and may print one as text

KEEP_TITLE = "\x1b[22;2t"  # xterm: put the title on a stack
RESTORE_TITLE = f"\x1b]2;{_END}\x1b[23;2t"  # none, where there is no stack


def has_title(term: str) -> bool:
    """Whether a kind of terminal, TERM, has a title."""
    return bool(term) and not term.startswith(_TITLELESS)


def title(text: str) -> str:
    """Return what gives a terminal a title."""
    return f"\x1b]2;{printable(text)[:_LONGEST_TITLE]}{_END}"


def copying(text: str, env: Mapping[str, str]) -> str:
    """Return what has a terminal put a text into its clipboard (OSC 52), also from within GNU screen.

    tmux takes it where ``set-clipboard`` is on.
    """
    encoded = base64.b64encode(os.fsencode(text)[:_LONGEST_COPY]).decode()
    sequence = f"\x1b]52;c;{encoded}\a"
    if env.get("TERM", "").startswith("screen") and not env.get("TMUX"):
        return "".join(f"\x1bP{part}{_END}" for part in _parts(sequence))
    return sequence


def _parts(sequence: str, size: int = 200) -> list[str]:
    """Split a sequence: screen takes short ones only."""
    return [sequence[begin : begin + size] for begin in range(0, len(sequence), size)]
