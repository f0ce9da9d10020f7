"""Asks NVIDIA's driver (NVML) for the GPUs: their free memory, and the processes that use them."""

import os
import pwd
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from tui_queue.core.model.card import Card, CardUser


class Driver:
    """NVML, loaded at the first sample; for one thread. ``is_missing`` says that this machine has none."""

    def __init__(self, runs: str, ignored: Callable[[], Collection[str]]) -> None:
        self._run = re.compile(re.escape(os.fsencode(runs)) + rb"/(\d+)/\d+/log")
        self._ignored = ignored
        self._nvml: Any = None
        self.is_missing = False

    def sample(self) -> tuple[Card, ...]:
        """Return the cards as they are now, those left out that are lost or not for this user."""
        if self._nvml is None and not self._load():
            return ()
        nvml, found, ignored = self._nvml, [], self._ignored()
        with suppress(nvml.NVMLError):
            for number in range(nvml.nvmlDeviceGetCount()):
                with suppress(nvml.NVMLError):
                    found.append(self._card(number, nvml.nvmlDeviceGetHandleByIndex(number), ignored))
        return tuple(found)

    def _load(self) -> bool:
        try:
            import pynvml  # noqa: PLC0415 - only where a GPU is asked for
        except ImportError:
            self.is_missing = True
            return False
        try:
            pynvml.nvmlInit()
        except (pynvml.NVMLError, OSError):
            self.is_missing = True
            return False
        self._nvml = pynvml
        return True

    def _card(self, number: int, device: Any, ignored: Collection[str]) -> Card:
        nvml = self._nvml
        uuid, free, pids = "", None, []
        with suppress(nvml.NVMLError, AttributeError):
            uuid = nvml.nvmlDeviceGetUUID(device)
        with suppress(nvml.NVMLError):  # not told where the GPU shares the machine's memory
            free = float(nvml.nvmlDeviceGetMemoryInfo(device).free)
        with suppress(nvml.NVMLError, AttributeError):
            # Programs that only draw are in another list: a desktop has many, and they leave room for jobs.
            pids = [each.pid for each in nvml.nvmlDeviceGetComputeRunningProcesses(device)]
        users = tuple(self._user(pid) for pid in pids if not _names(pid) & set(ignored))
        return Card(number=number, uuid=uuid if isinstance(uuid, str) else uuid.decode(), free=free, users=users)

    def _user(self, pid: int) -> CardUser:
        job_id = None
        with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            _, found, rest = (b"\0" + file.read()).partition(b"\0TUI_QUEUE_LOG=")
            if found and (run := self._run.fullmatch(rest.partition(b"\0")[0])):
                job_id = int(run[1])
        return CardUser(pid=pid, user=_owner(pid), job_id=job_id)


def _owner(pid: int) -> str:
    """Return the name of the user whose process it is; empty for one outside of what this process sees."""
    try:
        number = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _names(pid: int) -> set[str]:
    """Return what a process is called: the name that ps shows, and that of its program."""
    names = set()
    with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        names.add(file.read().rstrip("\n"))
    with suppress(OSError), open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
        names.add(os.path.basename(file.read().partition("\0")[0]))
    return names
