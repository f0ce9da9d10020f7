"""The table [dashboard] of the settings, checked."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.columns import COLUMNS, NATURAL, ORDERS
from tui_queue.ui.terminal.plain import SIGNS
from tui_queue.ui.theme import theme_names

SPLITS = ("auto", "beside", "below", "hidden")  # where the log may lie


class DashboardSettings(Struct, frozen=True, kw_only=True):
    """How the dashboard starts; without ``columns`` the table of jobs has its default ones."""

    theme: str = "auto"
    signs: str = SIGNS[0]
    columns: tuple[str, ...] = ()
    order: str = NATURAL
    split: str = SPLITS[0]
    title: bool = True


def dashboard_settings_of(values: Mapping[str, object], where: str) -> DashboardSettings:
    """Check the values of the table; ``where`` is the path that errors name. Raises BadInputError."""
    readers: dict[str, Callable[[object], object]] = {
        "theme": lambda value: _one_of("theme", value, theme_names()),
        "signs": lambda value: _one_of("signs", value, SIGNS),
        "columns": _columns,
        "order": lambda value: _one_of("order", value, ORDERS),
        "split": lambda value: _one_of("split", value, SPLITS),
        "title": _on_or_off,
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


def _one_of(setting: str, value: object, known: Iterable[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{setting} = {_shown(value)}: there is none like that; there are {', '.join(known)}.")
    return value


def _columns(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f'columns must be a list such as ["id", "name", "state"], not {_shown(value)}.')  # noqa: TRY004
    names = [_one_of("columns", name, COLUMNS) for name in value]
    return tuple(dict.fromkeys(["id", *names] if names and "id" not in names else names))


def _on_or_off(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("title must be true or false.")  # noqa: TRY004
    return value


def _shown(value: object) -> str:
    return printable(repr(value))[:60]
