"""The settings by name: their values and defaults, what a user types for them, and when a change counts."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.notification import Channels
from tui_queue.core.units.printable import printable
from tui_queue.settings import Settings

_START = "from the next start on"
_HOUR = "within the hour"
_LATER = {"keep_for": _HOUR, "keep_jobs": _HOUR, "keep_logs": _HOUR, "compress_after": _HOUR}
_AT_ONCE = (
    *("slots", "grace_s", "python", "log_size", "log_full", "leftovers", "gpu_ignore", "overlap_waiting", "leave_out"),
    *("dashboard.theme", "dashboard.signs", "dashboard.columns", "dashboard.order", "dashboard.split"),
)
_FREE = ("resources", "keys")  # tables whose names the user chooses, or that only the dashboard knows
_COMMAND = "notify.hook"  # a line with quotes, or its words
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class SettingValues:
    """What stands in a settings file by the names of the settings; one in a table is ``table.key``.

    ``dashboard`` are the defaults of that table.
    """

    def __init__(self, values: Mapping[str, Any], dashboard: Struct) -> None:
        self._values = values
        self._tables = {"notify": Channels(), "dashboard": dashboard}

    def names(self) -> Iterator[str]:
        """Yield the names of all settings, also of those that are not in the file."""
        for name in Settings.__struct_fields__:
            if name in self._tables:
                yield from (f"{name}.{key}" for key in self._tables[name].__struct_fields__)
            elif name in _FREE:
                yield from (f"{name}.{key}" for key, _ in _flat(self._values.get(name, {})))
            else:
                yield name

    def get(self, name: str) -> object:
        """Return the value of a setting, its default where the file has none. Raises BadInputError."""
        given = self.given(name)
        return self.default(name) if given is None else given

    def given(self, name: str) -> object:
        """Return what the file has; None where it has nothing. Raises BadInputError."""
        self.default(name)
        table, _, key = name.partition(".")
        within = self._values.get(table)
        return dict(_flat(within)).get(key) if key and isinstance(within, dict) else None if key else within

    def default(self, name: str) -> object:
        """Return the default of a setting; None for one of a resource or a key. Raises BadInputError."""
        table, _, key = name.partition(".")
        if key and table in _FREE:
            return None
        parent: Struct | None = self._tables.get(table) if key else Settings()
        known = key or table
        if parent is None or known not in parent.__struct_fields__ or (not key and known in (*self._tables, *_FREE)):
            raise BadInputError("name", self._complaint(name))
        return getattr(parent, known)

    def typed(self, name: str, texts: Sequence[str]) -> object:
        """Return what the words that a user types mean, as TOML has it; what is none stays a text, and is refused."""
        default = self.default(name)
        if default is None and name.startswith("resources.") and (len(texts) > 1 or "," in texts[0]):
            return [_number(text) for text in _words(texts)]
        if name == _COMMAND and len(texts) == 1:
            return texts[0].strip()
        if isinstance(default, tuple):
            return _words(texts)
        text = texts[0].strip() if len(texts) == 1 else shlex.join(texts)
        if isinstance(default, bool):
            return text.lower() in _TRUE if text.lower() in (*_TRUE, *_FALSE) else text
        if isinstance(default, (int, float)) or name.startswith("resources."):
            return _number(text) if text else default
        return text or default

    def _complaint(self, name: str) -> str:
        from difflib import get_close_matches  # noqa: PLC0415 - seldom needed

        near = get_close_matches(name, list(self.names()), n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        return f"{printable(name)}: no such setting; `tui-queue settings list` shows all.{meant}"


def shown(value: object) -> str:
    """Return a value as a user types it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return shlex.join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def later(name: str) -> str:
    """Return when a change of a setting counts; empty for at once."""
    return _LATER.get(name, "" if name in _AT_ONCE else _START)


def _flat(table: object, before: str = "") -> Iterator[tuple[str, object]]:
    """Yield what stands in a table by its whole names: a name with dots makes tables of its own in TOML."""
    for key, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _words(texts: Sequence[str]) -> list[str]:
    """Return the words of a list; one text may have several between commas, unless it is an address."""
    if len(texts) == 1 and "://" not in texts[0]:
        return [word for word in texts[0].replace(",", " ").split() if word]
    return list(texts)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
