"""A stand-in for NVIDIA's library of four cards, for schedulers that are real processes."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.conftest import Cli

GIB = 2**30
# What the program calls of nvidia-ml-py; it reads beside itself what the cards are like, and hangs as long as told.
_LIBRARY = """
import json, os, time
from types import SimpleNamespace

HERE = os.path.dirname(__file__)

class NVMLError(Exception):
    pass

def _cards():
    while os.path.exists(os.path.join(HERE, "hang")):
        time.sleep(0.01)
    with open(os.path.join(HERE, "cards.json")) as file:
        return json.load(file)

def nvmlInit():
    pass

def nvmlDeviceGetCount():
    return len(_cards())

def nvmlDeviceGetHandleByIndex(index):
    return index

def nvmlDeviceGetUUID(handle):
    return f"GPU-{handle}abc"

def nvmlDeviceGetMemoryInfo(handle):
    return SimpleNamespace(free=_cards()[handle]["free"])

def nvmlDeviceGetComputeRunningProcesses(handle):
    return [SimpleNamespace(pid=pid, usedGpuMemory=None) for pid in _cards()[handle]["pids"]]
"""


class Cards:
    """Four cards that every process of a queue finds; each is empty and has 80 GiB until the test says otherwise."""

    def __init__(self, cli: Cli, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        (directory / "pynvml.py").write_text(_LIBRARY)
        cli.env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(directory), cli.env.get("PYTHONPATH", "")]))
        self._cards: list[dict[str, Any]] = [{"free": 80 * GIB, "pids": []} for _ in range(4)]
        self._write()

    def free(self, *gib: int) -> None:
        """Say how much memory each card has free."""
        for card, free in zip(self._cards, gib, strict=True):
            card["free"] = free * GIB
        self._write()

    def used_by(self, number: int, pids: Sequence[int]) -> None:
        """Say which processes use a card."""
        self._cards[number]["pids"] = list(pids)
        self._write()

    def hang(self, hangs: bool) -> None:
        """Let every call hang, or answer again."""
        (self._directory / "hang").touch() if hangs else (self._directory / "hang").unlink()

    def _write(self) -> None:
        fresh = self._directory / "cards.json.new"
        fresh.write_text(json.dumps(self._cards))
        fresh.rename(self._directory / "cards.json")
