"""Writes what a report of a fault needs, without names, paths, arguments and values of the user.

Most of it is made of words and figures that only the program chooses. Sentences that may quote the user go through
``Anonymous``.
"""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib import metadata
from statistics import median

from tui_queue.core.inspection.file_systems import file_system_of
from tui_queue.core.model.health import Check
from tui_queue.core.store import read_only
from tui_queue.core.units.sizes import size_text

PACKAGES = ("textual", "rich", "aiosqlite", "platformdirs", "click", "msgspec", "psutil", "asyncinotify")
TERMINALS = ("TERM", "COLORTERM", "TERM_PROGRAM")  # what terminals say of themselves, names of programs
PRESENT = ("TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "SLURM_JOB_ID")
ERRORS = 10  # of those that the program wrote down last
ENDS = 10  # of the attempts that failed last
ROUNDS = 5  # of each part of the self-test

_FRAME = re.compile(r'^ +File ".*?((?:tui_queue|site-packages|lib/python[^/]*)/[^"]*)", line (\d+), in (\w+|<\w+>)$')
_EXCEPTION = re.compile(r"^((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Full|Empty)?)(?::.*)?$")
_RECORD = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ ([\w.]+): ")
_PROGRAM = re.compile(r"[\w.+-]{1,40}")
_PATH = re.compile(r"(?<![\w$>~])~?/(?!(?:proc|dev|sys)\b)[^\s:;,'\")]+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\b|\S+@\S+")


class Anonymous:
    """Replaces what is the user's in a sentence: known names by a word each, other paths and quotations by marks."""

    def __init__(self, known: Mapping[str, str]) -> None:
        """Take what each known name, not empty, is replaced by."""
        self._known = sorted(((name, word) for name, word in known.items() if len(name) > 1), key=_longest_first)

    def __call__(self, text: str) -> str:
        """Return a sentence without what is the user's."""
        for name, word in self._known:
            edge = r"(?![\w.-])" if name[-1].isalnum() else ""
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}{edge}", lambda _, word=word: word, text)  # type: ignore[misc]
        text = _ADDRESS.sub("<address>", text)
        text = _QUOTED.sub("<text>", text)
        return _PATH.sub("<path>", text)


def _longest_first(pair: tuple[str, str]) -> int:
    return -len(pair[0])


def versions(version: str) -> Iterator[str]:
    """Say which versions are in use, of the program, its packages and what is below them."""
    python = f"Python {platform.python_version()} ({sys.implementation.name})"
    yield f"tui-queue {version}, {python}, SQLite {sqlite3.sqlite_version}"
    yield ", ".join(f"{name} {_installed(name)}" for name in PACKAGES)
    system = os.uname()
    yield f"{system.sysname} {system.release} {system.machine}, {' '.join(platform.libc_ver()) or 'another libc'}"
    yield f"{os.cpu_count()} processors"


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def terminal(environ: Mapping[str, str]) -> Iterator[str]:
    """Say what the terminal is, and which variables that matter are set."""
    for name in TERMINALS:
        if value := environ.get(name):
            yield f"{name}={value if _PROGRAM.fullmatch(value) else '<text>'}"
    yield f"set: {', '.join(name for name in PRESENT if environ.get(name)) or 'none of ' + ', '.join(PRESENT)}"
    yield f"encoding: {sys.stdout.encoding}, of file names {sys.getfilesystemencoding()}"
    try:
        size = os.get_terminal_size(sys.__stderr__.fileno() if sys.__stderr__ else 2)
        yield f"size: {size.columns}x{size.lines}"
    except OSError:
        yield "size: no terminal"


def file_systems(places: Mapping[str, str]) -> Iterator[str]:
    """Say which kind of file system each place is on, by a word for the place, and what it has free."""
    for word, place in places.items():
        nearest = place
        while not os.path.exists(nearest) and nearest != os.path.dirname(nearest):
            nearest = os.path.dirname(nearest)
        try:
            free = size_text(shutil.disk_usage(nearest).free)
        except OSError as error:
            free = type(error).__name__
        yield f"{word}: {file_system_of(nearest) or 'unknown'}, {free} free"


def checks(found: Iterator[Check], anonymous: Anonymous) -> Iterator[str]:
    """Say what the checks of the doctor found."""
    for each in found:
        yield f"{each.level:<6}{each.name:<13} {anonymous(each.found)}"


def store(path: str) -> Iterator[str]:
    """Count what the store has, and say how the last attempts that failed ended."""
    if not os.path.exists(path):
        yield "there is none yet"
        return
    try:
        with closing(sqlite3.connect(read_only.uri(path, "mode=ro"), uri=True, timeout=10)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            yield f"version {version}, {size_text(os.stat(path).st_size)}"
            for table in ("jobs", "runs", "queues", "schedules"):
                (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
                yield f"{table}: {count:,}"
            states = db.execute("SELECT state, count(*) FROM jobs GROUP BY state ORDER BY state")
            yield f"states: {', '.join(f'{count:,} {state}' for state, count in states) or 'no jobs'}"
            ends = db.execute(
                "SELECT reason_kind, exit_code, signal, (finished_at - started_at) / 1000000.0 FROM runs "
                "WHERE finished_at IS NOT NULL AND exit_code IS NOT 0 ORDER BY finished_at DESC LIMIT ?",
                (ENDS,),
            )
            for kind, exit_code, signal, seconds in ends:
                took = "" if seconds is None else f", took {seconds:.1f} s"
                yield f"failed: {kind or 'no kind'}, exit code {exit_code}, signal {signal}{took}"
    except (sqlite3.Error, OSError) as error:
        yield f"it could not be read: {type(error).__name__} {getattr(error, 'sqlite_errorname', '')}".rstrip()


def errors(program_log: str) -> Iterator[str]:
    """Yield the last errors that the program wrote down: when, by which module, in which lines of code."""
    try:
        with open(program_log, encoding="utf-8", errors="replace") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - (64 << 10)))
            lines = file.read().splitlines()
    except OSError:
        yield "none"
        return
    blocks: list[list[str]] = []
    for line in lines:
        if found := _RECORD.match(line):
            blocks.append([f"{found[1]} {found[2]}"])
        elif blocks and (said := _code_line(line)):
            blocks[-1].append(said)
    for block in blocks[-ERRORS:]:
        yield from block


def _code_line(line: str) -> str:
    """Return what a line of a traceback says of our code or of a library; nothing of any other line."""
    if found := _FRAME.match(line):
        return f"  {found[1]}:{found[2]} in {found[3]}"
    if found := _EXCEPTION.match(line):
        return f"  {found[1]}"
    return ""


def speed(state: str) -> Iterator[str]:
    """Measure what each job needs: a write that reaches the disk, a transaction, and a process; medians."""
    if os.path.isdir(state) and os.access(state, os.W_OK | os.X_OK):
        with tempfile.TemporaryDirectory(prefix=".report-", dir=state) as place:
            yield f"write and sync 4 kB: {_milliseconds(lambda: _write(os.path.join(place, 'file')))}"
            with closing(sqlite3.connect(os.path.join(place, "db"), isolation_level=None)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute("CREATE TABLE numbers (number INTEGER)")
                yield f"transaction: {_milliseconds(lambda: db.execute('INSERT INTO numbers VALUES (1)'))}"
    else:
        yield "the directory of the queue can't be written"
    words = [sys.executable, "-I", "-S", "-c", "pass"]
    yield f"start of Python: {_milliseconds(lambda: subprocess.run(words, check=False, timeout=60))}"


def _write(path: str) -> None:
    with open(path, "wb") as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())


def _milliseconds(act: Callable[[], object]) -> str:
    def timed() -> float:
        began = time.perf_counter()
        act()
        return (time.perf_counter() - began) * 1000

    return f"{median(timed() for _ in range(ROUNDS)):.1f} ms"
