"""What a process does with a signal, by what the kernel and its program say of it (Linux)."""

import _thread
import os
import re
import signal
import stat

# What these do to a process that has no handler for them: nothing, stop it, let it go on. Every other one kills it.
HARMLESS = (
    signal.SIGCHLD,
    signal.SIGCONT,
    signal.SIGURG,
    signal.SIGWINCH,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
)
SCRIPT_BYTES = 1 << 20  # that are searched for the name of a signal
SCRIPT_PATIENCE_S = 1.0  # for which the limits of the run wait for its disk
BASH_SCRIPT = 255  # where bash has the script open that it runs


def _mask(*numbers: int) -> int:
    return sum(1 << (number - 1) for number in numbers)


# Handlers that a program has of its own accord: they end it, start its debugger, stop its threads.
INTERNAL = {
    "java": _mask(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR2),
    "node": _mask(signal.SIGINT, signal.SIGTERM, signal.SIGUSR1),
    "R": _mask(signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2),
}
# With a trap for EXIT bash has handlers for all that would kill it, and dies in them; it always has one for SIGINT.
BASH_AT_EXIT = _mask(signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGVTALRM, signal.SIGXCPU)


def handles(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal that does not come with its program."""
    caught = _masks(pid, b"SigCgt:")
    if not caught & _mask(number):
        return False
    program = _program(pid)
    if program == "bash" and (number == signal.SIGINT or caught & BASH_AT_EXIT == BASH_AT_EXIT):
        return _is_named(pid, number)
    return not INTERNAL.get(program, 0) & _mask(number)


def survives(pid: int, number: int) -> bool:
    """Whether a process handles, ignores or blocks a signal, so that it may go on after it."""
    return bool(_masks(pid, b"SigCgt:", b"SigIgn:", b"SigBlk:") & _mask(number))


def _masks(pid: int, *names: bytes) -> int:
    """Return the signals of which the kernel says one of these; none of a process that has ended."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return 0
    found = 0
    for line in lines:
        if line.startswith(names):
            found |= int(line.split()[1], 16)
    return found


def _program(pid: int) -> str:
    try:
        path = os.readlink(f"/proc/{pid}/exe")
    except OSError:  # it has ended, or is another user's
        return ""
    name = os.path.basename(path.removesuffix(" (deleted)"))
    return "node" if name == "nodejs" else name


def _is_named(pid: int, number: int) -> bool:
    """Whether the command line or the script of a shell names a signal, as a trap for it does."""
    try:
        name = signal.Signals(number).name.removeprefix("SIG")
    except ValueError:  # a real-time signal, for which bash has no handler of its own accord
        return True
    named = re.compile(rb"(?<!\w)(?:SIG)?%s(?!\w)" % name.encode("ascii"))
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            if named.search(file.read()):
                return True
    except OSError:  # it has ended
        return False
    return named.search(_script_of(pid)) is not None


def _script_of(pid: int) -> bytes:
    """Return the begin of the script that a bash runs; nothing where it runs none, or the disk does not answer."""
    found: list[bytes] = []
    done = _thread.allocate_lock()
    done.acquire()

    def read() -> None:
        try:
            script = os.open(f"/proc/{pid}/fd/{BASH_SCRIPT}", os.O_RDONLY | os.O_NONBLOCK)
            try:
                if stat.S_ISREG(os.fstat(script).st_mode):
                    found.append(os.read(script, SCRIPT_BYTES))
            finally:
                os.close(script)
        except OSError:
            pass
        finally:
            done.release()

    try:
        _thread.start_new_thread(read, ())
    except RuntimeError:  # too many processes
        return b""
    return found[0] if done.acquire(timeout=SCRIPT_PATIENCE_S) and found else b""
