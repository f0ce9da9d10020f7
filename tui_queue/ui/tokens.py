"""The colours that texts are drawn in, by what they mean: of any theme, and so that each can be read in it.

Nothing else in the dashboard names a colour: styles of Textual have ``$muted``, texts of Rich the style ``muted``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

READABLE = 4.5  # contrast of text, by WCAG
GREYED = 3.0  # of keys that do not apply

# Of the states of jobs. Users who do not tell red from green tell them by their lightness: running is far lighter than
# failed, waiting than completed.
_ON_DARK = {
    "run": "#8aecdd",
    "wait": "#f2dd8c",
    "hold": "#c59bff",
    "done": "#98b29c",
    "fail": "#ff8360",
    "cancel": "#a3acba",
}
_ON_LIGHT = {
    "run": "#054a6e",
    "wait": "#865800",
    "hold": "#6442c4",
    "done": "#4b654d",
    "fail": "#741313",
    "cancel": "#555c66",
}
STATES = tuple(_ON_DARK)
# In the colours of the terminal itself, which may be dark or light.
_OF_TERMINAL = {
    "run": "bold green",
    "wait": "yellow",
    "hold": "magenta",
    "done": "default",
    "fail": "bold red",
    "cancel": "default",
    "muted": "default",
    "key": "cyan",
    "rule": "default",
    "lit": "bold cyan",
    "tab": "bold reverse",
    "bar": "green",
    "cause": "red",
    "worry": "bold yellow",
    "hit": "black on yellow",
    "this_hit": "bold underline black on yellow",
}
_TERMINAL_VARIABLES = {
    "muted": "ansi_default",
    "rule": "ansi_default",
    "key": "ansi_cyan",
    "cursor": "ansi_blue",
    "cursor-dim": "ansi_white",
    "text-muted": "ansi_default",
    "text-disabled": "ansi_default",
    "foreground-muted": "ansi_default",
}
_BOLD = {"run", "fail"}
_STEPS = 25  # from a colour to white, or to black


def readable(theme: Theme) -> Theme:
    """Return a theme in whose colours all texts can be read; that of the terminal's own colours as it is."""
    if is_of_terminal(theme):
        return replace(theme, variables={**theme.variables, **_TERMINAL_VARIABLES})
    colours = theme.to_color_system().generate()
    background, surface, panel, primary = (
        Color.parse(colours[name]) for name in ("background", "surface", "panel", "primary")
    )
    states = {name: Color.parse(colour) for name, colour in (_ON_DARK if theme.dark else _ON_LIGHT).items()}
    states |= {name: Color.parse(theme.variables[name]) for name in states if name in theme.variables}
    of_cursor = background.blend(primary, 0.22, alpha=1)
    cursor = Color.parse(theme.variables.get("cursor", of_cursor.hex))
    resting = Color.parse(theme.variables.get("cursor-dim", (surface + panel).hex))
    grounds = (background, surface, surface + panel, cursor, resting)
    background, surface, panel, cursor, resting = (_behind(ground, states.values()) for ground in grounds)
    grounds = (background, surface, panel, cursor, resting)
    text = legible(Color.parse(colours["foreground"]), grounds)
    variables = {name: state.hex for name, state in states.items()}
    accent = legible(primary, grounds)
    muted = legible(Color.parse(theme.variables.get("muted", text.blend(background, 0.3, alpha=1).hex)), grounds)
    rule = Color.parse(theme.variables.get("rule", text.blend(background, 0.7, alpha=1).hex))
    greyed = legible(text.blend(background, 0.5, alpha=1), grounds, GREYED)
    for name in ("warning", "error", "success", "primary", "secondary", "accent"):
        variables[f"text-{name}"] = legible(Color.parse(colours[f"text-{name}"]), grounds).hex
    on_accent = legible(background, (accent,))
    variables |= {
        "cursor": cursor.hex,
        "cursor-dim": resting.hex,
        "muted": muted.hex,
        "rule": rule.hex,
        "key": accent.hex,
        "text": text.hex,
        "text-muted": muted.hex,
        "foreground-muted": muted.hex,
        "text-disabled": greyed.hex,
        "foreground-disabled": greyed.hex,
        "footer-key-foreground": accent.hex,
        "footer-description-foreground": text.hex,
        "footer-foreground": text.hex,
        "footer-background": panel.hex,
        "footer-key-background": "transparent",
        "footer-description-background": "transparent",
        "footer-item-background": "transparent",
        "block-cursor-foreground": on_accent.hex,
        "block-cursor-background": accent.hex,
        "block-cursor-blurred-foreground": text.hex,
        "block-cursor-blurred-background": panel.hex,
        "block-hover-background": panel.hex,
        "button-foreground": text.hex,
        "button-color-foreground": on_accent.hex,
        "input-cursor-background": text.hex,
        "input-cursor-foreground": background.hex,
        "input-selection-background": accent.hex,
        "input-selection-foreground": on_accent.hex,
        "screen-selection-background": accent.hex,
        "screen-selection-foreground": on_accent.hex,
    }
    return replace(
        theme,
        foreground=text.hex,
        background=background.hex,
        surface=surface.hex,
        panel=panel.hex,
        variables={**theme.variables, **variables},
    )


def is_of_terminal(theme: Theme) -> bool:
    """Whether a theme keeps the colours of the terminal."""
    return bool(getattr(theme, "ansi", False)) or theme.name == "textual-ansi"  # until Textual 8.2.4 it has that name


def rich_styles(theme: Theme, variables: Mapping[str, str]) -> dict[str, Style]:
    """Return the styles of Rich by the meanings of texts; ``variables`` are those of the theme."""
    if is_of_terminal(theme):
        return {name: Style.parse(style) for name, style in _OF_TERMINAL.items()}
    styles = {
        name: Style(color=_hex(variables[name]), bold=name in _BOLD or None)
        for name in (*STATES, "muted", "key", "rule")
    }
    found = Style(color=_hex(variables["background"]), bgcolor=_hex(variables["wait"]))
    return styles | {
        "lit": Style(color=_hex(variables["key"]), bold=True),
        "tab": Style(color=_hex(variables["block-cursor-foreground"]), bgcolor=_hex(variables["key"]), bold=True),
        "bar": Style(color=_hex(variables["run"])),
        "cause": Style(color=_hex(variables["fail"])),
        "worry": Style(color=_hex(variables["wait"]), bold=True),
        "hit": found,
        "this_hit": found + Style(bold=True, underline=True),
    }


def legible(colour: Color, grounds: Iterable[Color], contrast: float = READABLE) -> Color:
    """Return a colour, or one near to it that has a contrast with all the grounds."""
    lights = [luminance(ground) for ground in grounds]
    ends = sorted((Color(255, 255, 255), Color(0, 0, 0)), key=lambda end: -_least(luminance(end), lights))
    for step in range(_STEPS + 1):
        nearer = colour.blend(ends[0], step / _STEPS, alpha=1)
        if _least(luminance(nearer), lights) >= contrast:
            return nearer
    return ends[0]


def _behind(ground: Color, colours: Iterable[Color]) -> Color:
    """Return a ground, or one near to it that these colours have a contrast with."""
    lights = [luminance(colour) for colour in colours]
    end = Color(0, 0, 0) if luminance(ground) < sum(lights) / len(lights) else Color(255, 255, 255)
    nearer = (ground.blend(end, step / _STEPS, alpha=1) for step in range(_STEPS))
    return next((each for each in nearer if _least(luminance(each), lights) >= READABLE), end)


def contrast_of(one: Color, other: Color) -> float:
    """Return the contrast of two colours by WCAG, from 1 to 21."""
    return _least(luminance(one), [luminance(other)])


@lru_cache(maxsize=256)
def luminance(colour: Color) -> float:
    """Return the relative luminance of a colour by WCAG, from 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _least(light: float, others: Sequence[float]) -> float:
    return min((max(light, other) + 0.05) / (min(light, other) + 0.05) for other in others)


def _hex(colour: str) -> str:
    return Color.parse(colour).hex6
