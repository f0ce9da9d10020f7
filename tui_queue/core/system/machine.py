"""Reads the state of this machine: boot, memory, load, live processes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from tui_queue.core.errors import BadInputError

GATES = {
    "mem": "free memory, in bytes",
    "gpumem": "free memory of a GPU: of each that the job gets, or of any, in bytes",
    "load": "at most this load: processes that run or want to, on average over the last minute",
    "disk": "free room on the disk that holds the queue's logs, in bytes",
}
MEASURE_S = 1.0  # for which a measurement holds

_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # that of macOS counts a suspend by itself
_CGROUPS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")


class Machine:
    """Measures this machine; made once a process. Nothing here raises: what can't be measured is None."""

    def __init__(self, directory: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``directory`` is on the file system that ``disk`` is about; ``clock`` gives seconds."""
        self._directory = directory
        self._clock = clock
        self._measured: dict[str, tuple[float, float | None]] = {}

    def free(self, name: str) -> float | None:
        """Return what a gate looks at: free bytes, or the present load; None where that can't be measured."""
        now = self._clock()
        at, value = self._measured.get(name, (float("-inf"), None))
        if now - at >= MEASURE_S:
            value = self._measure(name)
            self._measured[name] = now, value
        return value

    def _measure(self, name: str) -> float | None:
        with suppress(OSError):
            match name:
                case "mem":
                    return _memory()
                case "load":
                    return os.getloadavg()[0]
                case "disk":
                    return float(shutil.disk_usage(self._directory).free)
        return None


def boot_id() -> str:
    """Return a name of this start of the machine, which no other start has; empty where the system has none.

    After another start all processes of the one before are gone, and so is what it had not written to disk.
    """
    with suppress(OSError, subprocess.SubprocessError):
        if sys.platform == "darwin":
            words = ["sysctl", "-n", "kern.bootsessionuuid"]
            return subprocess.run(words, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    return ""


@cache
def this_boot() -> str:
    """Return ``boot_id``, read once a process."""
    return boot_id()


def since_boot_us() -> int:
    """Return the microseconds since the machine was started, a suspend included; no user can set this clock."""
    return time.clock_gettime_ns(_SINCE_BOOT) // 1000


def cgroup_memory(root: str, path: str) -> int | None:
    """Return the bytes that a cgroup may still take, itself and all above it; None without any limit.

    ``root`` is where cgroup v2 is mounted. File pages that were not used lately count as free: the kernel drops them
    before it kills a process.
    """
    left: list[int] = []
    names = [name for name in path.split("/") if name]
    if ".." in names:  # it lies outside of what this process sees
        names = []
    for depth in range(len(names) + 1):
        directory = os.path.join(root, *names[:depth])
        with suppress(OSError, ValueError):  # no limit reads "max"
            limit = int(_read(f"{directory}/memory.max"))
            taken = int(_read(f"{directory}/memory.current"))
            left.append(max(0, limit - taken + _droppable(directory)))
    return min(left, default=None)


def lives(process: tuple[int, int]) -> bool:
    """Whether a process is still there, by its number and its start time; a dead one that was not reaped is not."""
    return _begun(process[0]) == process[1]


def identify(pid: int) -> tuple[int, int]:
    """Return number and start time of a living process, which no other ever has. Raises BadInputError."""
    begun = _begun(pid)
    if begun is not None:
        return pid, begun
    if pid > 0 and _exists(pid):
        raise BadInputError("after_pid", f"{pid}: has ended, or this system hides it; name a process that ps shows.")
    raise BadInputError("after_pid", f"{pid}: no such process; look for its number with ps.")


def _memory() -> float:
    return float(min([_available_memory(), *_cgroup_limits()]))


def _available_memory() -> int:
    with suppress(OSError):
        for line in _read("/proc/meminfo").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    import psutil  # noqa: PLC0415 - 20 ms, for systems without that file

    free: int = psutil.virtual_memory().available
    return free


def _cgroup_limits() -> list[int]:
    path = ""
    with suppress(OSError):
        for line in _read("/proc/self/cgroup").splitlines():
            if line.startswith("0::"):
                path = line[3:]
    if not path:
        return []
    return [left for root in _CGROUPS if (left := cgroup_memory(root, path)) is not None]


def _droppable(directory: str) -> int:
    with suppress(OSError, ValueError):
        for line in _read(f"{directory}/memory.stat").splitlines():
            name, _, value = line.partition(" ")
            if name == "inactive_file":
                return int(value)
    return 0


def _begun(pid: int) -> int | None:
    """Return when a living process was started, in clock ticks; None for any other."""
    if pid <= 0:
        return None
    if sys.platform != "linux":
        return _begun_elsewhere(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name before it may hold blanks and brackets.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return int(fields[19]) if len(fields) > 19 and fields[0] not in (b"Z", b"X", b"x") else None


def _begun_elsewhere(pid: int) -> int | None:
    import psutil  # noqa: PLC0415

    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return round(process.create_time() * 100)
    except (psutil.Error, OverflowError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()
