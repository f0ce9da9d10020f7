"""The terminal modes that the dashboard sets and restores."""

import errno
import os
import termios
import tty
from collections.abc import Iterable, Mapping
from typing import Any

from textual.geometry import Size

_ALTERNATE_SCREEN, _CURSOR, _LINE_WRAP, _PASTES, _FOCUS = "?1049", "?25", "?7", "?2004", "?1004"
_MOUSE = ("?1000", "?1003", "?1015", "?1006")  # presses, moves, and two ways to tell of far columns
_ASK_FOR_WHOLE_PICTURES = "\x1b[?2026$p"


# Parts of kitty's protocol: tell keys apart only, or report all of them too, with their text.
KEYS_APART, KEYS_WITH_TEXT = 0b1, 0b11001


def on(mode: str) -> str:
    """Return what switches a mode on."""
    return f"\x1b[{mode}h"


def off(mode: str) -> str:
    """Return what switches a mode off."""
    return f"\x1b[{mode}l"


def mouse_on() -> str:
    """Return what has the terminal report the mouse."""
    return "".join(map(on, _MOUSE))


def mouse_off() -> str:
    """Return what ends that."""
    return "".join(map(off, _MOUSE))


def taking(*, mouse: bool, keyboard: int, asks: bool) -> list[str]:
    """Return what takes the terminal; ``keyboard`` are parts of kitty's protocol, ``asks`` asks for whole pictures."""
    return [
        on(_ALTERNATE_SCREEN),
        *([mouse_on()] if mouse else []),
        off(_CURSOR),
        on(_FOCUS),
        *([f"\x1b[>{keyboard}u"] if keyboard else []),
        *([_ASK_FOR_WHOLE_PICTURES] if asks else []),
        on(_PASTES),
        off(_LINE_WRAP),
        *([mouse_on()] if mouse else []),  # iTerm 3.5 forgets it when the other modes are set
    ]


def taking_back() -> list[str]:
    """Return what undoes a shell that has had the terminal without our giving it back."""
    return [on(_ALTERNATE_SCREEN) + off(_CURSOR), on(_PASTES)]


def giving_back_input() -> list[str]:
    """Return what ends pastes in brackets and lines that are cut."""
    return [off(_PASTES), on(_LINE_WRAP)]


def giving_back() -> list[str]:
    """Return what gives the terminal back; the keyboard's protocol ends before the screen that it was begun on."""
    return ["\x1b[<u", off(_ALTERNATE_SCREEN), on(_CURSOR), off(_FOCUS)]


def raw(settings: list[Any], env: Mapping[str, str]) -> list[Any]:
    """Return line settings that pass each key on as it is typed; Ctrl+C too, unless the user asks for signals."""
    settings = [*settings[: tty.CC], [*settings[tty.CC]]]
    signals = 0 if env.get("TEXTUAL_ALLOW_SIGNALS") else termios.ISIG
    settings[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | signals)
    settings[tty.IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    settings[tty.CC][termios.VMIN] = 1  # on Solaris it is another setting's, which is 4
    return settings


def asks_for_whole_pictures(env: Mapping[str, str]) -> bool:
    """Whether to ask: Apple's terminal prints a part of the question."""
    return env.get("TERM_PROGRAM") != "Apple_Terminal"


def settings_of(file: int) -> list[Any] | None:
    """Return the line settings of a terminal; None for anything else."""
    try:
        return termios.tcgetattr(file)
    except termios.error:
        return None


def size_of(files: Iterable[int]) -> Size | None:
    """Return the size of the first of these that is a terminal and knows it; COLUMNS and LINES may be old."""
    for file in files:
        try:
            size = Size(*os.get_terminal_size(file))
        except OSError:
            continue
        if size.width and size.height:
            return size
    return None


def is_writable(file: int) -> bool:
    """Whether we may write to a terminal: a job that a shell has put into the background may not."""
    if not os.isatty(file):
        return True
    while True:
        try:
            termios.tcsetattr(file, termios.TCSANOW, termios.tcgetattr(file))
        except termios.error as error:
            if error.args[0] == errno.EINTR:  # stopped there, and continued: perhaps in the foreground
                continue
            return False
        return True
