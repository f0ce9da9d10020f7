"""Rows of a log as Rich draws them; pure."""

from collections.abc import Sequence
from functools import lru_cache

from rich.color import Color
from rich.style import Style
from rich.text import Text

from tui_queue.core.logs.terminal.screen import (
    BLINK,
    BOLD,
    CONCEAL,
    DIM,
    ITALIC,
    PLAIN,
    REVERSE,
    STRIKE,
    UNDERLINE,
    Look,
    Row,
    runs_of,
)

_HIT = Style(color="black", bgcolor="yellow")
_THIS_HIT = Style(color="black", bgcolor="yellow", bold=True, underline=True)


def drawn(row: Row, spans: Sequence[tuple[int, int]] = (), *, current: bool = False) -> Text:
    """Return a row with what was found in it marked, more so where it is the line that was gone to."""
    text = Text(no_wrap=True, end="")
    for part, look in runs_of(row):
        text.append(part, None if look is PLAIN else style_of(look))
    for begin, end in spans:
        text.stylize(_THIS_HIT if current else _HIT, begin, end)
    return text


@lru_cache(maxsize=1024)
def style_of(look: Look) -> Style:
    """Return a look as a style. A link is underlined; it is not given to the terminal."""
    return Style(
        color=_colour(look.fg),
        bgcolor=_colour(look.bg),
        bold=bool(look.on & BOLD) or None,
        dim=bool(look.on & DIM) or None,
        italic=bool(look.on & ITALIC) or None,
        underline=bool(look.on & UNDERLINE or look.link) or None,
        blink=bool(look.on & BLINK) or None,
        reverse=bool(look.on & REVERSE) or None,
        conceal=bool(look.on & CONCEAL) or None,
        strike=bool(look.on & STRIKE) or None,
    )


def _colour(name: str) -> Color | None:
    if not name:
        return None
    return Color.parse(name) if name.startswith("#") else Color.from_ansi(int(name))
