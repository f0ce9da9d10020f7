"""Converts rows of a log to Rich text."""

from collections.abc import Sequence
from functools import lru_cache

from rich.color import Color
from rich.style import Style
from rich.text import Text

from tui_queue.core.logs.terminal.cells import Row, parts_of
from tui_queue.core.logs.terminal.sgr import (
    BLINK,
    BOLD,
    CONCEAL,
    DIM,
    ITALIC,
    PLAIN,
    REVERSE,
    STRIKE,
    UNDERLINE,
    CellStyle,
)


def drawn(row: Row, spans: Sequence[tuple[int, int]] = (), *, current: bool = False) -> Text:
    """Return a row with its matches marked; more strongly in the ``current`` line, which the user went to."""
    text = Text(no_wrap=True, end="")
    for part, style in parts_of(row):
        text.append(part, None if style is PLAIN else rich_style(style))
    for begin, end in spans:
        text.stylize("this_hit" if current else "hit", begin, end)
    return text


@lru_cache(maxsize=1024)
def rich_style(style: CellStyle) -> Style:
    """Return a style as Rich has it. A link is underlined; the terminal does not get it."""
    return Style(
        color=_colour(style.fg),
        bgcolor=_colour(style.bg),
        bold=bool(style.attributes & BOLD) or None,
        dim=bool(style.attributes & DIM) or None,
        italic=bool(style.attributes & ITALIC) or None,
        underline=bool(style.attributes & UNDERLINE or style.link) or None,
        blink=bool(style.attributes & BLINK) or None,
        reverse=bool(style.attributes & REVERSE) or None,
        conceal=bool(style.attributes & CONCEAL) or None,
        strike=bool(style.attributes & STRIKE) or None,
    )


def _colour(name: str) -> Color | None:
    if not name:
        return None
    return Color.parse(name) if name.startswith("#") else Color.from_ansi(int(name))
