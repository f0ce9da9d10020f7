"""The environment of watchers: what their interpreter needs to start, and nothing of a job's."""

import os
from contextlib import suppress

# Where the libraries of an interpreter are, and its standard library; an environment module sets such.
NEEDED = (
    "LD_LIBRARY_PATH",
    "NIX_LD",
    "NIX_LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DYLD_FRAMEWORK_PATH",
    "PYTHONHOME",
    "PYTHONPLATLIBDIR",
)


def environment() -> dict[str, str]:
    """Return the environment of watchers: what this process needed to start, they need too.

    It may have changed its own since. No run's mark: a job that starts a queue of its own does not own what that runs.
    """
    ours = _as_started()
    return {"TUI_QUEUE_LOG": "", **{name: ours[name] for name in NEEDED if name in ours}}


def isolation() -> list[str]:
    """Return the options which keep an interpreter in that environment from all that is not its own."""
    # With -I it heeds no variable that begins with PYTHON. Where it needs one, there is no other.
    heeds = any(name.startswith("PYTHON") for name in environment())
    return ["-s", "-P", "-S"] if heeds else ["-I", "-S"]


def _as_started() -> dict[str, str]:
    """Return the environment that this process was started with, as far as that can be told."""
    with suppress(OSError), open("/proc/self/environ", "rb") as file:
        lines = os.fsdecode(file.read()).split("\0")
        return {name: value for name, given, value in (line.partition("=") for line in lines) if given}
    return dict(os.environ)
