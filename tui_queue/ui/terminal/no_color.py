"""Removes all colours, for NO_COLOR."""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, NoColor

_REVERSED = NoColor.DEFAULT_COLORS + Style(reverse=True)


class Colourless(LineFilter):
    """Takes the colours out of lines."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without colours."""
        return [Segment(text, None if style is None else _without(style), control) for text, style, control in segments]


@lru_cache(maxsize=1024)
def _without(style: Style) -> Style:
    stands_out = style.bgcolor is not None and not style.bgcolor.is_default
    return style + (_REVERSED if stands_out else NoColor.DEFAULT_COLORS)
