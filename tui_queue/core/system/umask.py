"""The umask of this process."""

import os
from contextlib import suppress


def current_umask() -> int:
    """Return the umask; it is read without being changed where the system allows that."""
    with suppress(OSError), open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    # Elsewhere it can only be read by setting it: to a strict one, since other threads may create files then.
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
