"""Keeps the environments of jobs on disk, and the values that the user gave: each once, for all jobs that have it."""

import errno
import fcntl
import json
import os
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from msgspec import convert
from msgspec.structs import asdict

from tui_queue.core.errors import BadInputError, StoreError
from tui_queue.core.model.environment import Environment
from tui_queue.core.system.disk import sync
from tui_queue.core.units.printable import printable

FRESH_S = 86_400  # a file that is younger may belong to a job that is just being added
_NAME_LENGTH = 32  # hexadecimal digits of SHA-256: two different environments never share a file
_VALUES = "v"  # begins the names of files with values, so that none is taken for an environment
_LEVEL = 6  # of compression
_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error)  # what reading a file may raise


class EnvironmentFiles:
    """The environments in one directory, and the values of ``--env NAME=value``, by name.

    A file holds an environment as compressed JSON, whole, or what differs from a whole one where that is shorter; or
    the values of some variables. Its name is a hash of that. Only the user can read it: variables may hold secrets, and
    so they stand neither in the database nor in its backups.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def keep(self, environment: Environment) -> str:
        """Return the name under which the environment is safe on disk. Raises StoreError."""
        whole = _encoded(asdict(environment))
        name = _hash(whole)
        with self._adding():
            if _is_whole(self._environment, name):
                os.utime(self._path(name))  # it is in use again, so that it is not removed before the job is stored
            else:
                self._write({name: self._shortest(environment, whole)})
        return name

    def keep_values(self, values: Sequence[Mapping[str, str]]) -> list[str]:
        """Return the names under which values of variables are safe on disk, for each in turn. Raises StoreError."""
        contents = [_encoded(each) for each in values]
        names = [_VALUES + _hash(content) for content in contents]
        with self._adding():
            missing = {}
            for name, content in dict(zip(names, contents, strict=True)).items():
                if _is_whole(self._values, name):
                    os.utime(self._path(name))
                else:
                    missing[name] = zlib.compress(b'{"values":%b}' % content, _LEVEL)
            if missing:
                self._write(missing)
        return names

    def values(self, name: str) -> Mapping[str, str]:
        """Return the values of variables; none without a name. Raises BadInputError where they can't be read."""
        if not name:
            return {}
        try:
            return self._values(name)
        except _DAMAGE as error:
            raise BadInputError(
                "env",
                f"{printable(self._path(name))}: the values of the variables that were set for this job can't be read:"
                f" {_why(error)}. `tui-queue edit --env NAME=value ID` sets them again.",
            ) from None

    def get(self, name: str) -> Environment:
        """Return an environment. Raises BadInputError where its file is gone or damaged."""
        try:
            return self._environment(name)
        except _DAMAGE as error:
            raise BadInputError(
                "env",
                f"{printable(self._path(name))}: the environment that was captured for this job can't be read:"
                f" {_why(error)}. `tui-queue edit --capture-env ID` takes that of your shell instead.",
            ) from None

    def make_young(self, name: str) -> None:
        """Let an environment stay for a while, though no job refers to it."""
        if name:
            with suppress(OSError):
                os.utime(self._path(name))

    def has_old(self) -> bool:
        """Whether any file is so old that it is removed if no job needs it."""
        return any(not young for young in self._ages().values())

    def remove_unused(self, used: Collection[str]) -> int:
        """Remove files that no name in ``used`` needs and that are old enough; return how many."""
        try:
            with self._locked(fcntl.LOCK_EX):  # no job is being added with one of them
                ages = self._ages()
                needed = {*used, *(name for name, young in ages.items() if young)}
                for name in tuple(needed):
                    with suppress(FileNotFoundError):
                        needed.add(self._read(name).get("base", name))
                unused = [name for name in ages if name not in needed]
                for name in unused:
                    os.unlink(self._path(name))
        except (OSError, ValueError, zlib.error):
            return 0  # which of them are needed is not known
        return len(unused)

    def _ages(self) -> dict[str, bool]:
        """Return for each file whether it is young: it may belong to a job that is just being added."""
        now = time.time()
        with suppress(OSError), os.scandir(self._directory) as entries:
            return {entry.name: now - entry.stat().st_mtime <= FRESH_S for entry in entries}
        return {}

    @contextmanager
    def _adding(self) -> Iterator[None]:
        """Let files be written that no clean-up removes. Raises StoreError."""
        try:
            with suppress(FileExistsError):
                os.mkdir(self._directory, 0o700)  # and none above it: the queue may have been moved
            with self._locked(fcntl.LOCK_SH):
                yield
        except OSError as error:
            raise StoreError(
                f"{printable(self._directory)}: the environment of the job can't be written: {_why(error)}."
            ) from error

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        """Hold the lock of the directory. Raises OSError."""
        directory = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(directory, kind)
            yield
        finally:
            os.close(directory)

    def _environment(self, name: str) -> Environment:
        values = self._read(name)
        if base := values.pop("base", None):
            values["variables"] = _patched(self._read(base)["variables"], values["variables"])
        environment = convert(values, Environment)
        if _hash(_encoded(asdict(environment))) != name:
            raise ValueError("its content does not match its name")
        return environment

    def _values(self, name: str) -> Mapping[str, str]:
        values = convert(self._read(name)["values"], dict[str, str])
        if _VALUES + _hash(_encoded(values)) != name:
            raise ValueError("its content does not match its name")
        return values

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, name)

    def _read(self, name: str) -> dict[str, Any]:
        with open(self._path(name), "rb") as file:
            values: dict[str, Any] = json.loads(zlib.decompress(file.read()))
        return values

    def _shortest(self, environment: Environment, whole: bytes) -> bytes:
        """Return what a file holds: the whole environment, or what differs from the latest whole one."""
        stored = zlib.compress(whole, _LEVEL)
        base = self._latest_whole()
        if base is None:
            return stored
        name, variables = base
        changes = _changes(variables, environment.variables)
        values = {**asdict(environment), "variables": changes, "base": name}
        difference = zlib.compress(_encoded(values), _LEVEL)
        return min(stored, difference, key=len)

    def _latest_whole(self) -> tuple[str, Mapping[str, str]] | None:
        """Return the name and the variables of the whole environment that was written or used last."""
        with suppress(*_DAMAGE), os.scandir(self._directory) as entries:
            latest = max((entry.stat().st_mtime_ns, entry.name) for entry in entries if len(entry.name) == _NAME_LENGTH)
            values = self._read(latest[1])
            name = values.get("base", latest[1])
            os.utime(self._path(name))  # it is needed from now on
            return name, self._read(name)["variables"]
        return None

    def _write(self, contents: Mapping[str, bytes]) -> None:
        """Write files by name, all of which are safe when this returns."""
        for name, content in contents.items():
            temporary = self._path(f".new-{os.urandom(8).hex()}")
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                try:
                    if os.write(file, content) < len(content):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    os.fsync(file)
                finally:
                    os.close(file)
                os.rename(temporary, self._path(name))
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(temporary)
                raise
        sync(self._directory)


def _is_whole(read: Callable[[str], object], name: str) -> bool:
    """Whether what ``read`` reads under a name is on disk, and undamaged."""
    try:
        read(name)
    except _DAMAGE:
        return False
    return True


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _encoded(values: Mapping[str, Any]) -> bytes:
    """Return JSON with the names in order, so that the same environment is always the same bytes."""
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode("ascii")


def _hash(content: bytes) -> str:
    import hashlib  # noqa: PLC0415 - takes long

    return hashlib.sha256(content).hexdigest()[:_NAME_LENGTH]


def _changes(base: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables that differ from those of ``base``; None for one that is not there."""
    changed: dict[str, str | None] = {name: value for name, value in variables.items() if base.get(name) != value}
    return changed | dict.fromkeys(base.keys() - variables.keys())


def _patched(base: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Undo ``_changes``."""
    return {name: value for name, value in {**base, **changes}.items() if value is not None}
