"""Explains why a run failed, from exit code, signal and output; pure."""

import re
from collections.abc import Iterable, Iterator
from signal import Signals, strsignal

from tui_queue.core.model.job import State
from tui_queue.core.model.reason import Reason, ReasonKind
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text

MISSING_MODULE = "Python module is missing"
TAIL = 16 * 1024  # bytes of output that are looked at
SHOWN = 100  # characters of a printed line
LINE = 400  # characters of one of the last lines
FULL = 16 * 2**20  # bytes: with less room than that, a disk counts as full

_EXITS = {
    1: "a general error",
    2: "used in a wrong way, or a file is missing",
    120: "Python could not write the rest of its output",
    124: "the timeout command ended it, its time was over",
    125: "the program that should have started it (timeout, env, docker …) failed",
    126: "found, but it can't be executed",
    127: "command not found",
    128: "a shell was told to exit with something that is no number",
    130: "ended by Ctrl-C (SIGINT)",
    255: "an error outside of the usual range (ssh: no connection; exit -1)",
    # sysexits.h
    64: "EX_USAGE: used in a wrong way",
    65: "EX_DATAERR: its input is wrong",
    66: "EX_NOINPUT: its input can't be opened",
    67: "EX_NOUSER: no such user",
    68: "EX_NOHOST: no such host",
    69: "EX_UNAVAILABLE: a service is not there",
    70: "EX_SOFTWARE: an error in the program itself",
    71: "EX_OSERR: the system refused something",
    72: "EX_OSFILE: a system file is missing",
    73: "EX_CANTCREAT: its output can't be created",
    74: "EX_IOERR: reading or writing failed",
    75: "EX_TEMPFAIL: failed for now, may work later",
    76: "EX_PROTOCOL: the other side answered nonsense",
    77: "EX_NOPERM: it may not do that",
    78: "EX_CONFIG: its settings are wrong",
}

_SIGNALS = {
    "SIGHUP": "its terminal went away",
    "SIGINT": "interrupted, as by Ctrl-C",
    "SIGQUIT": "quit, as by Ctrl-\\",
    "SIGILL": "it ran into something that is no instruction of this processor",
    "SIGTRAP": "it ran into a breakpoint or a check of its own",
    "SIGABRT": "it aborted itself, after a check that failed",
    "SIGBUS": "it read or wrote memory that is not there (a mapped file that was cut, a full /dev/shm)",
    "SIGFPE": "it divided a whole number by zero, or the like",
    "SIGKILL": "killed – by a person, a program, or the kernel when memory ran out",
    "SIGSEGV": "segmentation fault: it read or wrote memory that is not its own",
    "SIGPIPE": "it wrote to a pipe whose reader has ended",
    "SIGALRM": "a timer that it had set itself ran out",
    "SIGTERM": "asked to end – by a person, a program, or the system going down",
    "SIGUSR1": "a signal of other programs' making, which it did not handle",
    "SIGUSR2": "a signal of other programs' making, which it did not handle",
    "SIGXCPU": "it used more processor time than its limit (ulimit -t)",
    "SIGXFSZ": "it wrote a file larger than its limit (ulimit -f)",
    "SIGSYS": "it called the system in a way that is forbidden (seccomp)",
}


def explain_exit(code: int) -> str:
    """Return what an exit code commonly means; empty where it means nothing in common."""
    if code in _EXITS:
        return _EXITS[code]
    name = _signal_name(code - 128)
    return (
        f"a process it started was ended by signal {code - 128} ({name}): {explain_signal(code - 128)}" if name else ""
    )


def explain_signal(number: int) -> str:
    """Return what a signal that ended a process means; empty where there is none of that number."""
    name = _signal_name(number)
    return (_SIGNALS.get(name) or (strsignal(number) or "").lower()) if name else ""


def clues(tail: bytes) -> tuple[str, ...]:
    """Return what the end of the output tells of a failure, the latest first, each with the line that was printed."""
    lines = _lines(tail)
    found: dict[str, tuple[int, str]] = {}
    for place, line in enumerate(lines):
        for what, pattern in _CLUES:
            if match := pattern.search(line):
                name = f" {match['name']}" if match.groupdict() else ""
                found[what] = place, f"{what}{name}; it printed: {_around(line, match)}"
                break
    said = {place for place, _ in found.values()}
    if (last := _exception(lines)) is not None and last not in said:
        found["exception"] = last, f"a Python exception; it printed: {_cut(lines[last], SHOWN)}"
    return tuple(_capital(text) for _, text in sorted(found.values(), key=lambda each: -each[0]))


def last_lines(tail: bytes, n: int) -> tuple[str, ...]:
    """Return the last lines that are not blank, each as a terminal would show it in the end, without colours."""
    return tuple(_cut(line, LINE) for line in [line for line in _lines(tail) if line][-n:]) if n > 0 else ()


def diagnose(
    *,
    state: State,
    reason: Reason,
    exit_code: int | None,
    signal: int | None,
    oom: str = "",
    disk_free: int | None = None,
    tail: bytes = b"",
) -> tuple[str, ...]:
    """Return why a job did not complete, most certain first; each sentence says what it rests on.

    ``oom`` is "cgroup" or "kernel" where an out-of-memory kill was seen, ``disk_free`` the bytes that were free when
    the run ended, ``tail`` the end of its output. Empty for a job that completed or has not ended.
    """
    if state not in (State.FAILED, State.CANCELLED):
        return ()
    known = _known(state, reason, exit_code, signal, oom, disk_free)
    # How a cancelled job then ended, and what it printed on the way, was asked for.
    return (*(f"{_capital(each)}." for each in known), *(clues(tail) if state is State.FAILED else ()))


def _known(
    state: State, reason: Reason, exit_code: int | None, signal: int | None, oom: str, disk_free: int | None
) -> Iterator[str]:
    by_itself = reason.kind in (ReasonKind.EXIT, ReasonKind.SIGNAL)
    if not by_itself:
        yield f"{printable(reason) or str(state)} (the queue's own record)"
    if state is State.CANCELLED:
        return
    if oom:
        whose = "its cgroup had used up its memory" if oom == "cgroup" else "the machine had no memory left"
        yield f"out of memory: {whose}, and the kernel killed it (the kernel's own record)"
    if by_itself and signal is not None and not oom:
        yield f"signal {signal} ({_signal_name(signal) or 'real-time'}): {explain_signal(signal)} (the kernel's word)"
    if by_itself and exit_code and (meaning := explain_exit(exit_code)):
        yield f"exit {exit_code}: {meaning} (by convention; a program may mean something else)"
    if disk_free is not None and disk_free < FULL:
        left = f"{size_text(disk_free)}{'' if disk_free >> 20 else ' bytes'}"
        yield f"the disk was full: {left} left (measured at its end)"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _signal_name(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:
        return ""


_CLUES = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("no room left on a disk", r"No space left on device|ENOSPC"),
        ("a disk quota is used up", r"Disk quota exceeded|EDQUOT"),
        ("a file grew beyond its limit (ulimit -f)", r"File size limit exceeded|File too large"),
        (
            "the GPU's memory ran out",
            r"CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|CUBLAS_STATUS_ALLOC_FAILED"
            r"|HIP out of memory",
        ),
        (
            "memory ran out",
            r"\b_?(?:Array)?MemoryError\b|std::bad_alloc|[Cc]annot allocate memory|ENOMEM|OutOfMemoryError"
            r"|\bOut of memory\b|\bout of memory$|oom[-_]kill",
        ),
        ("a process was killed, maybe since memory ran out", r"^Killed\b(?:: 9)?$|\b\d+ Killed\b|\bKilled: 9\b"),
        ("a process crashed", r"[Ss]egmentation fault|\bBus error\b|\b\d+ Aborted\b|^Aborted\b"),
        (f"a {MISSING_MODULE}:", r"ModuleNotFoundError: No module named '?(?P<name>[^\s';]{1,60})"),
        ("a command was not found", r"command not found|^\S+: \d+: .*: not found$|^\S+: \d+: \S+: not found\b"),
        ("it was not allowed to do something", r"[Pp]ermission denied|\bEACCES\b|Operation not permitted"),
        ("too many files were open (ulimit -n)", r"Too many open files|EMFILE"),
        (
            "another machine or service could not be reached",
            r"[Cc]onnection (?:refused|timed out|reset by peer)|ECONNREFUSED|ETIMEDOUT|Network is unreachable"
            r"|No route to host|Could not resolve host|Name or service not known"
            r"|Temporary failure in name resolution",
        ),
    )
)

# Each sequence ends with its terminator or, where it has none, with the line.
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*(?:[@-~]|$)|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*(?:[0-~]|$)")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)|^\s+File \"")
_EXCEPTION = re.compile(r"[^\W\d][\w.]*(?:: .*)?")
_INDENTED = (" ", "\t", "│", "╭", "╰", "|")


def _lines(tail: bytes) -> list[str]:
    text = tail[-TAIL:].decode("utf-8", "surrogateescape")
    return [_line(line) for line in text.removesuffix("\n").split("\n")]


def _line(raw: str) -> str:
    """Return the last state of a line: what stands after the last carriage return, as far as something does."""
    states = _SEQUENCE.sub("", raw).split("\r")
    last = next((state for state in reversed(states) if state.strip()), "")
    return printable(_rubbed_out(last).expandtabs().rstrip())


def _rubbed_out(text: str) -> str:
    """Return a text in which every backspace has taken the character before it along."""
    if "\b" not in text:
        return text
    kept: list[str] = []
    for char in text.rstrip("\b"):
        if char != "\b":
            kept.append(char)
        elif kept:
            kept.pop()
    return "".join(kept)


def _exception(lines: Iterable[str]) -> int | None:
    """Return the place of the last line that names the exception below a traceback, the first of what it says."""
    inside, found = False, None
    for place, line in enumerate(lines):
        if _TRACEBACK.search(line):
            inside = True
        elif inside and not line.startswith(_INDENTED):
            if _EXCEPTION.fullmatch(line):
                found = place
            inside = False
    return found


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _around(line: str, match: re.Match[str]) -> str:
    """Return so much of a line as is shown, with what was found in it."""
    line = line.rstrip()
    before = max(0, match.end() - SHOWN + 2)
    return _cut(line if match.end() < SHOWN else f"…{line[before:]}", SHOWN)
