"""Calls of the kernel that Python has no function for, and whether the kernel is that of macOS."""

import ctypes
import os
import struct
import sys

MACOS = os.uname().sysname == "Darwin"  # not sys.platform, by which mypy would leave out half of the code
PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 36, 37  # <sys/prctl.h>
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "riscv64": 274}  # <sys/syscall.h>; libc has no function for it
RESET_ON_FORK = 1  # <linux/sched.h>
SLICE_NS = 100_000  # the shortest that Linux takes
PUNCH_HOLE = 3  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, <linux/falloc.h>

LIBC = ctypes.CDLL(None)


def request_short_slice(thread: int = 0, *, inherited: bool) -> None:
    """Let a thread, 0 for the caller's, get a processor soon when all are busy, though no more of it than others.

    ``inherited`` says whether this holds for its children too. sched_setattr(2) is asked for a short time slice, which
    Linux heeds since 6.12; elsewhere nothing changes. The nice level stays. A thread with a policy of its own (chrt)
    stays as it is.
    """
    number = SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    if number is not None and os.sched_getscheduler(thread) == os.SCHED_OTHER:
        flags, nice = 0 if inherited else RESET_ON_FORK, os.getpriority(os.PRIO_PROCESS, thread)
        attributes = struct.pack("=IIQiIQQQII", 56, os.SCHED_OTHER, flags, nice, 0, SLICE_NS, 0, 0, 0, 0)
        LIBC.syscall(number, thread, attributes, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own (Linux)."""
    set_adoption(True)


def set_adoption(wanted: bool) -> None:
    """Say whether this process becomes the parent of descendants that lose their own (Linux)."""
    if not MACOS:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)


def adopts_orphans() -> bool:
    """Whether this process becomes the parent of descendants that lose their own."""
    adopts = ctypes.c_int(0)
    if not MACOS:
        LIBC.prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(adopts), 0, 0, 0)
    return bool(adopts.value)


def punch_hole(file: int, begin: int, end: int) -> None:
    """Free the disk space of a part of a file; where that is not possible, the file stays as it is."""
    LIBC.fallocate(file, PUNCH_HOLE, ctypes.c_long(begin), ctypes.c_long(end - begin))
