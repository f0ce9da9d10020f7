"""Styles of cells, and the SGR sequences that change them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, CONCEAL, STRIKE = (1 << bit for bit in range(8))
_ON = {1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 5: BLINK, 6: BLINK, 7: REVERSE, 8: CONCEAL, 9: STRIKE}
_OFF = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 25: BLINK, 27: REVERSE, 28: CONCEAL, 29: STRIKE}


class CellStyle(NamedTuple):
    """The style of a character in its cell.

    Colours are "" for the terminal's own, "0" to "255" of its palette, or "#rrggbb"; ``attributes`` is a sum of BOLD
    and its likes; ``link`` is a URL.
    """

    fg: str = ""
    bg: str = ""
    attributes: int = 0
    link: str = ""


PLAIN = CellStyle()


@lru_cache(maxsize=4096)
def styled(style: CellStyle, numbers: str) -> CellStyle:
    """Return the style after one SGR sequence; unknown numbers are ignored."""
    fg, bg, attributes, link = style
    codes = [re.split(":", code) for code in numbers.split(";")]
    while codes:
        words = codes.pop(0)
        code = number(words[0])
        if code in (38, 48):
            if len(words) == 1:
                words += [each[0] for each in codes[: {"5": 2, "2": 4}.get(codes[0][0] if codes else "", 1)]]
                del codes[: len(words) - 1]
            colour = _colour(words[1:])
            fg, bg = (colour or fg, bg) if code == 38 else (fg, colour or bg)
        elif code == 0:
            fg, bg, attributes = "", "", 0
        elif code in _ON:
            # 4:0 means no underline.
            attributes = attributes & ~_ON[code] if words[1:] == ["0"] else attributes | _ON[code]
        elif code in _OFF:
            attributes &= ~_OFF[code]
        elif code in (39, 49):
            fg, bg = ("", bg) if code == 39 else (fg, "")
        elif 30 <= code <= 37 or 90 <= code <= 97:
            fg = str(code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            bg = str(code - 40 if code < 100 else code - 92)
    return _shared(CellStyle(fg, bg, attributes, link))


def linked(style: CellStyle, url: str) -> CellStyle:
    """Return a style with another link; "" for none."""
    return _shared(style._replace(link=url))


def number(digits: str) -> int:
    """Return a parameter of a sequence as a number; 0 where it is missing or malformed."""
    return int(digits[:6]) if digits.isdigit() else 0


def _colour(words: Sequence[str]) -> str:
    """Return the colour that stands behind 38 or 48; "" for none."""
    if words[:1] == ["5"] and len(words) > 1:
        return str(index) if (index := number(words[1])) < 256 else ""
    if words[:1] == ["2"] and len(words) > 3:  # with colons a colour space may stand before the three
        return "#" + "".join(f"{min(255, number(word)):02x}" for word in words[-3:])
    return ""


def _shared(style: CellStyle) -> CellStyle:
    """Return PLAIN itself for a plain style, so that ``is PLAIN`` is enough of a test."""
    return PLAIN if style == PLAIN else style
