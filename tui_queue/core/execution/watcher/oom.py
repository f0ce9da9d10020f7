"""Tells whether a run was killed because no memory was left (Linux)."""


def count_kills() -> dict[str, int]:
    """Return how many processes have been killed for lack of memory: in the watcher's cgroup, on this machine."""
    counts = {"cgroup": 0, "kernel": 0}
    try:
        with open("/proc/self/cgroup", "rb") as file:
            cgroup = file.read().partition(b"0::")[2].strip().decode()
        counts["cgroup"] = _count_of(f"/sys/fs/cgroup{cgroup}/memory.events")
    except OSError:
        pass
    try:
        counts["kernel"] = _count_of("/proc/vmstat")
    except OSError:
        pass
    return counts


def exhausted_since(before: dict[str, int]) -> str:
    """Return whose memory was exhausted since ``before`` was counted: the cgroup's, the machine's (kernel), or none."""
    now = count_kills()
    return next((whose for whose in ("cgroup", "kernel") if now[whose] > before[whose]), "")


def _count_of(path: str) -> int:
    with open(path, "rb") as file:
        number = (b"\n" + file.read()).partition(b"\noom_kill ")[2].partition(b"\n")[0]
    return int(number or 0)
