"""The watcher beside one run: starts the command, waits for it, writes down how it ended.

``python -I -S shim.py`` forks watchers, everything being imported and warm: one for each byte that it reads from
descriptor 3. A watcher takes runs, one after the other, from the socket on descriptor 4, and ends when nobody can send
it any more. It has a session of its own and needs nobody: it outlives whoever sent it the run, and depends on no other
file of the package, so that an upgrade can't disturb it. What it has to say goes into files of the run's directory
(see run_files.py), and at the same time, for whoever sent the run, into the socket that came with it.
"""

import _socket
import binascii
import ctypes
import gc
import json
import os
import select
import signal
import struct
import sys
import time

MESSAGE_SIZE = 65_536  # bytes; a longer specification comes in a file
END_ROOM = 16_384  # bytes set aside for the end record, two paths and their sentence
HIGH_DESCRIPTOR = 200  # where the job inherits the pipe, out of the way of scripts that use 3 to 9
SHORT_S = 0.05  # a run that is over by then is not announced as started first
STORED_S = 1.0  # how long a scheduler may take to store an end before its watcher does
STORED = b"!"  # what it says then
SWEEP_S = 0.05  # how often a cancelled run is looked at until nothing of it is left
CALM_S = 0.5  # the same as long as its leader has not ended; the end of that one wakes
GIVE_UP_S = 10  # how long processes that can't be killed are waited for
LONGEST_POLL_S = 3600
FOREVER = float("inf")
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP)
CHANGED = {*IGNORED, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ}  # the last two by Python itself
PR_SET_CHILD_SUBREAPER = 36  # <sys/prctl.h>
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "riscv64": 274}  # <sys/syscall.h>; libc has no function for it
RESET_ON_FORK = 1  # <linux/sched.h>
SLICE_NS = 100_000  # the shortest that Linux takes
WINDOW = (40, 120)  # rows and columns of a run's own terminal
PUMPED = 1 << 20  # bytes that are taken from it before anything else is looked at
SOONEST_S, CALM_LOG_S = 0.05, 1.0  # between two looks at a log that has a limit: when much is written, when nothing is
NOTED_S = 0.25  # between two looks at a log whose times are noted, while it is written to
PAGE = 4096  # bytes; holes have borders like that
PUNCH_HOLE = 3  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, <linux/falloc.h>

MACOS = os.uname().sysname == "Darwin"
LIBC = ctypes.CDLL(None)
TYPE_CHECKING = False  # importing typing would double the start-up time
if TYPE_CHECKING:
    from typing import Any

News = dict[str, object]


def serve(orders: int, runs: int) -> None:
    """Fork a watcher for each byte from ``orders``; it reads its runs from the socket ``runs``."""
    os.umask(0o077)
    for descriptor in (orders, runs):
        os.set_inheritable(descriptor, False)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them
    json.loads(sealed({"what": "loads codecs now"}).rpartition(b" ")[0])
    gc.disable()  # nobody here makes garbage, and to look for it is to write to every page that they share
    gc.freeze()
    while ordered := os.read(orders, 64):
        for _ in ordered:
            try:
                child = os.fork()
            except OSError:  # too many processes; whoever waits for a watcher asks again
                continue
            if child == 0:
                os.close(orders)
                try:
                    watch_runs(_socket.socket(fileno=runs))
                finally:
                    os._exit(0)


def watch_runs(channel: _socket.socket) -> None:
    """Watch one run after the other, as they come: a specification, and the socket that hears the news."""
    os.setsid()
    be_prompt(inherited=False)
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    wakeup = _wake_on_child()
    _adopt_orphans()
    room = _socket.CMSG_SPACE(8)
    while True:
        spec, passed, _, _ = channel.recvmsg(MESSAGE_SIZE, room, getattr(_socket, "MSG_CMSG_CLOEXEC", 0))
        if not spec:
            return
        descriptors = memoryview(passed[0][2]).cast("i").tolist()
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        events = descriptors[0]
        os.set_blocking(events, False)
        if len(descriptors) > 1:
            with open(descriptors[1], "rb") as file:
                spec = file.read()
        try:
            free = watch(json.loads(spec), events, wakeup)
        except BaseException as error:
            _tell(events, b"?", {"why": f"{type(error).__name__}: {error} (line {_line_of(error)})"})
            raise
        os.close(events)
        if not free:
            return


def watch(spec: "dict[str, Any]", events: int, wakeup: int) -> bool:
    """Watch the run from its claim to its end; return whether nothing of it is left with us."""
    directory = spec["directory"].encode("latin-1")
    try:
        alive, control, ended = _make_files(directory)
    except OSError as error:
        _tell(events, b"N", {"why": (error.strerror or str(error)).lower(), "errno": error.errno})
        return True
    try:
        if not _claim(directory):
            return True
        _drain(wakeup)  # of what the run before has left
        begun: News = {"started_ns": time.time_ns()}  # before it, so that nothing of the run is left out
        try:
            pid, terminal = _spawn(directory, spec)
        except OSError as error:
            end: News = {"error": _why_not(error, spec), "finished_ns": time.time_ns()}
        else:
            leader = Leader(pid)
            poll = select.poll()
            poll.register(control, select.POLLIN)
            poll.register(wakeup, select.POLLIN)
            output = Output(spec, directory, terminal, poll)
            oom = None
            # Of a run that is over in no time only the end is told.
            if not poll.poll(1000 * SHORT_S) or not leader.has_ended():
                oom = _kills_for_memory()
                _write_start(directory, {**begun, "pid": pid, "watcher": os.getpid()})
                _tell(events, b"S", begun)
                _tell(alive, b"S", begun)
            tree = Tree(pid, os.path.join(directory, b"log"), root=os.getpid())
            how = _wait(leader, tree, control, poll, wakeup, Limits(spec, directory), output, spec["grace_s"])
            output.finish()
            end = {**begun, **how, **leader.reap()}
            if end.get("signal") == signal.SIGKILL and not how and oom is not None:
                end["oom"] = _whose_memory(oom)
        # Into room that was allocated before the start: it works on a full disk.
        os.pwrite(ended, sealed(end), 0)
        free = not _has_children()
        _tell(events, b"E" if free else b"X", end)
        _tell(alive, b"E", end)
        if not _was_stored(events):
            sync_output(os.path.join(directory, b"log"))
            os.fsync(ended)
            _sync_directories(directory)
    finally:
        for descriptor in (alive, control, ended):
            os.close(descriptor)
    return free


def _make_files(directory: bytes) -> tuple[int, int, int]:
    """Make what a run needs; return its pipe ``alive``, its pipe ``control`` and its end record, all open."""
    for path in (os.path.dirname(directory), directory):
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            pass
    for name in (b"alive", b"control"):
        os.mkfifo(os.path.join(directory, name), 0o600)
    os.close(os.open(os.path.join(directory, b"log"), os.O_WRONLY | os.O_CREAT, 0o600))
    ended = os.open(os.path.join(directory, b"end"), os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(ended, bytes(END_ROOM))
    # Open for both: a pipe that is only written to could not be opened before somebody reads it.
    control = os.open(os.path.join(directory, b"control"), os.O_RDWR | os.O_NONBLOCK)
    alive = _raise_descriptor(os.open(os.path.join(directory, b"alive"), os.O_RDWR | os.O_NONBLOCK))
    return alive, control, ended


def _raise_descriptor(low: int) -> int:
    try:
        os.dup2(low, HIGH_DESCRIPTOR, inheritable=True)
    except OSError:  # beyond the limit on open files
        os.set_inheritable(low, True)
        return low
    os.close(low)
    return HIGH_DESCRIPTOR


def be_prompt(thread: int = 0, *, inherited: bool) -> None:
    """Have a thread, 0 for our own, get a processor soon when all are busy, though no more of it than others.

    ``inherited`` says whether that holds for what it starts too. It is a short slice for sched_setattr(2), which Linux
    heeds since 6.12; where there is none, nothing changes.
    """
    number = SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    if number is not None:
        attributes = struct.pack("=IIQiIQQQII", 56, 0, 0 if inherited else RESET_ON_FORK, 0, 0, SLICE_NS, 0, 0, 0, 0)
        LIBC.syscall(number, thread, attributes, 0)


def _wake_on_child() -> int:
    """Return a descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    return readable


class Leader:
    """The started command, which leads its own process group."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._reaped: tuple[int, Any] | None = None

    def has_ended(self) -> bool:
        """Whether it is dead, reaped or not."""
        if not MACOS:
            # Not reaped yet, so that its number can't be given to a stranger's group.
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        if self._reaped is None:  # waitid came to macOS with Python 3.13
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            self._reaped = (status, usage) if pid else None
        return self._reaped is not None

    def send(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self.has_ended():
            os.kill(self.pid, number)  # not reaped, so the number is its own

    def reap(self) -> News:
        """Take the exit status and what the run has used."""
        status, usage = self._reaped or os.wait4(self.pid, 0)[1:]
        how: News = {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"exit_code": os.WEXITSTATUS(status)}
        rss_kib = usage.ru_maxrss // 1024 if MACOS else usage.ru_maxrss
        cpu_s = round(usage.ru_utime + usage.ru_stime, 6)
        return {**how, "finished_ns": time.time_ns(), "cpu_s": cpu_s, "max_rss_kib": rss_kib}


class Tree:
    """Every process of the run, wherever it went: its group, all descendants, and whoever carries its mark.

    The watcher adopts orphans of the run, and each process inherits the path of the run's log in its environment.
    One that carries another run's mark belongs to that run. On macOS only the group can be found. ``leader`` is the
    group, as long as its number can't be a stranger's; ``root`` the watcher; 0 where there is none.
    """

    def __init__(self, leader: int, mark: bytes, *, root: int = 0) -> None:
        self._leader = leader
        self._mark = mark
        self._root = root
        self._told: set[tuple[int, bytes]] = set()

    def tell(self, *numbers: int) -> None:
        """Send these signals to every process that has not had them yet."""
        if MACOS:
            for number in numbers:
                self._tell_group(number)
        fresh = self.members() - self._told
        self._told |= fresh
        # The leader first: it should end of the signal, not of the loss of its children.
        for pid, begun in sorted(fresh, key=lambda member: member[0] != self._leader):
            for number in numbers:
                _send(pid, begun, number)

    def kill(self) -> None:
        """Stop all of them, then kill them: that holds against a fork bomb too."""
        for pid, begun in self.stop():
            _send(pid, begun, signal.SIGKILL)
        if MACOS:
            self._tell_group(signal.SIGKILL)

    def stop(self) -> set[tuple[int, bytes]]:
        """Stop all of them until no new ones appear; return them."""
        if MACOS:
            self._tell_group(signal.SIGSTOP)
        stopped: set[tuple[int, bytes]] = set()
        while fresh := self.members() - stopped:
            for pid, begun in fresh:
                _send(pid, begun, signal.SIGSTOP)
            stopped |= fresh
        return stopped

    def send(self, number: int) -> None:
        """Send a signal to every process, whatever it has had before."""
        if MACOS:
            self._tell_group(number)
        for pid, begun in self.members():
            _send(pid, begun, number)

    def lives(self) -> bool:
        """Whether any of them is left; two looks, since one may miss a process that is just being born."""
        if MACOS:
            return self._group_lives()
        return bool(self.members() or self.members())

    def members(self) -> set[tuple[int, bytes]]:
        """Return the number and the start time of each, dead ones left out; none on macOS."""
        if MACOS:
            return set()
        begun, parents, ours, undecided = {}, {}, set(), []
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            stat, mark = _stat(pid), mark_of(pid)
            if pid == self._root or stat is None or stat[0] in (b"Z", b"X"):
                continue
            begun[pid], parents[pid] = stat[19], int(stat[1])
            # What belongs to nobody here, the kernel's own above all, is of group 0.
            if mark == self._mark or (mark is None and self._leader and int(stat[2]) == self._leader):
                ours.add(pid)
            elif mark is None:
                undecided.append(pid)
        family = ours | ({self._root} if self._root else set())
        while born := [pid for pid in undecided if parents[pid] in family and pid not in family]:
            family.update(born)
        return {(pid, begun[pid]) for pid in family - {self._root}}

    def _tell_group(self, number: int) -> None:
        try:
            os.killpg(self._leader, number)
        except (ProcessLookupError, PermissionError):
            pass

    def _group_lives(self) -> bool:
        try:
            os.killpg(self._leader, 0)  # macOS refuses with EPERM when only dead processes are left
        except (ProcessLookupError, PermissionError):
            return False
        return True


def _stat(pid: int) -> list[bytes] | None:
    """Return the fields of /proc/PID/stat from the state on: state, parent, group … [19] is the start time."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:  # gone meanwhile
        return None


def mark_of(pid: int) -> bytes | None:
    """Return the log that a process was started to write to; None for no run's, or not to be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            _, found, rest = (b"\0" + file.read()).partition(b"\0TUI_QUEUE_LOG=")
    except OSError:
        return None
    return rest.partition(b"\0")[0] if found else None


def _send(pid: int, begun: bytes, number: int) -> None:
    """Signal this very process, never a later one that was given its number."""
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return
    try:
        stat = _stat(pid)
        if stat is not None and stat[19] == begun:
            signal.pidfd_send_signal(process, number)
    except (ProcessLookupError, PermissionError):
        pass
    finally:
        os.close(process)


def _adopt_orphans() -> None:
    """Become the parent of every process of the run that loses its own (Linux)."""
    if not MACOS:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _bury_orphans(leader: int) -> None:
    """Reap the dead but the leader."""
    if MACOS:
        return
    while True:
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if dead is None or dead.si_pid == leader:
            return
        os.waitpid(dead.si_pid, 0)


def _has_children() -> bool:
    """Whether a process of the run is still ours to reap one day."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _line_of(error: BaseException) -> int:
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return where.tb_lineno if where is not None else 0


def _claim(directory: bytes) -> bool:
    """Take the run: of all who try, the one who creates the file has it, for good.

    It is not synced: when the machine has lost power, a run that was under way counts as lost, claimed or not.
    """
    try:
        os.close(os.open(os.path.join(directory, b"claim"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


def _spawn(directory: bytes, spec: "dict[str, Any]") -> "tuple[int, int | None]":
    """Start the command in a session of its own; return its number, and our end of its terminal if it has one.

    Its output goes straight into the log, but for what it writes to a terminal.
    """
    argv = [arg.encode("latin-1") for arg in spec["argv"]]
    env = dict(line.encode("latin-1").split(b"=", 1) for line in spec["env"])
    os.stat(spec["path"].encode("latin-1"))
    os.chdir(spec["cwd"].encode("latin-1"))
    try:
        log = os.path.join(directory, b"log")
        os.umask(spec["umask"])
        if spec.get("pty"):
            return _on_terminal(argv, env, spec["nice"])
        if spec.get("nice"):
            output = os.open(log, os.O_WRONLY | os.O_APPEND)
            try:
                return _fork(argv, env, output, spec["nice"]), None
            finally:
                os.close(output)
        return os.posix_spawn(
            argv[0],
            argv,
            env,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, b"/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=CHANGED,
        ), None
    finally:
        os.umask(0o077)
        os.chdir("/")  # keep no file system busy


def _on_terminal(argv: "list[bytes]", env: "dict[bytes, bytes]", nice: int) -> "tuple[int, int]":
    """Start the command with a terminal for its output; return its number, and our end of that."""
    import termios  # noqa: PLC0415 - most watchers never need it

    ours, theirs = os.openpty()
    try:
        modes = termios.tcgetattr(theirs)
        modes[1] &= ~termios.OPOST  # line ends come as they were written
        modes[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        termios.tcsetwinsize(theirs, WINDOW)
        os.set_blocking(ours, False)
        return _fork(argv, env, theirs, nice), ours
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


def _fork(argv: "list[bytes]", env: "dict[bytes, bytes]", output: int, nice: int) -> int:
    """Do what posix_spawn does, with a nice level, or with an output that is open. Raises OSError as that does."""
    readable, writable = os.pipe()  # closed by a successful exec
    child = os.fork()
    if child == 0:
        step = b"exec"
        try:
            os.setsid()
            os.dup2(os.open(b"/dev/null", os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(1, 2)
            step = b"nice"
            if nice:
                os.setpriority(os.PRIO_PROCESS, 0, nice)
            step = b"exec"
            signal.set_wakeup_fd(-1)
            for changed in CHANGED:
                signal.signal(changed, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execve(argv[0], argv, env)  # noqa: S606
        except OSError as error:
            os.write(writable, b"%d %s" % (error.errno or 0, step))
        finally:
            os._exit(127)
    os.close(writable)
    complaint = os.read(readable, 100).split()
    os.close(readable)
    if complaint:
        os.waitpid(child, 0)
        number = int(complaint[0])
        raise OSError(number, os.strerror(number) if complaint[1] == b"exec" else f"nice {nice}: not permitted")
    return child


def _why_not(error: OSError, spec: "dict[str, Any]") -> str:
    """Say in words why the command could not be started."""
    name = spec["path"].encode("latin-1")
    program = spec["argv"][0].encode("latin-1")
    reason = (error.strerror or str(error)).lower()
    if reason.startswith("nice "):
        return reason
    if not os.path.isdir(spec["cwd"].encode("latin-1")):
        name, reason = spec["cwd"].encode("latin-1"), "no such working directory"
    elif not os.path.exists(name):
        reason = "no such file"
    elif program != name and not os.path.exists(program):
        name, reason = program, "no such interpreter"
    elif isinstance(error, FileNotFoundError):
        reason = "the interpreter that its #! line names does not exist"
    elif error.errno == 8:  # ENOEXEC
        reason = "not a program, and no #! line says what runs it"
    return f"{os.fsdecode(name)}: {reason}"


class Limits:
    """When a run must be warned or ended; the time for which it is paused does not count."""

    def __init__(self, spec: "dict[str, Any]", directory: bytes) -> None:
        now = time.monotonic()
        self._ends = now + (spec.get("timeout_s") or FOREVER)
        self._warning = spec.get("warn_signal") or 0
        self._warns = self._ends - spec["warn_s"] if self._warning else FOREVER
        self._silence = spec.get("silence_s") or FOREVER
        self._log = os.path.join(directory, b"log")
        self._calm = now  # silence counts from here at the earliest
        self._paused: float | None = None

    def pause(self) -> None:
        """Let no time pass."""
        if self._paused is None:
            self._paused = time.monotonic()

    def resume(self) -> None:
        """Let time pass again."""
        if self._paused is not None:
            now = time.monotonic()
            self._ends += now - self._paused
            self._warns += now - self._paused
            self._calm = now
            self._paused = None

    def look(self, now: float, leader: Leader) -> "tuple[str, float]":
        """Warn if it is time; return why the run must end now, if so, and how many seconds nothing is to be done."""
        if self._paused is not None:
            return "", FOREVER
        if now >= self._warns:
            self._warns = FOREVER
            leader.send(self._warning)
        if now >= self._ends:
            return "timed_out", 0.0
        patience = min(self._ends, self._warns) - now
        if self._silence < FOREVER:
            left = self._silence - self._silent(now)
            if left <= 0:
                return "silent", 0.0
            patience = min(patience, left)
        return "", patience

    def _silent(self, now: float) -> float:
        try:
            printed = time.time() - os.stat(self._log).st_mtime
        except OSError:  # deleted by somebody
            return 0.0
        return min(now - self._calm, printed)


class Output:
    """The log of a run as long as that goes on.

    Its size is kept within a limit, the times of its lines are noted, and what comes from a terminal is written to it.
    """

    def __init__(self, spec: "dict[str, Any]", directory: bytes, terminal: "int | None", poll: "select.poll") -> None:
        self._limit = spec.get("log_limit") or 0
        self._full = spec.get("log_full") or "keep"
        self._terminal, self._poll = terminal, poll
        self._log = self._times = -1
        self._size = 0  # bytes at the last look
        self._looked = self._due = time.monotonic()
        self._hole = 0  # where what was taken out of the middle ends
        if terminal is None and not self._limit and not spec.get("times"):
            return
        try:
            self._log = os.open(os.path.join(directory, b"log"), os.O_WRONLY | os.O_APPEND)
            if spec.get("times"):
                self._times = os.open(os.path.join(directory, b"times"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:  # deleted by somebody, or a full disk
            pass
        if terminal is not None:
            poll.register(terminal, select.POLLIN)

    def look(self, now: float) -> "tuple[str, float]":
        """Do what is due; return why the run must end now, if so, and how many seconds nothing is to be done."""
        if self._pump(PUMPED):
            self._due = min(self._due, now)
        if self._log < 0 or (not self._limit and self._times < 0):
            return "", FOREVER
        if now < self._due:
            return "", self._due - now
        try:
            size = os.fstat(self._log).st_size
            written, passed = size - self._size, max(now - self._looked, 0.001)
            self._note(size)
            if self._limit and size > self._limit and (why := self._shorten(size)):
                return why, 0.0
        except OSError:  # no room, or a file system that can't
            return "", FOREVER
        wait_s = CALM_LOG_S
        if written > 0 and self._limit:
            room = max(self._limit - size, self._limit // 8)
            wait_s = max(SOONEST_S, min(wait_s, room * passed / written / 2))
        if written > 0 and self._times >= 0:
            wait_s = min(wait_s, NOTED_S)
        self._size, self._looked, self._due = max(size, self._size), now, now + wait_s
        return "", wait_s

    def finish(self) -> None:
        """Take what is left in the terminal, and look for the last time."""
        self._pump(FOREVER)
        self._hang_up()
        self._due = 0.0
        self.look(time.monotonic())
        for file in (self._log, self._times):
            if file >= 0:
                os.close(file)

    def _pump(self, most: float) -> bool:
        """Write what has come from the terminal into the log; return whether there was anything."""
        taken = 0
        while self._terminal is not None and taken < most:
            try:
                data = os.read(self._terminal, 65_536)
            except BlockingIOError:
                break
            except OSError:  # nobody has it open any more
                data = b""
            if not data:
                self._hang_up()
            taken += len(data)
            try:
                while data:
                    data = data[os.write(self._log, data) :]
            except OSError:  # a full disk holds up nobody
                pass
        return taken > 0

    def _hang_up(self) -> None:
        if self._terminal is not None:
            self._poll.unregister(self._terminal)
            os.close(self._terminal)
            self._terminal = None

    def _note(self, size: int) -> None:
        """Note when what is new was written: 16 bytes, where it begins and the time in nanoseconds since 1970."""
        if self._times >= 0 and size > self._size:
            os.write(self._times, struct.pack("<QQ", self._size, time.time_ns()))

    def _shorten(self, size: int) -> str:
        if self._full == "fail":
            return "log_full"
        if self._full == "stop":
            os.ftruncate(self._log, self._limit)
            return ""
        head = max(PAGE, self._limit // 2 // PAGE * PAGE)
        end = (size - self._limit // 2) // PAGE * PAGE
        if end - max(self._hole, head) >= max(PAGE, self._limit // 8):
            # Where there is no such call, or the file system has none, the log stays as it is.
            LIBC.fallocate(self._log, PUNCH_HOLE, ctypes.c_long(head), ctypes.c_long(end - head))
            self._hole = end
        return ""


def _wait(
    leader: Leader,
    tree: Tree,
    control: int,
    poll: "select.poll",
    wakeup: int,
    limits: Limits,
    output: Output,
    grace_s: float,
) -> News:
    """Wait until the run is over, its whole tree too if it had to be ended; return what there is to say of that."""
    deadline, why = 0.0, ""
    while True:
        _bury_orphans(leader.pid)
        ended = leader.has_ended()
        if not why:
            grace = _obey(control, leader, tree, limits)
            if grace is not None and not ended:
                deadline, why = time.monotonic() + grace, "cancelled"
        now = time.monotonic()
        full, calm = output.look(now)
        if not why:
            if ended:
                return {}
            why, patience = limits.look(now, leader)
            why, patience = why or full, min(patience, calm)
            if why:
                deadline = now + grace_s
            else:
                poll.poll(None if patience >= FOREVER else 1000 * min(patience, LONGEST_POLL_S) + 1)
        elif ended and not tree.lives():
            return {why: True}
        elif (left := deadline - now) > 0:
            tree.tell(signal.SIGTERM, signal.SIGCONT)
            poll.poll(1000 * min(left, SWEEP_S if ended else CALM_S))
        elif left > -GIVE_UP_S or not ended:
            tree.kill()
            poll.poll(1000 * SWEEP_S)
        else:  # another user's, or stuck in the kernel
            return {why: True, "survivors": sorted(pid for pid, _ in tree.members())}
        _drain(wakeup)


def _obey(control: int, leader: Leader, tree: Tree, limits: Limits) -> float | None:
    """Do what was written into the pipe, a line each; return the grace in seconds if the run is to be ended."""
    try:
        lines = os.read(control, 4096).split(b"\n")
    except BlockingIOError:
        return None
    grace = None
    for line in lines:
        words = line.split()
        try:
            match words:
                case [b"term", seconds]:
                    grace = float(seconds)
                case [b"stop"]:
                    limits.pause()
                    tree.stop()
                case [b"cont"]:
                    tree.send(signal.SIGCONT)
                    limits.resume()
                case [b"signal", number]:
                    leader.send(int(number))
                case [b"signal", number, b"all"]:
                    tree.send(int(number))
        except ValueError:  # not from us
            pass
    return grace


def _kills_for_memory() -> "dict[str, int]":
    """Return how many processes have been killed since no memory was left: in our own cgroup, on this machine."""
    counts = {"cgroup": 0, "kernel": 0}
    try:
        with open("/proc/self/cgroup", "rb") as file:
            ours = file.read().partition(b"0::")[2].strip().decode()
        counts["cgroup"] = _count_of(f"/sys/fs/cgroup{ours}/memory.events")
    except OSError:
        pass
    try:
        counts["kernel"] = _count_of("/proc/vmstat")
    except OSError:
        pass
    return counts


def _count_of(path: str) -> int:
    with open(path, "rb") as file:
        number = (b"\n" + file.read()).partition(b"\noom_kill ")[2].partition(b"\n")[0]
    return int(number or 0)


def _whose_memory(before: "dict[str, int]") -> str:
    """Return whose memory was exhausted since then, if any: the cgroup's, or the whole machine's (kernel)."""
    now = _kills_for_memory()
    return next((whose for whose in ("cgroup", "kernel") if now[whose] > before[whose]), "")


def sealed(events: News) -> bytes:
    """One line: the record, a blank, its checksum."""
    record = json.dumps(events).encode("ascii")
    return b"%s %08x\n" % (record, binascii.crc32(record))


def unsealed(line: bytes) -> "dict[str, Any] | None":
    """Return the record of a line; None if it is not whole."""
    record, _, checksum = line.rstrip(b"\n").rpartition(b" ")
    if not record or checksum != b"%08x" % binascii.crc32(record):
        return None
    return json.loads(record)  # type: ignore[no-any-return]


def _write_start(directory: bytes, events: News) -> None:
    # Not synced: it says nothing that matters once the machine has lost power, and the end record holds the same.
    try:
        file = os.open(os.path.join(directory, b"start"), os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError:  # a full disk
        return
    try:
        os.write(file, sealed(events))
    except OSError:
        pass
    finally:
        os.close(file)


def sync_output(log: bytes) -> None:
    """Put what a run has printed on disk; the name of a new file goes along (ext4, xfs, btrfs)."""
    try:
        if os.path.getsize(log):
            _fsync(log)
    except OSError:  # deleted by somebody
        pass


def _sync_directories(directory: bytes) -> None:
    attempts = os.path.dirname(directory)
    for path in (directory, attempts, os.path.dirname(attempts)):
        _fsync(path)


def _fsync(path: bytes) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _tell(pipe: int, word: bytes, events: News) -> None:
    try:
        os.write(pipe, word + sealed(events))
    except OSError:
        pass  # nobody listens; the files say it


def _was_stored(events: int) -> bool:
    """Whether the scheduler says that it has the end on disk; it does not if it is gone, stopped or stuck."""
    poll = select.poll()
    poll.register(events, select.POLLIN)
    if not poll.poll(1000 * STORED_S):
        return False
    try:
        return os.read(events, 1) == STORED
    except OSError:
        return False


def _drain(wakeup: int) -> None:
    try:
        os.read(wakeup, 4096)
    except BlockingIOError:
        pass


if __name__ == "__main__":
    serve(3, 4)
