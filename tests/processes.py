"""Finds processes by what the kernel says of them."""

import os
import signal
from contextlib import suppress
from pathlib import Path


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
    return [child for child in every() if _is_alive(child) and status(child)[1:2] == [str(pid)]]


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


def of_queue(home: Path) -> list[int]:
    """Return every living process that belongs to a queue: its schedulers, its watchers, its jobs."""
    return [pid for pid in every() if pid != os.getpid() and _is_alive(pid) and _belongs(pid, str(home))]


def _belongs(pid: int, home: str) -> bool:
    env = variables(pid)
    return (
        env.get("TUI_QUEUE_HOME") == home
        or env.get("TUI_QUEUE_LOG", "").startswith(f"{home}/")
        or any(word.startswith(f"{home}/") for word in words(pid))
    )


def _is_alive(pid: int) -> bool:
    fields = status(pid)
    return bool(fields) and fields[0] not in "ZX"


def end_schedulers(home: Path) -> None:
    """Ask whoever schedules a queue to leave; their runs go on."""
    for pid in of_queue(home):
        if not is_watcher(pid) and "tui_queue" in words(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def is_watcher(pid: int) -> bool:
    """Whether a process watches runs, or makes those that do."""
    return any(word.endswith("shim.py") for word in words(pid))
