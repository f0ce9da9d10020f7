"""Has the disk refuse what a watcher writes: its calls that write into a directory fail with an error."""

import os
from collections.abc import Callable

from tests.support.tracer import Call

PATHS = {"openat": 1, "mkdir": 0, "mkdirat": 1, "mknod": 0, "mknodat": 1, "unlink": 0, "unlinkat": 1}
DESCRIPTORS = {"write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate"}
PIPES = {"alive", "control"}


class Refusal:
    """Refuses the nth call of watchers that writes below a directory, and ``more`` calls after that.

    Calls count from the claim on where ``claimed``. ``at_claim`` is called then; ``at`` names the first refused call.
    """

    def __init__(
        self,
        directory: str,
        error: int,
        nth: int,
        *,
        more: int = 0,
        claimed: bool = False,
        at_claim: Callable[[], None] = lambda: None,
    ) -> None:
        self.at = ""
        self._inside = f"{directory}/"
        self._error = error
        self._left = nth
        self._more = more
        self._counts = not claimed
        self._at_claim = at_claim
        self._refused: set[int] = set()

    def stop(self) -> None:
        """Refuse nothing more."""
        self._more = 0

    def __call__(self, call: Call) -> None:
        """Look at a call, when it begins and when it ends."""
        if not call.begins:
            if call.pid in self._refused:
                self._refused.discard(call.pid)
                call.fail(self._error)
            return
        name = self._name_of(call)
        if not name:
            return
        if self._counts and self._is_due():
            self._refused.add(call.pid)
            call.skip()
            if not self.at:
                self.at = name
        if name == "openat claim":
            self._counts = True
            self._at_claim()

    def _is_due(self) -> bool:
        if self._left:
            self._left -= 1
            return not self._left
        self._more -= 1
        return self._more >= 0

    def _name_of(self, call: Call) -> str:
        """Return the name of a call that writes into the directory, and of the file."""
        name = call.name
        try:
            if name in PATHS:
                path = call.path(PATHS[name])
            elif name in DESCRIPTORS:
                path = os.readlink(f"/proc/{call.pid}/fd/{call.argument(0)}")
            else:
                return ""
        except OSError:
            return ""
        file = os.path.basename(path)
        if not path.startswith(self._inside) or (name == "write" and file in PIPES):
            return ""
        return f"{name} {'directory' if file.isdecimal() or file == 'runs' else file}"
