"""Starts the command of a run, and says in words why it could not be started."""

import os
import signal

from .oom_score import lower_score, raise_score
from .records import Spec
from .session import living

# What a watcher ignores, and what it or Python has changed: a command starts with the default for all of these.
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP)
CHANGED = {*IGNORED, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGXCPU}
WINDOW = (40, 120)  # rows and columns of a run's own terminal


def spawn(log: bytes, spec: Spec) -> tuple[int, int | None]:
    """Start the command in a session of its own; return its process number, and our end of its terminal if it has one.

    Its output goes straight into the log, unless it has a terminal. Raises OSError.
    """
    argv = [arg.encode("latin-1") for arg in spec["argv"]]
    env = living(dict(line.encode("latin-1").split(b"=", 1) for line in spec["env"]))
    os.stat(spec["path"].encode("latin-1"))
    os.chdir(spec["cwd"].encode("latin-1"))
    own_score = raise_score()
    try:
        os.umask(spec["umask"])
        if spec.get("pty"):
            return _on_terminal(argv, env, spec)
        if spec.get("nice") or spec.get("cpus") or spec.get("limits"):
            output = os.open(log, os.O_WRONLY | os.O_APPEND)
            try:
                return _fork(argv, env, output, spec), None
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
        lower_score(own_score)
        os.umask(0o077)
        os.chdir("/")  # keep no file system busy


def _on_terminal(argv: list[bytes], env: dict[bytes, bytes], spec: Spec) -> tuple[int, int]:
    """Start the command with a terminal for its output; return its process number, and our end of the terminal."""
    import termios  # noqa: PLC0415 - most watchers never need it

    ours, theirs = os.openpty()
    try:
        modes = termios.tcgetattr(theirs)
        modes[1] &= ~termios.OPOST  # line ends come as they were written
        modes[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        termios.tcsetwinsize(theirs, WINDOW)
        os.set_blocking(ours, False)
        return _fork(argv, env, theirs, spec), ours
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


class NiceError(OSError):
    """The kernel refuses the nice level that the job asks for."""


def _fork(argv: list[bytes], env: dict[bytes, bytes], output: int, spec: Spec) -> int:
    """Start a program as posix_spawn does, within its nice level, processors and limits. Raises OSError."""
    import resource  # noqa: PLC0415 - most watchers never need it

    nice = spec.get("nice") or 0
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
            if spec.get("cpus"):
                os.sched_setaffinity(0, spec["cpus"])
            for number, soft in spec.get("limits", {}).items():
                resource.setrlimit(int(number), (soft, resource.getrlimit(int(number))[1]))
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
        if complaint[1] == b"nice":
            raise NiceError(number, f"nice {nice}: not permitted")
        raise OSError(number, os.strerror(number))
    return child


def why_not(error: OSError, spec: Spec) -> str:
    """Say in words why the command could not be started."""
    name = spec["path"].encode("latin-1")
    program = spec["argv"][0].encode("latin-1")
    reason = (error.strerror or str(error)).lower()
    if isinstance(error, NiceError):
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
