"""The settings: a small TOML file; every key has a default."""

import os
import tomllib
from dataclasses import dataclass, fields

from tui_queue.core.errors import BadInputError
from tui_queue.core.printable import printable

_RANGES = {"slots": (0, 1000), "grace_s": (0, 86_400)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings in force. ``grace_s`` is in seconds; an empty ``python`` is the running interpreter."""

    slots: int = 3
    grace_s: float = 10
    python: str = ""
    mouse: bool = True
    background: bool = True


def load_config(path: str) -> Config:
    """Read the settings file; a missing one means all defaults. Raises BadInputError naming file and key."""
    try:
        with open(path, "rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise BadInputError("config", f"{printable(path)}: can't be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError("config", f"{printable(path)}: not valid TOML: {error}.") from None
    known = {field.name for field in fields(Config)}
    for key, value in values.items():
        if key not in known:
            raise BadInputError(
                "config",
                f"{printable(path)}: unknown setting {printable(key)}; known are {', '.join(sorted(known))}.",
            )
        _check(path, key, value)
    return Config(**values)


def _check(path: str, key: str, value: object) -> None:
    if key in _RANGES:
        low, high = _RANGES[key]
        kind: type | tuple[type, ...] = int if key == "slots" else (int, float)
        if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:  # type: ignore[operator]
            raise BadInputError("config", f"{printable(path)}: {key} must be a number from {low} to {high}.")
    elif key in ("mouse", "background") and not isinstance(value, bool):
        raise BadInputError("config", f"{printable(path)}: {key} must be true or false.")
    elif key == "python" and not (isinstance(value, str) and (not value or os.path.isabs(value))):
        raise BadInputError("config", f"{printable(path)}: python must be an absolute path in quotes, or empty.")
