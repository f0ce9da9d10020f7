"""Runs a command to which the kernel refuses some system calls: ``refused_calls.py ERRNO NUMBER,NUMBER COMMAND …``.

It stands for an older kernel, or a sandbox, and holds for all that the command starts (seccomp, Linux).
"""

import ctypes
import errno
import os
import struct
import sys

PIDFD_SEND_SIGNAL, PIDFD_OPEN = 424, 434  # the same on every architecture
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38  # <linux/prctl.h>
MODE_FILTER, RETURN_ERRNO, ALLOW = 2, 0x00050000, 0x7FFF0000  # <linux/seccomp.h>
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06  # <linux/bpf_common.h>


def with_refused_calls(words: list[str | bytes], numbers: list[int], error: str) -> list[str | bytes]:
    """Return the words that run a command so."""
    return [sys.executable, __file__, error, ",".join(map(str, numbers)), *words]


def _refuse(numbers: list[int], error: int) -> None:
    steps = [struct.pack("HBBI", LOAD, 0, 0, 0)]  # the number of the call
    for number in numbers:
        steps += [struct.pack("HBBI", EQUALS, 0, 1, number), struct.pack("HBBI", RETURN, 0, 0, RETURN_ERRNO | error)]
    steps.append(struct.pack("HBBI", RETURN, 0, 0, ALLOW))
    program = ctypes.create_string_buffer(b"".join(steps))
    filter_ = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, filter_, 0, 0):
        sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    _refuse([int(number) for number in sys.argv[2].split(",")], getattr(errno, sys.argv[1]))
    os.execv(sys.argv[3], sys.argv[3:])
