"""The colours of the dashboard: our own themes, and the theme that a name in the settings means."""

from textual.theme import BUILTIN_THEMES, Theme

OWN_THEME = Theme(
    name="tui-queue",
    primary="#5fafd7",
    secondary="#87afaf",
    accent="#d7af5f",
    warning="#d7af5f",
    error="#d75f5f",
    success="#87af5f",
    foreground="#d0d0d0",
    background="#16181d",
    surface="#1c1f26",
    panel="#262a33",
    dark=True,
)
CONTRAST = Theme(
    name="contrast",
    primary="#00ffff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff5f5f",
    success="#00ff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    dark=True,
    variables={"text-muted": "#ffffff"},
)
OLD_ANSI = "textual-ansi"  # until Textual 8.2.4, where it is not enough to choose it: App.ansi_color is to be set too
# Our name of Textual's theme that keeps the colours of the terminal.
_ANSI = {"ansi": "ansi-dark" if "ansi-dark" in BUILTIN_THEMES else OLD_ANSI}
_ENOUGH = {"256", "truecolor"}  # colours, as Rich names what a terminal can show


def theme_names() -> list[str]:
    """Return the names of all themes, our own first."""
    return ["auto", OWN_THEME.name, CONTRAST.name, *_ANSI, *sorted(BUILTIN_THEMES)]


def theme_named(name: str, system: str | None, *, colours: bool) -> str:
    """Return Textual's name of a theme; ``system`` are the colours that the terminal has, as Rich names them.

    With few of them it is the theme that keeps the colours of the terminal: others could not be told apart. So it is
    without ``colours`` (NO_COLOR), where it sets none.
    """
    if not colours or system not in _ENOUGH:
        name = "ansi"
    return _ANSI.get(name, OWN_THEME.name if name == "auto" else name)
