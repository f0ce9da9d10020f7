"""What tells a process from every other one, after its number has been given again too (Linux)."""

from .process_tree import stat_of
from .records import Record


def identity_of(pid: int) -> Record:
    """Return the start time of a process, in clock ticks, and the boot that it is counted from; nothing elsewhere."""
    stat, name = stat_of(pid), boot()
    return {"begun": int(stat[19]), "boot": name} if stat is not None and name else {}


def boot() -> str:
    """Return the name of this start of the machine; empty elsewhere."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
