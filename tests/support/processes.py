"""Finds processes by what the kernel says of them."""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

from tests.conftest import process_is_alive
from tui_queue.core.execution import watcher_pool


def every() -> list[int]:
    """Return the numbers of all processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def status(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """Return the living children of a process."""
    return [child for child in every() if parent(child) == pid and process_is_alive(child)]


def parent(pid: int) -> int:
    """Return the parent of a process; 0 when it is gone."""
    return int((status(pid) or ["", "0"])[1])


def words(pid: int) -> list[str]:
    """Return the command line of a process; nothing when it is gone or dead."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")[:-1]
    except OSError:
        return []


def variables(pid: int) -> dict[str, str]:
    """Return the environment that a process was started with; nothing when it is gone or not ours."""
    try:
        lines = os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes()).split("\0")
    except OSError:
        return {}
    return dict(line.partition("=")[::2] for line in lines if line)


def files(pid: int) -> list[str]:
    """Return what a process has open, and its working directory; nothing when it is gone or not ours."""
    found = []
    with suppress(OSError):
        places = [f"/proc/{pid}/cwd", *(f"/proc/{pid}/fd/{number}" for number in os.listdir(f"/proc/{pid}/fd"))]
        for place in places:
            with suppress(OSError):
                found.append(os.readlink(place))
    return found


def of_queue(home: Path) -> list[int]:
    """Return every living process that belongs to a queue: schedulers, watchers, who makes those, jobs."""
    inside = f"{home}/"
    found, others = [], []
    for pid in every():
        if pid == os.getpid():
            continue
        # A dead one that nobody has reaped yet has neither.
        env, line = variables(pid), words(pid)
        notified = env.get("TUI_QUEUE_HOME") == str(home) or env.get("TUI_QUEUE_LOG", "").startswith(inside)
        if notified or any(word.startswith(inside) for word in line):
            found.append(pid)
        elif watcher_pool.FOLDER in line:
            others.append(pid)
    return found + [
        pid for pid in others if any(place.startswith(inside) for place in files(pid)) or parent(pid) in found
    ]


def is_watcher(pid: int) -> bool:
    """Whether a process watches a run, or makes those that do."""
    return watcher_pool.FOLDER in words(pid)


def is_scheduler(pid: int, *options: str) -> bool:
    """Whether a process is the program itself, started with these words."""
    line = words(pid)
    return "tui_queue" in line[1:3] and all(option in line for option in options)


def run_of(watcher: int, home: Path) -> tuple[int, int] | None:
    """Return the job and the attempt that a process watches; None for one that makes watchers."""
    run = re.compile(rf"{re.escape(str(home))}/runs/(\d+)/(\d+)(/|$)")
    for place in (*words(watcher), *files(watcher)):
        if match := run.match(place):
            return int(match[1]), int(match[2])
    return None


def end_schedulers(home: Path) -> None:
    """Ask whoever schedules a queue to leave; their runs go on."""
    for pid in filter(is_scheduler, of_queue(home)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
