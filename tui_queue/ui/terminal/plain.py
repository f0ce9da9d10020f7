"""Draws borders and signs in ASCII, for terminals and locales that cannot show others, and where the user wants it."""

import re
import sys
import unicodedata
from collections.abc import Mapping
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
    """Whether to draw in ASCII; ``signs`` is as the settings name it."""
    return signs == "plain" or (signs == "auto" and is_needed(env))


def is_needed(env: Mapping[str, str]) -> bool:
    """Whether the environment names a locale without UTF-8, or a terminal that lacks our signs."""
    if _ASCII_TERMINALS.match(env.get("TERM", "")):
        return True
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if sys.flags.utf8_mode and env.get("LC_CTYPE") == "C.UTF-8":  # Python has set that where there was none
        names.remove("LC_CTYPE")
    locale = next((env[name] for name in names if env.get(name)), "").lower()
    return "utf-8" not in locale and "utf8" not in locale


class Plain(LineFilter):
    """Takes out of lines all that is not ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII, as wide as before."""
        return [Segment(_plain(text), style, control) for text, style, control in segments]


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
