"""Says whether this machine shows the processes of a run, without which no run can be found or ended (Linux)."""

import os
import sys

from tui_queue.core.errors import StoreError


def require_visible_processes() -> None:
    """Raise StoreError where a run could be neither told alive nor ended, with what the user can do."""
    if complaint := why_invisible():
        raise StoreError(" ".join(complaint))


def why_invisible() -> tuple[str, str] | None:
    """Return why the processes of a run can't be seen, and what the user can do; None where they can."""
    if sys.platform != "linux":
        return None
    try:
        shown = os.readlink("/proc/self")
        with open("/proc/self/environ", "rb") as file:
            file.read(1)
    except OSError as error:
        absent = isinstance(error, FileNotFoundError)
        why = "is not mounted" if absent else f"can't be read ({(error.strerror or str(error)).lower()})"
        found = f"/proc {why}: no process of a job could be found or ended, so no job is started here."
        return found, "Mount it: mount -t proc proc /proc."
    if shown == str(os.getpid()):
        return None
    # To mount it without a mount namespace would hide the processes of all that are outside.
    return (
        "/proc is that of another PID namespace: a job could not be told from others, so none is started here.",
        "Enter the namespace with a /proc of its own: unshare --pid --fork --mount-proc.",
    )


def hides_others() -> bool:
    """Whether /proc hides the processes of other users (hidepid); the first process is always another's, or root's."""
    return sys.platform == "linux" and os.path.lexists("/proc/self") and not os.path.lexists("/proc/1")
