"""Records a script's hash and commit when a job is added, and detects changes."""

import os
import stat
import subprocess
import time
from contextlib import suppress
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.options import Script
from tui_queue.core.system.disk import sync
from tui_queue.core.units.printable import printable

LARGEST = 64 * 2**20  # bytes; a larger file is not read through, unless it is copied
GIT_S = 5.0  # how long git may take
COMMIT_S = 1.0  # for which git's answer about a directory holds, for many jobs added at once

_CHUNK = 2**20
_TRIES = 3  # a script that is being written may be whole a moment later
_DIRECTORIES_KEPT = 100


def describe(path: str, cwd: str, *, copy_to: str | None = None) -> Script:
    """Return what the script at ``path`` is now; with ``copy_to``, a directory, the copy there is what counts.

    A relative path is looked up in ``cwd``. The commit ends with ``-dirty`` where the file is not known to be as it is
    in that commit. May take as long as git does. Raises BadInputError where the file is gone, or can't be copied.
    """
    path = os.path.join(cwd, path)
    copy = ""
    try:
        content = _settled(path)
    except (FileNotFoundError, NotADirectoryError):
        raise BadInputError("path", f"{printable(path)}: no such file; check the spelling.") from None
    except OSError as error:
        raise BadInputError("path", f"{printable(path)}: can't be read: {_reason(error)}.") from None
    if copy_to is not None:
        try:
            content, copy = _copied(path, content, copy_to)
        except OSError as error:
            what = f"can't be copied: {_reason(error)}"
            raise BadInputError("path", f"{printable(path)}: {what}; add it without a copy.") from None
    return Script(
        sha256=content.sha256,
        size=content.size,
        mtime_ns=content.mtime_ns,
        commit=_commit(path, content),
        copy=copy,
    )


def changed(script: Script, path: str) -> str:
    """Return what happened to a script since it was described; empty while its content is the same."""
    try:
        found = os.stat(path)
        if (found.st_size, found.st_mtime_ns) == (script.size, script.mtime_ns):
            return ""
        if script.sha256 and found.st_size == script.size and _read(path, limit=None).sha256 == script.sha256:
            return ""
    except (FileNotFoundError, NotADirectoryError):
        return "script is gone"
    except OSError:
        return "script can't be read any more"
    return "script changed since it was added"


class Hash(Struct, frozen=True, kw_only=True):
    """The hash of a file, and when it was changed last, in nanoseconds; both empty where it can't be read."""

    sha256: str = ""
    mtime_ns: int = 0

    def as_started(self, at: datetime) -> str:
        """Return the hash of what a run has run that started at this time; empty where the file was changed since."""
        return self.sha256 if self.mtime_ns <= at.timestamp() * 1_000_000_000 else ""


def hash_now(script: Script, path: str) -> Hash:
    """Return the hash of what a job runs that starts now; blocks."""
    if script.copy:
        return Hash(sha256=script.sha256)
    with suppress(OSError):
        found = os.stat(path)
        if (found.st_size, found.st_mtime_ns) == (script.size, script.mtime_ns):
            return Hash(sha256=script.sha256, mtime_ns=script.mtime_ns)
        content = _read(path)
        return Hash(sha256=content.sha256, mtime_ns=content.mtime_ns)
    return Hash()


class _Content(Struct, frozen=True, kw_only=True):
    """A file as it was read; what was not read has no digest. ``blobs`` are the names that git may have for it."""

    size: int
    mtime_ns: int
    mode: int
    sha256: str = ""
    blobs: frozenset[str] = frozenset()

    def is_still(self, path: str) -> bool:
        found = os.stat(path)
        return (found.st_size, found.st_mtime_ns) == (self.size, self.mtime_ns)


def _settled(path: str) -> _Content:
    """Read a file, again when it was written at the same time; one that may not be read is only looked at."""
    for _ in range(_TRIES):
        try:
            content = _read(path)
        except PermissionError:
            return _looked_at(os.stat(path))
        if content.is_still(path):
            break
    return content


def _read(path: str, *, limit: int | None = LARGEST, into: int | None = None) -> _Content:
    """Read a file through, and write it to the descriptor ``into``; one above the limit is only looked at."""
    # A pipe that took its place must not block.
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        content = _looked_at(os.fstat(file))
        if not stat.S_ISREG(content.mode):
            raise OSError(0, "not a regular file")
        if limit is not None and content.size > limit:
            return content
        # The names are made here, since git would run what the repository asks for: filters, monitors.
        import hashlib  # noqa: PLC0415 - takes long

        header = b"blob %d\0" % content.size
        sha256 = hashlib.sha256()
        blobs = [hashlib.sha1(header, usedforsecurity=False), hashlib.sha256(header)]
        while chunk := os.read(file, _CHUNK):
            for digest in (sha256, *blobs):
                digest.update(chunk)
            if into is not None:
                _write(into, chunk)
    finally:
        os.close(file)
    return replace(content, sha256=sha256.hexdigest(), blobs=frozenset(blob.hexdigest() for blob in blobs))


def _looked_at(found: os.stat_result) -> _Content:
    return _Content(size=found.st_size, mtime_ns=found.st_mtime_ns, mode=found.st_mode)


def _copied(path: str, content: _Content, copy_to: str) -> tuple[_Content, str]:
    """Return the content and the path of a copy that is on disk, made only where there is none yet. Raises OSError."""
    if content.sha256 and content.is_still(path):
        target = _place(copy_to, content, path)
        if _is_whole(target, content):
            return content, target
    import tempfile  # noqa: PLC0415 - takes long

    os.makedirs(copy_to, mode=0o700, exist_ok=True)
    for _ in range(_TRIES):
        file, temporary = tempfile.mkstemp(dir=copy_to, prefix=".new-")
        try:
            content = _read(path, limit=None, into=file)
            if not content.is_still(path):
                continue
            os.fchmod(file, content.mode & 0o700 | stat.S_IRUSR)
            os.fsync(file)
            target = _place(copy_to, content, path)
            os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            os.rename(temporary, target)
        finally:
            os.close(file)
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        for directory in (os.path.dirname(target), copy_to):
            sync(directory)
        return content, target
    raise OSError(0, "it is being written all the time")


def _place(copy_to: str, content: _Content, path: str) -> str:
    return os.path.join(copy_to, content.sha256, os.path.basename(path))


def _is_whole(copy: str, content: _Content) -> bool:
    try:
        found = _read(copy, limit=None)
    except OSError:
        return False
    return found.sha256 == content.sha256 and found.mode & 0o777 == content.mode & 0o700 | stat.S_IRUSR


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _commit(path: str, content: _Content) -> str:
    directory, name = os.path.split(os.path.realpath(path))
    commit, blobs = _tracked(directory)
    if not commit:
        return ""
    return commit if blobs.get(name) in content.blobs else f"{commit}-dirty"


_Tracked = tuple[str, dict[str, str]]
_known: dict[str, tuple[float, _Tracked]] = {}


def _tracked(directory: str) -> _Tracked:
    """Return the commit that a directory has now, and the names of the contents of its files in that commit."""
    now = time.monotonic()
    at, found = _known.get(directory, (float("-inf"), ("", {})))
    if now - at < COMMIT_S:
        return found
    found = _asked(directory) if _is_in_repository(directory) else ("", {})
    if len(_known) >= _DIRECTORIES_KEPT:
        _known.clear()
    _known[directory] = now, found
    return found


def _asked(directory: str) -> _Tracked:
    answer = _git(directory, "cat-file", "--batch", asked=b"HEAD^{commit}\nHEAD:./\n")
    about, _, rest = answer.partition(b"\n")  # "NAME commit SIZE", then SIZE bytes and a line end
    commit, kind, size = (*about.split(), b"", b"", b"")[:3]
    if kind != b"commit":  # "HEAD^{commit} missing": there is none yet
        return "", {}
    about, _, tree = rest[int(size) + 1 :].partition(b"\n")
    blobs = {}
    if about.split()[1:2] == [b"tree"]:
        length, place = len(commit) // 2, 0
        while (end := tree.find(b"\0", place)) > 0:  # "MODE NAME", a NUL, the content's name in binary
            name = tree[place:end].partition(b" ")[2]
            place = end + 1 + length
            blobs[os.fsdecode(name)] = tree[end + 1 : place].hex()
    return commit.decode("ascii"), blobs


def _is_in_repository(directory: str) -> bool:
    """Whether it is worth to ask git, which costs a process."""
    while not os.path.lexists(os.path.join(directory, ".git")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return False
        directory = parent
    return True


def _git(directory: str, *words: str, asked: bytes) -> bytes:
    """Return what git answers; nothing where it can't or doesn't. It neither asks nor fetches, nor runs others."""
    # A hook that adds a job must not lead to its own repository; where configuration comes from is the user's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or "CONFIG" in name}
    env |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }
    command = ["git", "-C", directory, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *words]
    try:
        done = subprocess.run(
            command, env=env, input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=GIT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return b""
    return done.stdout


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
