"""How the dashboard looks: what the settings say of it, and its own themes."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from textual.theme import BUILTIN_THEMES, Theme

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.columns import COLUMNS, NATURAL, ORDERS

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
_ANSI = {"ansi": "ansi-dark"}  # our name of Textual's theme that keeps the colours of the terminal
SPLITS = ("auto", "beside", "below", "hidden")  # where the log is
_BESIDE_FROM, _AUTO_FROM = 96, 120  # columns of the window that it takes to be beside the jobs
_FEW_COLOURS = {"linux", "vt100", "vt220", "dumb", ""}


class DashboardSettings(Struct, frozen=True, kw_only=True):
    """What the table [dashboard] of the settings says; without ``columns`` the table has the usual ones."""

    theme: str = "auto"
    columns: tuple[str, ...] = ()
    order: str = NATURAL
    split: str = SPLITS[0]
    title: bool = True


def dashboard_settings_of(values: Mapping[str, object], where: str) -> DashboardSettings:
    """Return what the settings say; ``where`` they stand is for the errors. Raises BadInputError."""
    readers: dict[str, Callable[[object], object]] = {
        "theme": lambda value: _one_of("theme", value, theme_names()),
        "columns": _columns,
        "order": lambda value: _one_of("order", value, ORDERS),
        "split": lambda value: _one_of("split", value, SPLITS),
        "title": _title,
    }
    read = {}
    for name, value in values.items():
        try:
            if name not in readers:
                raise ValueError(f"unknown setting {printable(name)}; known are {', '.join(sorted(readers))}.")  # noqa: TRY301
            read[name] = readers[name](value)
        except ValueError as error:
            raise BadInputError(name, f"{printable(where)}: [dashboard] {error}") from None
    return DashboardSettings(**read)  # type: ignore[arg-type]


def place_of_log(split: str, width: int) -> str:
    """Return where the log is in a window of so many columns: beside the jobs, below them, or hidden."""
    if split == "auto":
        return "beside" if width >= _AUTO_FROM else "below"
    return "below" if split == "beside" and width < _BESIDE_FROM else split


def next_split(split: str, width: int) -> str:
    """Return the split by which the log is elsewhere; auto, where that comes to the same."""
    places = [each for each in SPLITS if place_of_log(each, width) == each]
    place = places[(places.index(place_of_log(split, width)) + 1) % len(places)]
    return "auto" if place == place_of_log("auto", width) else place


def theme_names() -> list[str]:
    """Return the names of all themes, our own first."""
    return ["auto", OWN_THEME.name, CONTRAST.name, *_ANSI, *sorted(BUILTIN_THEMES)]


def theme_named(name: str, env: Mapping[str, str], *, colours: bool) -> str:
    """Return Textual's name of a theme; ``auto`` goes by the kind of the terminal, TERM.

    Without ``colours`` (NO_COLOR) it is the one that keeps the terminal's own, none of which are set then.
    """
    if name == "auto" or not colours:
        name = "ansi" if not colours or env.get("TERM", "") in _FEW_COLOURS else OWN_THEME.name
    return _ANSI.get(name, name)


def _one_of(setting: str, value: object, known: Iterable[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{setting} = {_shown(value)}: there is none like that; there are {', '.join(known)}.")
    return value


def _columns(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f'columns must be a list such as ["id", "name", "state"], not {_shown(value)}.')  # noqa: TRY004
    names = [_one_of("columns", name, COLUMNS) for name in value]
    return tuple(dict.fromkeys(["id", *names] if names and "id" not in names else names))


def _title(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("title must be true or false.")  # noqa: TRY004
    return value


def _shown(value: object) -> str:
    return printable(repr(value))[:60]
