"""Changes of the settings file, which keep its comments and the order of its lines."""

import os
import stat
import tempfile
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

from tui_queue.core.errors import BadInputError
from tui_queue.core.system.disk import sync
from tui_queue.core.units.printable import printable
from tui_queue.settings import Settings, content_of, settings_of, values_of

Changes = Mapping[str, object]  # by the names of the keys; one in a table is ``table.key``
Check = Callable[[Settings], object]  # raises BadInputError


def checked(path: str, changes: Changes, check: Check) -> bytes:
    """Return what the settings file would have with these changes. Raises BadInputError with the key as its field."""
    content = content_of(path)
    new = _changed(content, changes, path)
    check(settings_of(new, path))
    wanted = values_of(content, path)
    for name, value in changes.items():
        within, key = _place(wanted, name)
        within[key] = value
    if values_of(new, path) != wanted:
        raise BadInputError("config", f"{printable(path)}: it is written too unusually; change it in an editor.")
    return new


def save(path: str, changes: Changes, check: Check) -> None:
    """Change these settings in the file as it is now; all else stays. Raises BadInputError, and then so does that."""
    new = checked(path, changes, check)
    _put(path, new)


def replace(path: str, before: bytes, new: bytes, check: Check) -> None:
    """Give the file other content than it had ``before``. Raises BadInputError, and then it stays as it is."""
    check(settings_of(new, path))
    if content_of(path) != before:
        raise BadInputError("config", f"{printable(path)}: another program has just changed it; try again.")
    _put(path, new)


def _put(path: str, content: bytes) -> None:
    target = os.path.realpath(path)  # the place of a link stays
    try:
        _write(target, content)
    except OSError as error:
        raise BadInputError("config", f"{printable(target)}: can't be written: {error.strerror}.") from None


def _place(values: MutableMapping[str, Any], name: str) -> tuple[MutableMapping[str, Any], str]:
    """Return the table that a setting stands in, and its key there; TOML may have a key with dots as more tables."""
    table, dot, key = name.partition(".")
    if not dot:
        return values, name
    within = values.setdefault(table, {})
    first, dot, rest = key.partition(".")
    while dot and isinstance(within.get(first), MutableMapping):
        within, key = within[first], rest
        first, dot, rest = key.partition(".")
    return within, key


def _changed(content: bytes, changes: Changes, path: str) -> bytes:
    import tomlkit  # noqa: PLC0415 - takes long
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415 - as that

    values_of(content, path)  # it says better what is wrong
    try:
        document = tomlkit.parse(content)
        for name in sorted(changes, key=lambda name: "." in name):  # those of tables stand behind all others
            table, dot, key = name.partition(".")
            if dot and table not in document:
                if document.as_string().strip():
                    document.add(tomlkit.nl())
                document.add(table, tomlkit.table())
            if dot and not isinstance(document[table], MutableMapping):
                raise BadInputError("config", f"{printable(path)}: {table} must be a table.")
            within, key = _place(document, name)
            within[key] = changes[name]
        return document.as_string().encode()
    except UnicodeEncodeError:
        raise BadInputError(key, f"{key} has signs that are not Unicode.") from None
    except TOMLKitError as error:
        raise BadInputError("config", f"{printable(path)}: can't be changed: {error}.") from None


def _write(target: str, content: bytes) -> None:
    """Put a file in the place of another one, in one step, with its mode and owner."""
    directory = os.path.dirname(target)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    try:
        old = os.stat(target)
    except FileNotFoundError:
        old = None
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=".config-")
    try:
        with open(handle, "wb") as file:
            if old is not None:
                with suppress(PermissionError):  # of another user: it becomes ours
                    os.fchown(handle, old.st_uid, old.st_gid)
                os.fchmod(handle, stat.S_IMODE(old.st_mode))
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    sync(directory)
