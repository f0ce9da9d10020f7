"""Tries whether watchers can be started, and says why not."""

import os
import subprocess
import sys

from tui_queue.core.execution.watcher_environment import environment
from tui_queue.core.execution.watcher_pool import CODE, command

LONGEST_S = 10.0  # that a trial may take


def why_no_watcher_starts() -> str:
    """Start what forks watchers, with nothing to do; return in words why it does not start, or nothing. Blocks."""
    words = command(CODE.replace("serve(sys.argv[2])", "serve('', 0, 0)"))  # it reads the end of /dev/null, and leaves
    try:
        done = subprocess.run(
            words,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{sys.executable}: does not start within {LONGEST_S:g} s"
    except OSError as error:
        return f"{sys.executable}: {(error.strerror or str(error)).lower()}"
    if not done.returncode:
        return ""
    said = os.fsdecode(done.stderr).strip().splitlines()
    return said[-1] if said else f"{sys.executable}: ends with {done.returncode}"
