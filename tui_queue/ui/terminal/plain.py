"""Draws borders and signs in ASCII, where the locale has no UTF-8: a terminal would show several others for each."""

import sys
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui_queue.core.units.widths import clusters

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


def is_needed(env: Mapping[str, str]) -> bool:
    """Whether the locale, as the environment names it, has no UTF-8."""
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
