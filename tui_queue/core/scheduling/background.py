"""Starts the background process that schedules when no dashboard is open."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from tui_queue.core.scheduling.lease import Lock

PLACE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))  # of the package


class Background:
    """Starts the background process of one queue if there is none; ``variables`` tell it where that is."""

    def __init__(self, directory: str, *, variables: Mapping[str, str], enabled: bool) -> None:
        self.lock = Lock(os.path.join(directory, "background"))
        self._variables = variables
        self._enabled = enabled

    def ensure(self) -> None:
        """Have one that stands by; errors are left to the next one who tries."""
        if not self._enabled or self.lock.is_taken():
            return
        with suppress(OSError):
            # Its parent may be a shell that goes away and a terminal that closes: it keeps neither. In the
            # directory of the package, since it should keep no other file system busy and must find itself.
            # By a shell that ends at once, so that it is nobody's child who would have to bury it.
            subprocess.run(
                ["/bin/sh", "-c", '"$@" &', "sh", sys.executable, "-m", "tui_queue", "run", "--standby"],
                check=False,
                cwd=PLACE,
                # Not a process of the job that may have added one.
                env={**os.environ, **self._variables, "TUI_QUEUE_LOG": ""},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
