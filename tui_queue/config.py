"""The settings: a small TOML file; every key has a default."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from tui_queue.core.amounts import parse_amount
from tui_queue.core.durations import parse_duration
from tui_queue.core.errors import BadInputError
from tui_queue.core.housekeeping import Limits
from tui_queue.core.machine import parse_resources
from tui_queue.core.printable import printable

_RANGES = {"slots": (0, 1000), "grace_s": (0, 86_400), "keep_jobs": (0, 10**9)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings in force. ``grace_s`` is in seconds; an empty ``python`` is the running interpreter.

    Of ended jobs are kept: those of the time ``keep_for``, the latest ``keep_jobs``, as many as have ``keep_logs`` of
    output; empty or 0 is no limit.
    """

    slots: int = 3
    grace_s: float = 10
    python: str = ""
    mouse: bool = True
    background: bool = True
    resources: Mapping[str, int] = field(default_factory=dict)
    keep_for: str = ""
    keep_jobs: int = 0
    keep_logs: str = ""

    @property
    def limits(self) -> Limits:
        """How many ended jobs are kept."""
        return Limits(
            max_age_s=parse_duration(self.keep_for) if self.keep_for else None,
            max_jobs=self.keep_jobs or None,
            max_bytes=int(parse_amount(self.keep_logs)) if self.keep_logs else None,
        )


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
    if "resources" in values:
        values["resources"] = dict(parse_resources([f"{name}={total}" for name, total in values["resources"].items()]))
    return Config(**values)


def _check(path: str, key: str, value: object) -> None:
    if key in _RANGES:
        low, high = _RANGES[key]
        kind: type | tuple[type, ...] = int if key in ("slots", "keep_jobs") else (int, float)
        if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:  # type: ignore[operator]
            raise BadInputError("config", f"{printable(path)}: {key} must be a number from {low} to {high}.")
    elif key == "resources":
        if not isinstance(value, dict):
            raise BadInputError("config", f"{printable(path)}: [resources] must be a table such as gpu = 2.")
    elif key in ("keep_for", "keep_logs"):
        parse: Callable[[str], object] = parse_duration if key == "keep_for" else parse_amount
        try:
            if value:
                parse(str(value))
        except ValueError:
            example = "30d" if key == "keep_for" else "2G"
            raise BadInputError("config", f'{printable(path)}: {key} must be as in "{example}", or empty.') from None
    elif key in ("mouse", "background") and not isinstance(value, bool):
        raise BadInputError("config", f"{printable(path)}: {key} must be true or false.")
    elif key == "python" and not (isinstance(value, str) and (not value or os.path.isabs(value))):
        raise BadInputError("config", f"{printable(path)}: python must be an absolute path in quotes, or empty.")
