"""Ends a process at its nth system call that changes something, or has calls refused; ptrace on x86-64 Linux.

``strace --inject`` counts for each thread by itself and takes the children along: it can't say «the 17th of this
process, and nobody else».
"""

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Callable

SUPPORTED = sys.platform == "linux" and platform.machine() == "x86_64"

# <asm/unistd_64.h>
CALLS = {
    1: "write",
    18: "pwrite64",
    56: "clone",
    57: "fork",
    58: "vfork",
    59: "execve",
    62: "kill",
    73: "flock",
    74: "fsync",
    75: "fdatasync",
    77: "ftruncate",
    82: "rename",
    83: "mkdir",
    86: "link",
    87: "unlink",
    88: "symlink",
    133: "mknod",
    257: "openat",
    258: "mkdirat",
    259: "mknodat",
    263: "unlinkat",
    264: "renameat",
    265: "linkat",
    266: "symlinkat",
    285: "fallocate",
    316: "renameat2",
    424: "pidfd_send_signal",
    435: "clone3",
}
OPENAT = 257

# <linux/ptrace.h>
PTRACE_CONT, PTRACE_DETACH, PTRACE_SYSCALL = 7, 17, 24
PTRACE_SETOPTIONS, PTRACE_SEIZE, PTRACE_GET_SYSCALL_INFO = 0x4200, 0x4206, 0x420E
TRACESYSGOOD, TRACEFORK, TRACEVFORK, TRACECLONE, TRACEEXEC = 1, 2, 4, 8, 16
PTRACE_GETREGS, PTRACE_SETREGS = 12, 13
EVENT_EXEC, ENTRY, EXIT = 4, 1, 2
RAX, ORIG_RAX = 10, 15  # in struct user_regs_struct, <sys/user.h>
WALL = 0x40000000  # <linux/wait.h>: threads too


class _SyscallInfo(ctypes.Structure):
    _fields_ = [
        ("op", ctypes.c_uint8),
        ("arch", ctypes.c_uint32),
        ("instruction", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("arguments", ctypes.c_uint64 * 6),
        ("room", ctypes.c_uint64 * 2),
    ]


_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, pid: int, address: object, data: object) -> None:
    if _libc.ptrace(request, pid, address, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class Call:
    """A system call at which a process has stopped."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._info = _SyscallInfo()
        _ptrace(PTRACE_GET_SYSCALL_INFO, pid, ctypes.sizeof(self._info), ctypes.byref(self._info))

    @property
    def begins(self) -> bool:
        return bool(self._info.op == ENTRY)

    @property
    def name(self) -> str:
        """Its name, if it changes something."""
        if self._info.number == OPENAT and not self.argument(2) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return ""
        return CALLS.get(self._info.number, "")

    def argument(self, place: int) -> int:
        return int(self._info.arguments[place])

    def path(self, place: int) -> str:
        """Return the path that an argument points to."""
        with open(f"/proc/{self.pid}/mem", "rb") as memory:
            memory.seek(self.argument(place))
            return os.fsdecode(memory.read(1024).partition(b"\0")[0])

    def skip(self) -> None:
        """Have the kernel do nothing."""
        self._set(ORIG_RAX, -1)

    def fail(self, error: int) -> None:
        """Have a call that was skipped end with an error."""
        self._set(RAX, -error)

    def _set(self, register: int, value: int) -> None:
        registers = (ctypes.c_long * 27)()
        _ptrace(PTRACE_GETREGS, self.pid, None, ctypes.byref(registers))
        registers[register] = value
        _ptrace(PTRACE_SETREGS, self.pid, None, ctypes.byref(registers))


class Tracer:
    """Follows a stopped process to its end, and kills a victim before its nth call that changes something.

    The victim is that process with all its threads or, given ``is_victim``, whatever it starts that is one: their
    calls are counted as one row. ``killed_at`` names the call, and is empty when the victim came to its end.
    With ``stopped`` no victim is killed: it is called with each call of a victim, when that begins and when it ends.
    ``ended`` is called when the process that was stopped at first has ended.
    """

    def __init__(
        self,
        pid: int,
        nth: int,
        is_victim: Callable[[int], bool] | None = None,
        *,
        stopped: Callable[[Call], None] | None = None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.killed_at = ""
        self._ended = ended
        self._stopped = stopped
        self._left = nth
        self._root = pid
        self._is_victim = is_victim
        self._victims = set() if is_victim else {pid}
        self._known = {pid}

    def follow(self) -> None:
        """Let the process go; return when it and all that is traced has ended."""
        os.waitpid(self._root, os.WUNTRACED)
        options = TRACESYSGOOD | TRACECLONE
        if self._is_victim is not None:
            options |= TRACEFORK | TRACEVFORK | TRACEEXEC
        _ptrace(PTRACE_SEIZE, self._root, None, options)
        os.kill(self._root, signal.SIGCONT)
        while True:
            try:
                pid, status = os.waitpid(-1, WALL)
            except ChildProcessError:
                return
            if os.WIFSTOPPED(status):
                try:
                    self._go_on(pid, os.WSTOPSIG(status), status >> 16)
                except ProcessLookupError:  # killed meanwhile
                    continue
            elif pid == self._root:
                self._ended()

    def _go_on(self, pid: int, number: int, event: int) -> None:
        request, given = PTRACE_SYSCALL, 0
        if pid not in self._known or event == EVENT_EXEC:
            self._known.add(pid)
            if self._is_victim is None or self._is_victim(pid):
                self._victims.add(pid)
                if self._is_victim is not None:
                    # What a watcher spawns is the job, and nobody's victim.
                    _ptrace(PTRACE_SETOPTIONS, pid, None, TRACESYSGOOD | TRACEFORK | TRACEEXEC)
            elif event == EVENT_EXEC:
                self._victims.discard(pid)
                request = PTRACE_DETACH
        elif number == signal.SIGTRAP | 0x80:
            if pid in self._victims:
                self._count(pid)
        elif not event:
            given = number
        if request == PTRACE_SYSCALL and (self.killed_at or pid not in self._victims):
            request = PTRACE_CONT
        _ptrace(request, pid, None, given)

    def _count(self, pid: int) -> None:
        call = Call(pid)
        if self._stopped is not None:
            self._stopped(call)
            return
        if not call.begins or not call.name or self.killed_at:
            return
        self._left -= 1
        if not self._left:
            self.killed_at = call.name
            os.kill(self._root if self._is_victim is None else pid, signal.SIGKILL)
