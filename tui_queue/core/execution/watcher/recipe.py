"""Decides whether a background scheduler was killed and is to be started again, and how.

The background process holds the lock on the file ``background`` and writes its recipe into it: how it was started. When
it ends in order it empties the file. So a recipe in a file that has no holder is that of a process that was killed.
Its successor inherits the lock from the process that starts it: of all that find this out at once, one starts it.
"""

import fcntl
import os
import signal
import stat
import time

from .records import Spec, sealed, unsealed

TYPE_CHECKING = False  # as in records.py
if TYPE_CHECKING:
    from collections.abc import Callable

Recipe = Spec  # a JSON object

NEVER = -1.0  # no successor is wanted
HELD = 0.0  # a process has the lock, or schedules
STARTED_S = 0.3  # after a start: when to see whether it lives
AGAIN_S = 1.0  # after a start that the system refused
QUICK = 10  # successors in a row that died young before the pauses begin
LONGEST_S = 60.0  # pause
LIVED_S = 1.0  # a process that was ready to schedule for this long did not die young
STOPPED_S = 15.0  # a holder of the lease without a sign of life for this long is stopped or stuck
ANSWERS_S = 1.0  # in which one that is not answers when it is asked

# They wait in a successor until it has its handlers: so early a death would look like a kill.
BLOCKED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def bring_back(
    path: str, start: "Callable[[Recipe, int], None]", *, own: "Callable[[], Recipe] | None" = None
) -> float:
    """Start a successor by the recipe in the file at ``path``, if one is wanted; return after how long to try again.

    ``start`` starts a process that inherits a descriptor. ``own`` makes the recipe of the calling program; a watcher
    has none. While no scheduler was killed this opens one file, and holds up no process.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return NEVER
    try:
        if not _is_recipe(os.fstat(file)):
            return NEVER
        if not _lock(file) or _is_scheduled(os.path.dirname(path)):
            return HELD
        recipe = _choose(read(file), path, own)
        if recipe is None:
            return NEVER
        now = time.monotonic()
        pause, young = _pause(recipe, now)
        if pause > 0:
            return pause
        write(file, {**recipe, "young": young + 1, "begun": now, "ready": False, "pid": 0})
        start(recipe, file)
    except (OSError, KeyError, ValueError):  # the system refuses, or another version has written the recipe
        return AGAIN_S
    finally:
        os.close(file)
    return STARTED_S


def read(file: int) -> "Recipe | None":
    """Return the recipe in an open file; None when it holds none that is whole."""
    return unsealed(os.pread(file, os.fstat(file).st_size, 0).partition(b"\n")[0])


def write(file: int, recipe: Recipe) -> None:
    """Put a recipe into an open file. Raises OSError."""
    line = sealed(recipe)
    os.fchmod(file, 0o600)  # it holds an environment
    os.pwrite(file, line, 0)
    os.ftruncate(file, len(line))


def ready(before: "Recipe | None") -> Recipe:
    """Return what a process that is ready to schedule adds to its recipe; ``before`` is the one it was started by."""
    return {"young": (before or {}).get("young", 0), "begun": time.monotonic(), "ready": True}


def origin(path: str) -> Recipe:
    """Return what tells the queue at hand from a copy of it, from another boot, and from another machine."""
    return {
        "place": os.fsencode(os.path.realpath(path)).decode("latin-1"),
        "boot": _boot(),
        "host": os.uname().nodename,
    }


def is_of_another_host(file: int) -> bool:
    """Whether another host has written the recipe in an open file, whose directory several share."""
    found = read(file)
    return found is not None and found.get("host") != os.uname().nodename


def _is_recipe(status: os.stat_result) -> bool:
    """Whether a file may hold a recipe: what it says is executed, so it must be ours alone."""
    return bool(
        status.st_size
        and stat.S_ISREG(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _lock(file: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_scheduled(directory: str) -> bool:
    """Whether a process that is not stopped holds the lease."""
    try:
        file = os.open(os.path.join(directory, "lease"), os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    try:
        if _lock(file, fcntl.LOCK_SH):
            return False
        # That the file was opened asks the holder for a sign of life, which it gives at once.
        deadline = time.monotonic() + ANSWERS_S
        while time.time() - os.fstat(file).st_mtime >= STOPPED_S:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True
    finally:
        os.close(file)


def _choose(found: "Recipe | None", path: str, own: "Callable[[], Recipe] | None") -> "Recipe | None":
    """Return the recipe to follow; None when the one that was found is not for this place and this machine.

    The environment and the umask of the killed process hold as long as the machine has not been started again: then
    the sessions that they belong to are gone. A program starts its own version, which may have replaced the other.
    """
    here = origin(path)
    if found is not None and any(found.get(key) != here[key] for key in ("place", "host")):
        return None
    if found is not None and found.get("boot") == here["boot"]:
        return found if own is None else {**found, **{key: own()[key] for key in ("words", "cwd")}}
    return None if own is None else own()


def _pause(recipe: Recipe, now: float) -> tuple[float, int]:
    """Return for how long to wait with a successor, and how many before it have died young."""
    young: int = recipe.get("young", 0)
    since = now - recipe.get("begun", 0.0)
    pause = 0.0 if young < QUICK else min(LONGEST_S, 2.0 ** (young - QUICK))
    if since < 0 or since >= pause + (LIVED_S if recipe.get("ready") else LONGEST_S):
        return 0.0, 0
    return max(0.0, pause - since), young


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            return file.read().decode("ascii").strip()
    except OSError:
        return ""
