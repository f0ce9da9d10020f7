"""The colours of a theme as users see them: contrasts by WCAG, differences by CIEDE2000, also for the colour-blind."""

from collections.abc import Iterator
from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tui_queue.ui.theme import OWN_THEMES
from tui_queue.ui.tokens import GREYED, READABLE, STATES, contrast_of, is_of_terminal, readable

# Those that keep the colours of the terminal have none of their own.
THEMES = [theme for theme in (*OWN_THEMES, *BUILTIN_THEMES.values()) if not is_of_terminal(theme)]
GROUNDS = ("background", "surface", "panel", "cursor", "cursor-dim")
TEXTS = (*STATES, "muted", "key", "text", "text-error", "text-warning", "footer-key-foreground")
Lab = tuple[float, float, float]
# Machado, Oliveira and Fernandes 2009, in linear light.
SIGHTS = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}


def variables(theme: Theme) -> dict[str, Color]:
    shown = readable(theme)
    colours = {**shown.to_color_system().generate(), **shown.variables}
    return {name: Color.parse(colours[name]) for name in (*GROUNDS, *TEXTS, "text-disabled")}


def lab(colour: Color, sight: str) -> Lab:
    """Return a colour as a user of some sight sees it, as CIELAB."""
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    red, green, blue = (
        min(1.0, max(0.0, sum(share * part for share, part in zip(row, light, strict=True)))) for row in SIGHTS[sight]
    )
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    x, y, z = (part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one: Lab, other: Lab) -> float:
    """Return how different two colours look."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (hypot(a1, b1) + hypot(a2, b2)) / 2
    grey = 0.5 * (1 - sqrt(mean**7 / (mean**7 + 25**7)))
    c1, c2 = hypot(a1 * (1 + grey), b1), hypot(a2 * (1 + grey), b2)
    h1, h2 = (degrees(atan2(b, a * (1 + grey))) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    dl, dc, dh = l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    t = (
        1
        - 0.17 * cos(radians(hue - 30))
        + 0.24 * cos(radians(2 * hue))
        + 0.32 * cos(radians(3 * hue + 6))
        - 0.20 * cos(radians(4 * hue - 63))
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = -2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rotation * dc / sc * dh / sh)


def least_apart(theme: Theme, sight: str) -> tuple[float, str, str]:
    colours = variables(theme)
    seen = {state: lab(colours[state], sight) for state in STATES}
    return min((ciede2000(seen[one], seen[other]), one, other) for one, other in combinations(STATES, 2))


def contrasts(theme: Theme) -> Iterator[tuple[str, str, float]]:
    """Yield each text on each ground, and their contrast."""
    colours = variables(theme)
    for ground in GROUNDS:
        for text in (*TEXTS, "text-disabled"):
            yield text, ground, contrast_of(colours[text], colours[ground])


def too_faint(theme: Theme) -> Iterator[tuple[str, str, float]]:
    """Yield the texts that are too faint on a ground, and their contrast."""
    for text, ground, contrast in contrasts(theme):
        if contrast < (GREYED if text == "text-disabled" else READABLE) - 0.02:
            yield text, ground, contrast
