"""The colours of the dashboard: our own themes, and the theme that a name in the settings means."""

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="dark",
    primary="#86b8ff",
    secondary="#a3acba",
    accent="#f2dd8c",
    warning="#f2dd8c",
    error="#ff8360",
    success="#98b29c",
    foreground="#dce0e7",
    background="#12151a",
    surface="#1a1f27",
    panel="#20262f",
    dark=True,
    variables={
        "cursor": "#23395b",
        "cursor-dim": "#262d38",
        "muted": "#a3acba",
        "rule": "#465063",
    },
)
LIGHT = Theme(
    name="light",
    primary="#0b5cad",
    secondary="#555c66",
    accent="#865800",
    warning="#865800",
    error="#741313",
    success="#4b654d",
    foreground="#1d2126",
    background="#fbfaf7",
    surface="#f2f0ea",
    panel="#e8e5dc",
    dark=False,
    variables={
        "cursor": "#cfe0f7",
        "cursor-dim": "#e1dfd8",
        "muted": "#555c66",
        "rule": "#aeaca3",
    },
)
CONTRAST = Theme(
    name="contrast",
    primary="#8fd0ff",
    secondary="#d4d4d4",
    accent="#fbe77a",
    warning="#fbe77a",
    error="#ff9a78",
    success="#c7e0b6",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    dark=True,
    variables={
        "cursor": "#003f8a",
        "cursor-dim": "#333333",
        "muted": "#d4d4d4",
        "rule": "#9a9a9a",
        "run": "#93f5ff",
        "wait": "#fbe77a",
        "hold": "#c9a6ff",
        "done": "#c7e0b6",
        "fail": "#ff9a78",
        "cancel": "#b4b4b4",
    },
)
OWN_THEMES = (DARK, LIGHT, CONTRAST)
_NAMES = {  # other names of ours; the second is that of older settings
    "auto": DARK.name,
    "tui-queue": DARK.name,
}
OLD_ANSI = "textual-ansi"  # until Textual 8.2.4, where it is not enough to choose it: App.ansi_color is to be set too
# Our name of Textual's theme that keeps the colours of the terminal.
_ANSI = {"ansi": "ansi-dark" if "ansi-dark" in BUILTIN_THEMES else OLD_ANSI}
_ENOUGH = {"256", "truecolor"}  # colours, as Rich names what a terminal can show


def theme_names() -> list[str]:
    """Return the names of all themes, our own first."""
    return [*_NAMES, *(theme.name for theme in OWN_THEMES), *_ANSI, *sorted(BUILTIN_THEMES)]


def theme_named(name: str, system: str | None, *, colours: bool) -> str:
    """Return Textual's name of a theme; ``system`` are the colours that the terminal has, as Rich names them.

    With few of them it is the theme that keeps the colours of the terminal: others could not be told apart. So it is
    without ``colours`` (NO_COLOR), where it sets none.
    """
    if not colours or system not in _ENOUGH:
        name = "ansi"
    return _ANSI.get(name) or _NAMES.get(name, name)
