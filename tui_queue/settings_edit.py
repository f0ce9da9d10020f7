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
        table, _, key = name.rpartition(".")
        (wanted.setdefault(table, {}) if table else wanted)[key] = value
    if values_of(new, path) != wanted:
        raise BadInputError("config", f"{printable(path)}: it is written too unusually; change it in an editor.")
    return new


def save(path: str, changes: Changes, check: Check) -> None:
    """Change these settings in the file as it is now; all else stays. Raises BadInputError, and then so does that."""
    new = checked(path, changes, check)
    target = os.path.realpath(path)  # the place of a link stays
    try:
        _write(target, new)
    except OSError as error:
        raise BadInputError("config", f"{printable(target)}: can't be written: {error.strerror}.") from None


def _changed(content: bytes, changes: Changes, path: str) -> bytes:
    import tomlkit  # noqa: PLC0415 - takes long
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415 - as that

    values_of(content, path)  # it says better what is wrong
    try:
        document = tomlkit.parse(content)
        for name in sorted(changes, key=lambda name: "." in name):  # those of tables stand behind all others
            table, _, key = name.rpartition(".")
            within: Any = document
            if table:
                if table not in document:
                    if document.as_string().strip():
                        document.add(tomlkit.nl())
                    document.add(table, tomlkit.table())
                within = document[table]
                if not isinstance(within, MutableMapping):
                    raise BadInputError("config", f"{printable(path)}: {table} must be a table.")
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
                with suppress(PermissionError):  # of somebody else: it becomes ours
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
