"""Reads the names of this machine."""

import os
import sys
from contextlib import suppress

from tui_queue.core.model.host import Host
from tui_queue.core.system.machine import boot_id

MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")
UNSET = ("", "uninitialized")  # what machine-id(5) holds before the first boot is over


def this_host() -> Host:
    """Return this machine, or the container that this process is in."""
    name = os.uname().nodename
    if sys.platform == "darwin":
        # No two Macs have the same one, and their names change with the network: the name and the boot decide nothing.
        machine = _hardware_uuid()
        return Host(machine=machine, name=name, boot=machine)
    return Host(machine=_machine_id(), name=name, boot=boot_id())


def _machine_id() -> str:
    for path in MACHINE_IDS:
        with suppress(OSError, ValueError), open(path, encoding="ascii") as file:
            if (found := file.read(64).strip()) not in UNSET:
                return found
    return ""


def _hardware_uuid() -> str:
    import ctypes  # noqa: PLC0415 - only here

    uuid = ctypes.create_string_buffer(16)
    patience = (ctypes.c_long * 2)(1, 0)  # a struct timespec
    try:
        failed = ctypes.CDLL(None).gethostuuid(uuid, patience)
    except (AttributeError, OSError):
        return ""
    return "" if failed else uuid.raw.hex()
