"""Checks everything that a queue depends on, and advises how to correct it."""

import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing

from tui_queue.core.errors import StoreError
from tui_queue.core.execution.process_visibility import hides_others, why_invisible
from tui_queue.core.inspection import safety
from tui_queue.core.inspection.file_systems import Nature, file_system_of, nature_of
from tui_queue.core.model.health import Check, Level
from tui_queue.core.model.host import Host, QueueHost
from tui_queue.core.store import read_only
from tui_queue.core.store.database_copy import DatabaseCopy
from tui_queue.core.units.durations import duration
from tui_queue.core.units.sizes import size_text

LEAST_BYTES = 100 << 20  # free, below which it is said
REPAIRED = ((3, 50, 7), (3, 44, 6))  # older SQLites without that error; https://www.sqlite.org/wal.html#walresetbug
OPEN_FILES = 256  # that a scheduler with some dozen runs should be able to open


def directories(state: str, config: str) -> Iterator[Check]:
    """Look at the directory of the store and at the settings."""
    nearest = state
    while not os.path.isdir(nearest):
        nearest = os.path.dirname(nearest)
    if nearest != state and not os.access(nearest, os.W_OK | os.X_OK):
        yield _wrong("directory", f"{state} can't be created", "Set TUI_QUEUE_HOME to a directory of yours.")
        return
    if nearest != state:
        yield _ok("directory", f"{state} is not there yet; the first job makes it")
        return
    found = os.stat(state)
    if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        yield _wrong(
            "directory",
            f"{state} is read-only: jobs can be listed and shown, but nothing can be changed",
            "Set TUI_QUEUE_HOME to a directory that you can write.",
        )
    elif stat.S_IMODE(found.st_mode) & 0o077:
        yield _look("directory", f"{state} is open to others (mode {found.st_mode & 0o777:o})", f"chmod 700 {state}")
    else:
        yield _ok("directory", f"{state}, yours alone")
    yield _ok("settings", config if os.path.exists(config) else f"{config} is not there: all are as they come")


def file_system(state: str) -> Iterator[Check]:
    """Look at what the store lies on."""
    if not os.path.isdir(state):
        return
    yield from _kind(file_system_of(state))
    free = shutil.disk_usage(state).free
    room = f"{size_text(free)} bytes free"
    if free < LEAST_BYTES:
        yield _look("room", room, "Make room, or `tui-queue clean --logs 1G`.")
    else:
        yield _ok("room", room)


def _kind(kind: str) -> Iterator[Check]:
    match nature_of(kind):
        case Nature.SHARED:
            yield _ok(
                "file system", f"{kind}: other machines may have it too; one of them runs the queue (see queue host)"
            )
        case Nature.SOME_PIPES:
            yield _look(
                "file system",
                f"{kind}: other machines may have it too, and it may lack named pipes, without which no job starts",
                "If `mkfifo` fails there, set TUI_QUEUE_HOME to a directory on another file system.",
            )
        case Nature.WITHOUT_PIPES:
            yield _wrong(
                "file system",
                f"{kind}: it has no named pipes, without which no job starts",
                "Set TUI_QUEUE_HOME to a directory on another file system.",
            )
        case Nature.OF_CONTAINER:
            yield _look(
                "file system",
                f"{kind}: in a container all of it goes with the container",
                "Set TUI_QUEUE_HOME to a volume that stays.",
            )
        case Nature.IN_MEMORY:
            yield _look("file system", f"{kind}: nothing of it survives a reboot", "Set TUI_QUEUE_HOME to a disk.")
        case Nature.OWN:
            yield _ok("file system", kind or "unknown")


def host(owner: QueueHost | None, ours: Host) -> Iterator[Check]:
    """Look at which host runs the queue."""
    if owner is None:
        yield _ok("queue host", f"{ours.shown}; none runs the queue yet: the first one that adds or starts a job will")
    elif owner.moves:
        yield _look(
            "queue host",
            f"the queue is being moved to {owner.shown}",
            "If that was broken off, give `tui-queue run --take-over` once more.",
        )
    elif owner.is_same(ours):
        yield _ok("queue host", f"{ours.shown} runs the queue")
    else:
        yield _look(
            "queue host",
            f"{owner.shown} runs the queue, and this is {ours.shown}: here you can add jobs, list them and wait",
            f"If {owner.shown} is off, or runs none of its jobs any more: `tui-queue run --take-over` moves it here.",
        )


def database(store: str, *, elsewhere: bool = False) -> Iterator[Check]:
    """Look at SQLite and at the store; reads all of it. Of a store that another host runs a copy is read."""
    version = sqlite3.sqlite_version_info
    safe = version >= (3, 51, 3) or any(one <= version < (*one[:2], 99) for one in REPAIRED)
    about = "" if safe else ", whose WAL-reset error can do no harm here: checkpoints and writers are kept apart"
    yield _ok("SQLite", f"{sqlite3.sqlite_version}{about}")
    if (lost := safety.lost_store(store)) is not None:
        yield lost
        return
    if not os.path.exists(store):
        return
    try:
        said, mode = _check_copy(store) if elsewhere else _check_database(store)
    except (sqlite3.Error, StoreError) as error:
        said, mode = str(error), ""
        if isinstance(error, StoreError) or read_only.is_obstacle(error):
            yield _look("store", f"{store} could not be read: {said}", "Try again where this program can write files.")
            return
    if said == "ok":
        yield _ok("store", f"{store} is whole (journal {mode}, {size_text(os.stat(store).st_size)} bytes)")
    else:
        yield _wrong("store", f"{store}: {said}", safety.REPAIR)
        return
    if not elsewhere:
        yield from safety.log_of_store(store)
        yield from safety.missing_jobs(store)
    yield from safety.backups(store)


def _check_copy(store: str) -> tuple[str, str]:
    """Return what SQLite says of a copy, and the kind of its journal. Raises sqlite3.Error and StoreError."""
    with closing(sqlite3.connect("", timeout=10)) as db:
        DatabaseCopy(store).refresh(db)
        return _checked(db)


def _check_database(store: str) -> tuple[str, str]:
    """Return what SQLite says of a database, and the kind of its journal. Raises sqlite3.Error and StoreError."""
    try:
        db = sqlite3.connect(read_only.uri(store, "mode=ro"), uri=True, timeout=10)
        try:
            return _checked(db)
        finally:
            db.close()
    except sqlite3.OperationalError as error:
        if not read_only.is_obstacle(error):
            raise
    db, _ = read_only.connect(store)  # nothing can be written beside it
    try:
        return _checked(db)
    finally:
        db.close()


def _checked(db: sqlite3.Connection) -> tuple[str, str]:
    (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    (mode,) = db.execute("PRAGMA journal_mode").fetchone()
    return said, mode


def scheduler(*, held: bool, background: bool, allowed: bool) -> Iterator[Check]:
    """Look at who starts jobs: whether the lease is held, and whether a process stands by in the background."""
    if held:
        yield _ok("scheduler", f"there is one{', and one stands by in the background' if background else ''}")
    elif allowed:
        yield _ok("scheduler", "none now; adding a job starts one in the background")
    else:
        yield _look(
            "scheduler",
            "none, and background = false",
            "Open a dashboard, or `tui-queue run --until-empty`; or set background = true.",
        )


def watcher(why_not: str) -> Iterator[Check]:
    """Check whether a watcher starts, which each run needs; ``why_not`` is empty where one does."""
    if why_not:
        yield _wrong(
            "watcher",
            f"no watcher starts: {why_not}",
            "No job can start. Use an interpreter and a package that are in their places: load the environment module, "
            "or install tui-queue anew; then end the scheduler, and `tui-queue run`.",
        )
    else:
        yield _ok("watcher", f"starts with {sys.executable}")


def starts(store: str) -> Iterator[Check]:
    """Check what keeps jobs from starting, as their scheduler has noted it."""
    try:
        db = sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)
        try:
            noted = db.execute("SELECT value FROM settings WHERE name = 'shortage'").fetchone()
        finally:
            db.close()
    except sqlite3.Error:  # the check of the store says why
        return
    if noted is None:
        yield _ok("starts", "nothing is known that keeps jobs from starting")
    else:
        yield _wrong("starts", noted[0], "Free what is short; the jobs start by themselves then.")


def terminal() -> Iterator[Check]:
    """Look at the terminal and at the encoding."""
    encoding = sys.stdout.encoding or "none"
    if encoding.lower().replace("-", "") != "utf8":
        yield _look("encoding", encoding, "Set LC_ALL=C.UTF-8; until then escapes stand for other characters.")
    else:
        yield _ok("encoding", encoding)
    if not sys.stdout.isatty():
        yield _ok("terminal", "none: output goes to a file or a pipe")
        return
    size = os.get_terminal_size(sys.stdout.fileno())
    kind = os.environ.get("TERM", "")
    shown = f"{kind or 'TERM is not set'}, {size.columns}x{size.lines}"
    if kind in ("", "dumb"):
        yield _look("terminal", shown, "The dashboard needs cursor movement: set TERM, for instance to xterm-256color.")
    elif size.columns < 60 or size.lines < 20:
        yield _look("terminal", shown, "Make it 60x20 or larger.")
    else:
        yield _ok("terminal", shown)


def logind(run: Callable[[list[str]], str] | None = None) -> Iterator[Check]:
    """Look at whether the end of a login session ends what was started in it."""
    if not os.path.isdir("/run/systemd/system"):
        yield _ok("logging out", "no systemd here: what runs goes on")
        return
    ask = run or _output
    settings = ask(["systemd-analyze", "cat-config", "systemd/logind.conf"])
    lines = [line.strip().lower() for line in settings.splitlines()]
    kills = [line.partition("=")[2] for line in lines if line.startswith("killuserprocesses=")]
    lingers = "yes" in ask(["loginctl", "show-user", str(os.geteuid()), "--property=Linger"])
    if not kills or kills[-1] not in ("yes", "1", "true", "on"):
        yield _ok("logging out", "systemd-logind lets what runs go on")
    elif lingers:
        yield _look(
            "logging out",
            "systemd-logind ends what was started in a login session; lingering is on",
            "Start with `systemd-run --user --scope tui-queue`, or see `tui-queue unit`.",
        )
    else:
        yield _wrong(
            "logging out",
            "systemd-logind ends what was started in a login session (KillUserProcesses=yes)",
            "loginctl enable-linger, then `systemd-run --user --scope tui-queue`, or see `tui-queue unit`.",
        )


def processes() -> Iterator[Check]:
    """Look at whether the processes of runs can be seen."""
    if complaint := why_invisible():
        yield _wrong("processes", *complaint)
    elif hides_others():
        yield _look(
            "processes",
            "/proc hides those of other users (hidepid)",
            "What a job starts as another user (sudo) is not ended with it, and --after-pid can't wait for it.",
        )
    else:
        yield _ok("processes", "/proc shows them" if sys.platform == "linux" else "those of a job's group can be ended")


def machine() -> Iterator[Check]:
    """Look at the clock and at the limits of this process."""
    now = time.time()
    if now < os.stat(__file__).st_mtime - 86_400:
        yield _look("clock", f"{time.ctime(now)}: before this program was installed", "Set the clock.")
    else:
        yield _ok("clock", f"{time.strftime('%Y-%m-%d %H:%M:%S %z', time.localtime(now))}")
    import resource  # noqa: PLC0415 - not everywhere

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < OPEN_FILES:
        yield _look("open files", f"at most {soft}", f"ulimit -n {OPEN_FILES}")
    else:
        yield _ok("open files", f"at most {soft}")
    yield from _harsh_limits()
    yield _ok("host", f"{socket.gethostname()}, Python {sys.version.split()[0]}, {sys.platform}")


def _harsh_limits() -> Iterator[Check]:
    """Say which limits of this shell would end a scheduler that it starts, or keep it from writing."""
    import resource  # noqa: PLC0415 - as above

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        found = f"at most {duration(hard)} for each process, after which a scheduler is killed"
        yield _look("processor", found, "Start tui-queue from a shell where `ulimit -Ht` says unlimited.")
    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if soft != resource.RLIM_INFINITY:
        found = f"at most {size_text(soft)} bytes for each, the store and logs too"
        yield _look("file size", found, "Start tui-queue from a shell where `ulimit -f` says unlimited.")


def _output(words: list[str]) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _ok(name: str, found: str) -> Check:
    return Check(name=name, level=Level.OK, found=found)


def _look(name: str, found: str, advice: str) -> Check:
    return Check(name=name, level=Level.LOOK, found=found, advice=advice)


def _wrong(name: str, found: str, advice: str) -> Check:
    return Check(name=name, level=Level.WRONG, found=found, advice=advice)
