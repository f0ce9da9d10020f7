"""Which jobs may start now, and why the others may not. Pure."""


def free_slots(running: int, slots: int) -> int:
    """How many more runs may start."""
    return max(0, slots - running)


def pending_reason(*, place: int, running: int, slots: int, scheduled: bool) -> str:
    """Why the pending job at ``place`` (0 is next) has not started."""
    if not scheduled:
        return "no scheduler"
    if slots == 0:
        return "no slots"
    if place < free_slots(running, slots):
        return "starting"
    return "slots"
