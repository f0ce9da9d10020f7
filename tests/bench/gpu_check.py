"""Checks on a machine with NVIDIA's driver that every GPU is found: ``python -m tests.bench.gpu_check``."""

import shutil
import subprocess
import sys

from tui_queue.core.system.nvml import Driver


def main() -> int:
    """Print what is found; return 1 when nvidia-smi shows a GPU that was not found or whose memory is unknown."""
    cards = Driver("/", list).sample()
    found = [card.number for card in cards]
    free = max((card.free for card in cards if card.free is not None), default=None)
    print(f"cards: {cards}")
    shown = _nvidia_smi()
    print(f"nvidia-smi shows {shown}")
    missed = set(shown) - set(found)
    if missed:
        print(f"not found: {sorted(missed)}")
    most = max((each for each in shown.values() if each is not None), default=None)
    if most is not None and (free is None or abs(free - most) > 0.02 * most + 2**30):
        print("the free memory is not what nvidia-smi shows")
        return 1
    return 1 if missed else 0


def _nvidia_smi() -> dict[int, int | None]:
    """Return the free bytes of each GPU by its index; None where that is not told."""
    if shutil.which("nvidia-smi") is None:
        return {}
    words = ["nvidia-smi", "--query-gpu=index,memory.free", "--format=csv,noheader,nounits"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return {}
    rows = (line.split(",") for line in done.stdout.splitlines())
    return {int(index): int(free) * 2**20 if free.strip().isdigit() else None for index, free in rows}


if __name__ == "__main__":
    sys.exit(main())
