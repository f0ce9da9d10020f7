"""The colours of texts, in all themes that are offered: they can be read, and the states told from each other."""

import ast
import re
from collections.abc import Iterator
from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt
from pathlib import Path

import pytest
from rich.errors import StyleSyntaxError
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tests.conftest import ROOT
from tui_queue.ui.theme import CONTRAST, OWN_THEME, theme_named
from tui_queue.ui.tokens import GREYED, READABLE, STATES, contrast_of, is_of_terminal, readable

THEMES = [theme for theme in (OWN_THEME, CONTRAST, *BUILTIN_THEMES.values()) if not is_of_terminal(theme)]
GROUNDS = ("background", "surface", "panel", "cursor")
TEXTS = (*STATES, "muted", "key", "text", "text-error", "text-warning", "footer-key-foreground")
APART = 14.0  # by CIEDE2000: the least between two states for users who see all colours
APART_COLOUR_BLIND = 11.0
LONGEST_STYLE = 40  # characters
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


def too_faint(theme: Theme) -> Iterator[tuple[str, str, float]]:
    colours = variables(theme)
    for ground in GROUNDS:
        for text in (*TEXTS, "text-disabled"):
            needed = GREYED if text == "text-disabled" else READABLE
            if (contrast := contrast_of(colours[text], colours[ground])) < needed - 0.02:
                yield text, ground, contrast


def test_the_measure_of_differences_gives_the_published_figures() -> None:
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)
    assert ciede2000((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387)) == pytest.approx(1.2644, abs=1e-4)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_texts_have_contrast_on_all_grounds(theme: Theme) -> None:
    assert list(too_faint(theme)) == []


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_states_can_be_told_from_each_other(theme: Theme, sight: str) -> None:
    apart, one, other = least_apart(theme, sight)
    assert apart >= (APART if sight == "all colours" else APART_COLOUR_BLIND), (one, other)


@pytest.mark.parametrize("theme", ["auto", "tui-queue", "nord", "ansi"])
def test_few_colours_are_those_of_the_terminal(theme: str) -> None:
    own = theme_named("ansi", "truecolor", colours=True)
    assert theme_named(theme, "standard", colours=True) == own
    assert theme_named(theme, None, colours=True) == own
    assert theme_named(theme, "256", colours=False) == own
    assert (theme_named(theme, "256", colours=True) == own) == (theme == "ansi")


@pytest.mark.parametrize("theme", [OWN_THEME, CONTRAST, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name)
def test_each_theme_has_all_the_colours_that_our_screens_name(theme: Theme) -> None:
    files = [path for path in (ROOT / "tui_queue/ui").rglob("*") if path.suffix in {".py", ".tcss"}]
    named = {name for path in files for name in re.findall(r" \$([a-z][a-z-]+[0-9]?)\b", path.read_text())}
    shown = readable(theme)
    assert {"key", "cursor", "text-muted"} <= named
    assert named - {*shown.to_color_system().generate(), *shown.variables} == set()


def colours_in(path: Path) -> Iterator[str]:
    """Yield texts of a module that are styles of Rich with a colour of their own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < LONGEST_STYLE:
            try:
                colour = Style.parse(node.value).color
            except StyleSyntaxError:
                continue
            if colour is not None and not colour.is_default:
                yield f"{path.name}: {node.value}"


def test_no_screen_names_a_colour_itself() -> None:
    ui = ROOT / "tui_queue/ui"
    modules = {*ui.rglob("*.py")} - {ui / "tokens.py", ui / "theme.py"}
    assert [found for path in sorted(modules) for found in colours_in(path)] == []
