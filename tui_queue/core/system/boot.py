"""Which start of the machine this is: what was not on disk when that ended is gone, and so are all processes."""

import subprocess
import sys
from contextlib import suppress


def boot_id() -> str:
    """Return a name that no other start of the machine has; empty where the system has none to give."""
    with suppress(OSError, subprocess.SubprocessError):
        if sys.platform == "darwin":
            words = ["sysctl", "-n", "kern.bootsessionuuid"]
            return subprocess.run(words, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    return ""
