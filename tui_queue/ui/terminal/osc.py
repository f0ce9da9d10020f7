"""Escape sequences for title, clipboard and notifications; pure."""

import base64
import os
from collections.abc import Mapping

from tui_queue.core.units.printable import printable

BELL = "\a"
_END = "\x1b\\"
_LONGEST_TITLE = 100  # characters
_LONGEST_NOTIFICATION = 200  # characters of its heading, and of its text
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
    """Return what makes a terminal copy a text into its clipboard (OSC 52), also from within GNU screen.

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


def announcement(heading: str, text: str, way: str, env: Mapping[str, str]) -> str:
    """Return what makes a terminal notify a user who looks elsewhere; empty for ``off``.

    ``auto`` chooses by TERM and rings the bell too. Sources: iTerm2 (OSC 9), rxvt-unicode (OSC 777), kitty (OSC 99).
    """
    term = env.get("TERM", "")
    if way == "off":
        return ""
    if way == "bell" or (way == "auto" and term in ("linux", "dumb", "")):
        return BELL
    sequence = _notification(_plain(heading), _plain(text), way, term)
    return _passed_on(sequence, term, env) + (BELL if way == "auto" else "")


def _notification(heading: str, text: str, way: str, term: str) -> str:
    if way == "osc99" or (way == "auto" and "kitty" in term):
        begin, body = "\x1b]99;i=tui-queue:d=0:e=1;", "\x1b]99;i=tui-queue:p=body:e=1;"
        return f"{begin}{_encoded(heading)}{_END}{body}{_encoded(text)}{_END}"
    if way == "osc777" or (way == "auto" and term.startswith(("rxvt", "foot"))):
        return f"\x1b]777;notify;{heading.replace(';', ',')};{text}{_END}"
    return f"\x1b]9;{heading}: {text}{_END}"


def _passed_on(sequence: str, term: str, env: Mapping[str, str]) -> str:
    """Wrap a sequence for tmux or screen, which pass it on to the terminal; tmux only with ``allow-passthrough``."""
    if env.get("TMUX") or term.startswith("tmux"):
        return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}{_END}"
    if term.startswith("screen"):
        return "".join(f"\x1bP{part}{_END}" for part in _for_screen(sequence))
    return sequence


def _for_screen(sequence: str) -> list[str]:
    """Split a sequence at the ends of its strings: each would end the string of screen too."""
    return [part for whole in sequence.split(_END) if whole for part in (whole, "\x1b", "\\")]


def _plain(text: str) -> str:
    return printable(text)[:_LONGEST_NOTIFICATION]


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
