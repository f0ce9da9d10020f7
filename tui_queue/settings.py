"""The settings: a small TOML file; every key has a default."""

import importlib.util
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec import Struct, field

from tui_queue.core.errors import BadInputError, StoreError
from tui_queue.core.model.notification import Channels
from tui_queue.core.model.options import Full, Leftovers, Notify
from tui_queue.core.model.retention import Limits
from tui_queue.core.notifications.message import TERMINALS
from tui_queue.core.parsing.fields import log_bytes
from tui_queue.core.parsing.resources import parse_resources
from tui_queue.core.system.ownership import check_found
from tui_queue.core.units.durations import parse_duration
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import parse_size

_TABLES = {
    "resources": "gpu = 2",
    "notify": 'on = "end"',
    "dashboard": 'theme = "ansi"',
    "keys": 'job.cancel = "X"',
}
_PARSED: Mapping[str, tuple[Callable[[str], object], str]] = {
    "keep_for": (parse_duration, '"30d"'),
    "keep_logs": (parse_size, '"2G"'),
    "compress_after": (parse_duration, '"7d"'),
    "log_size": (partial(log_bytes, "log_size"), '"500M", 64K at least'),
    "log_full": (Full, '"keep", "stop" or "fail"'),
    "leftovers": (Leftovers, '"keep", "wait" or "kill"'),
}
HOOK_LIMIT_S = 3600
CARDS_LIMIT = 1000
_RANGES = {"slots": (0, 1000), "grace_s": (0, 86_400), "keep_jobs": (0, 10**9), "overlap_waiting": (1, 1000)}
_WHOLE = ("slots", "keep_jobs", "overlap_waiting")


class Settings(Struct, frozen=True, kw_only=True):
    """The settings in force. ``grace_s`` is in seconds; an empty ``python`` is the running interpreter.

    Of ended jobs are kept: those of the time ``keep_for``, the latest ``keep_jobs``, as many as have ``keep_logs`` of
    output; empty or 0 is no limit. Logs are compressed once their job has ended ``compress_after`` ago. ``log_size`` is
    the most that one run's output takes, ``log_full`` what then becomes of it. ``leftovers`` is what becomes of
    processes that live on after the first one of a run has ended. ``leave_out`` are names of variables that jobs do not
    get from the environment of `add`. ``gpu_ignore`` are programs that may use a GPU which a job is given.
    ``overlap_waiting`` jobs of a schedule may wait behind one that has not ended. What ``dashboard`` and ``keys`` mean
    only the dashboard knows.
    """

    slots: int = 3
    grace_s: float = 10
    python: str = ""
    mouse: bool = True
    background: bool = True
    leave_out: tuple[str, ...] = ()
    resources: Mapping[str, int | tuple[int, ...]] = field(default_factory=dict)
    gpu_ignore: tuple[str, ...] = ()
    overlap_waiting: int = 1
    keep_for: str = ""
    keep_jobs: int = 0
    keep_logs: str = ""
    compress_after: str = ""
    log_size: str = ""
    log_full: str = ""
    leftovers: str = ""
    notify: Channels = field(default_factory=Channels)
    dashboard: Mapping[str, object] = field(default_factory=dict)
    keys: Mapping[str, object] = field(default_factory=dict)

    @property
    def compress_after_s(self) -> int | None:
        """For how long the logs of ended jobs stay as they are; None: for ever."""
        return parse_duration(self.compress_after) if self.compress_after else None

    @property
    def limits(self) -> Limits:
        """How many ended jobs are kept."""
        return Limits(
            max_age_s=parse_duration(self.keep_for) if self.keep_for else None,
            max_jobs=self.keep_jobs or None,
            max_bytes=int(parse_size(self.keep_logs)) if self.keep_logs else None,
        )


class SettingsFile:
    """The settings as the file has them now.

    Those in force stay while it can't be understood, and while it is empty or away: an editor may be at it.
    """

    def __init__(self, path: str) -> None:
        """Read the file for the first time. Raises BadInputError."""
        self._path = path
        self._seen = _stamp(path)
        self._settings = load_settings(path)

    def now(self) -> Settings:
        """Return the settings in force."""
        seen = _stamp(self._path)
        if seen is not None and seen != self._seen:
            self._seen = seen
            try:
                self._settings = load_settings(self._path)
            except BadInputError as error:
                import logging  # noqa: PLC0415 - takes long, and there is seldom anything to log

                logger = logging.getLogger(__name__)
                logger.warning("the settings stay as they were: %s", error)
        return self._settings


def _stamp(path: str) -> tuple[int, ...] | None:
    """Return what is another when a file has been written anew; None for one that is empty or away."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if found.st_size else None


def load_settings(path: str) -> Settings:
    """Read the settings file; a missing one means all defaults. Raises BadInputError naming file and key."""
    return settings_of(content_of(path), path)


def content_of(path: str) -> bytes:
    """Return what the settings file has; nothing when it is missing. Raises BadInputError."""
    try:
        # A named pipe would keep us waiting; what was opened is checked, since its name may lead elsewhere by now.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            check_found(path, os.fstat(file.fileno()))
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise BadInputError("config", f"{printable(path)}: can't be read: {error.strerror}.") from None
    except StoreError as error:
        raise BadInputError("config", str(error)) from None


def values_of(content: bytes, path: str) -> dict[str, Any]:
    """Return what stands in a settings file, not looked at any further. Raises BadInputError."""
    if not content:
        return {}
    import tomllib  # noqa: PLC0415 - takes long

    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError("config", f"{printable(path)}: not valid TOML: {error}.") from None


def settings_of(content: bytes, path: str) -> Settings:
    """Return the settings that a file with this content has. Raises BadInputError with the key as its field."""
    values = values_of(content, path)
    known = set(Settings.__struct_fields__)
    for key, value in values.items():
        if key not in known:
            raise BadInputError(
                "config",
                f"{printable(path)}: unknown setting {printable(key)}; known are {', '.join(sorted(known))}.",
            )
        _check(path, key, value)
    if "leave_out" in values:
        values["leave_out"] = _names(path, values["leave_out"], "leave_out")
    if "resources" in values:
        values["resources"] = _resources(path, values["resources"])
    if "gpu_ignore" in values:
        values["gpu_ignore"] = _programs(path, values["gpu_ignore"])
    if "keys" in values:
        values["keys"] = dict(_flat(values["keys"]))
    if "notify" in values:
        values["notify"] = _channels(path, values["notify"])
    return Settings(**values)


def _resources(path: str, totals: Mapping[str, object]) -> dict[str, int | tuple[int, ...]]:
    """Return the totals of resources; of GPUs maybe which ones."""
    cards = totals.get("gpu")
    if not isinstance(cards, list):
        return dict(parse_resources([f"{name}={total}" for name, total in totals.items()]))
    if not cards or not all(type(card) is int and 0 <= card < CARDS_LIMIT for card in cards):
        raise BadInputError(
            "resources", f"{printable(path)}: [resources] gpu must be a number, or a list of cards such as [2, 3]."
        )
    others = parse_resources([f"{name}={total}" for name, total in totals.items() if name != "gpu"])
    return {**dict(others), "gpu": tuple(sorted(set(cards)))}


def _programs(path: str, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadInputError("gpu_ignore", f'{printable(path)}: gpu_ignore must be a list of programs such as ["Xorg"].')
    return tuple(names)


def _flat(table: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Return the values of a table by their whole names: without quotes a dot makes a table of its own in TOML."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _channels(path: str, values: Mapping[str, object]) -> Channels:
    """Return how news travel, by the table [notify]."""
    where = f"{printable(path)}: [notify]"
    known = {"on", "terminal", "hook", "hook_timeout_s", "urls", "env"}
    if strange := sorted(values.keys() - known):
        raise BadInputError(
            "config", f"{where} unknown setting {printable(strange[0])}; known are {', '.join(sorted(known))}."
        )
    on, terminal = str(values.get("on", Notify.FAILURE)), values.get("terminal", "auto")
    if on not in list(Notify):
        raise BadInputError("on", f'{where} on must be "end", "failure" or "never".')
    if terminal not in TERMINALS:
        raise BadInputError("terminal", f"{where} terminal must be one of {', '.join(TERMINALS)}.")
    seconds = values.get("hook_timeout_s", 30)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= HOOK_LIMIT_S:
        raise BadInputError("config", f"{where} hook_timeout_s must be a number above 0, up to {HOOK_LIMIT_S}.")
    urls = values.get("urls", [])
    if not isinstance(urls, list) or not all(isinstance(url, str) and "://" in url for url in urls):
        raise BadInputError("config", f'{where} urls must be a list such as ["mailto://user:password@host"].')
    if urls and importlib.util.find_spec("apprise") is None:
        raise BadInputError("config", f"{where} urls need the package apprise: pip install 'tui-queue[apprise]'.")
    return Channels(
        on=Notify(on),
        terminal=str(terminal),
        hook=_words(where, values.get("hook", "")),
        hook_timeout_s=float(seconds),
        urls=tuple(urls),
        env=_names(path, values.get("env", []), "env"),
    )


def _names(path: str, value: object, key: str) -> tuple[str, ...]:
    """Return names of variables; one may end with * for all that begin so."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name.rstrip("*") for name in value):
        raise BadInputError(key, f'{printable(path)}: {key} must be a list such as ["SECRET", "AWS_*"].')
    return tuple(value)


def _words(where: str, hook: object) -> tuple[str, ...]:
    """Return the words of a command that is written as a line or as a list."""
    words = hook
    try:
        words = shlex.split(hook) if isinstance(hook, str) else hook
    except ValueError:
        raise BadInputError("hook", f"{where} hook: a quote is not closed.") from None
    if not isinstance(words, list) or not all(isinstance(word, str) and "\0" not in word for word in words):
        raise BadInputError("hook", f"{where} hook must be a command in quotes, or a list of its words.")
    return (os.path.expanduser(words[0]), *words[1:]) if words else ()


def _check(path: str, key: str, value: object) -> None:
    if key in _RANGES:
        low, high = _RANGES[key]
        kind: type | tuple[type, ...] = int if key in _WHOLE else (int, float)
        if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:  # type: ignore[operator]
            raise BadInputError(key, f"{printable(path)}: {key} must be a number from {low} to {high}.")
    elif key in _TABLES:
        if not isinstance(value, dict):
            raise BadInputError(key, f"{printable(path)}: [{key}] must be a table such as {_TABLES[key]}.")
    elif key in _PARSED:
        parse, example = _PARSED[key]
        try:
            if value:
                parse(str(value))
        except (ValueError, BadInputError):
            raise BadInputError(key, f"{printable(path)}: {key} must be as in {example}, or empty.") from None
    elif key in ("mouse", "background") and not isinstance(value, bool):
        raise BadInputError(key, f"{printable(path)}: {key} must be true or false.")
    elif key == "python" and not (isinstance(value, str) and (not value or os.path.isabs(value))):
        raise BadInputError(key, f"{printable(path)}: python must be an absolute path in quotes, or empty.")
