"""Draws borders and signs in ASCII, for terminals and locales that cannot show others, and where the user wants it."""

import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui_queue.core.units.widths import clusters

SIGNS = ("auto", "unicode", "plain")  # what the settings may name
_ASCII_TERMINALS = re.compile(r"linux|vt\d+")  # the console's font and these terminals lack most of our signs

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("╭╮╰╯┌┐└┘┏┓┗┛├┤┬┴┼", "+"),
        **dict.fromkeys("│┃║▏▕▌▐▎▊", "|"),
        **dict.fromkeys("─╌╸–—▔▁", "-"),
        **dict.fromkeys("━═◇", "="),
        **dict.fromkeys("█▉▇▆", "#"),
        **dict.fromkeys("░▒▓", "."),
        **dict.fromkeys("▅▄▃", "="),
        **dict.fromkeys("▂", "_"),
        **dict.fromkeys("●•", "*"),
        **dict.fromkeys("▶►", ">"),
        **dict(zip("○✓✗‖»…·▼▲↑↓←→×’", "o+x\"~~.v^^v<>x'", strict=True)),
    }
)


def is_wanted(signs: str, env: Mapping[str, str]) -> bool:
    """Whether to draw signs and borders in ASCII; ``signs`` is as the settings name it."""
    lacks_signs = not has_utf_8(env) or _ASCII_TERMINALS.match(env.get("TERM", "")) is not None
    return signs == "plain" or (signs == "auto" and lacks_signs)


def has_utf_8(env: Mapping[str, str]) -> bool:
    """Whether the locale, as the environment names it, has UTF-8."""
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if sys.flags.utf8_mode and env.get("LC_CTYPE") == "C.UTF-8":  # Python has set that where there was none
        names.remove("LC_CTYPE")
    locale = next((env[name] for name in names if env.get(name)), "").lower()
    return "utf-8" in locale or "utf8" in locale


class Plain(LineFilter):
    """Takes signs and borders out of lines, and letters that are not ASCII too where the locale has no UTF-8."""

    def __init__(self, signs: str, env: Mapping[str, str]) -> None:
        super().__init__(enabled=is_wanted(signs, env))
        self._replace: Callable[[str], str] = _without_signs if has_utf_8(env) else _plain

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII, as wide as before."""
        return [Segment(self._replace(text), style, control) for text, style, control in segments]


def _without_signs(text: str) -> str:
    return text if text.isascii() else text.translate(_SIGNS)


@lru_cache(maxsize=1024)
def _plain(text: str) -> str:
    if text.isascii():
        return text
    return "".join(_sign(cluster, wide) for cluster, wide in clusters(text.translate(_SIGNS)))


def _sign(cluster: str, wide: int) -> str:
    if cluster.isascii():
        return cluster
    base = unicodedata.normalize("NFKD", cluster[0])[0]
    return (base if base.isascii() and wide == 1 else "?" * wide) if wide else ""
