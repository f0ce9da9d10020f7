"""Starts the command of a run, and says in words why it could not be started."""

import errno
import os
import signal

from .obstacles import NotYetError, of_command
from .oom_score import lower_score, raise_score
from .records import Record, Spec
from .session import living

# What a watcher ignores, and what it or Python has changed: a command starts with the default for all of these.
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP)
CHANGED = {*IGNORED, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGXCPU}
NO_INTERPRETER = "no such interpreter"
WINDOW = (40, 120)  # rows and columns of a run's own terminal


def spawn(log: bytes, spec: Spec) -> tuple[int, int | None]:
    """Start the command in a session of its own; return its process number, and our end of its terminal if it has one.

    Its output goes straight into the log, unless it has a terminal. Raises OSError, and then the command
    has certainly not started: what fails after its start is passed over.
    """
    try:
        argv = [arg.encode("latin-1") for arg in spec["argv"]]
        env = living(dict(line.encode("latin-1").split(b"=", 1) for line in spec["env"]))
    except MemoryError:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from None
    os.stat(spec["path"].encode("latin-1"))
    os.chdir(spec["cwd"].encode("latin-1"))
    stdin = _input_of(spec)
    errors = os.path.join(os.path.dirname(log), b"errors") if spec.get("error") else b""
    own_score = raise_score()
    try:
        os.umask(spec["umask"])
        if spec.get("pty"):
            return _on_terminal(argv, env, spec)
        if spec.get("nice") or spec.get("cpus") or spec.get("limits"):
            output = os.open(log, os.O_WRONLY | os.O_APPEND)
            try:
                return _fork(argv, env, output, spec, errors), None
            finally:
                _close(output)
        return os.posix_spawn(
            argv[0],
            argv,
            env,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                if errors
                else (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=CHANGED,
        ), None
    finally:
        lower_score(own_score)
        os.umask(0o077)
        try:
            os.chdir("/")  # keep no file system busy
        except OSError:
            pass


def _input_of(spec: Spec) -> bytes:
    """Return the path of what the command reads. Raises InputError where that is gone."""
    path: bytes = spec.get("stdin", "").encode("latin-1") or b"/dev/null"
    if path != b"/dev/null" and not os.access(path, os.R_OK):
        raise InputError(f"{os.fsdecode(path)}: the input that was kept with the job can't be read")
    return path


def _on_terminal(argv: list[bytes], env: dict[bytes, bytes], spec: Spec) -> tuple[int, int]:
    """Start the command with a terminal for its output; return its process number, and our end of the terminal."""
    import termios  # noqa: PLC0415 - most watchers never need it

    try:
        ours, theirs = os.openpty()
    except OSError as error:
        raise TerminalError(error.errno, f"no terminal is free: {error.strerror}") from None
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
        _close(theirs)


def _close(descriptor: int) -> None:
    """Close what the command has too: a file server reports at a close that it had no room for what was written."""
    try:
        os.close(descriptor)
    except OSError:
        pass


class NiceError(OSError):
    """The kernel refuses the nice level that the job asks for."""


class InputError(OSError):
    """What the command is to read is gone."""


class TerminalError(OSError):
    """The kernel has no terminal for the job."""


def _limit(spec: Spec) -> None:
    """Keep this process to the processors and soft limits of a job. Raises OSError and ValueError."""
    if spec.get("cpus"):
        os.sched_setaffinity(0, spec["cpus"])
    if spec.get("limits"):
        import resource  # noqa: PLC0415 - most watchers never need it

        for number, soft in spec["limits"].items():
            resource.setrlimit(int(number), (soft, resource.getrlimit(int(number))[1]))


def _fork(argv: list[bytes], env: dict[bytes, bytes], output: int, spec: Spec, errors: bytes = b"") -> int:
    """Start a program as posix_spawn does, within its nice level, processors and limits. Raises OSError."""
    nice, stdin = spec.get("nice") or 0, _input_of(spec)
    readable, writable = os.pipe()  # closed by a successful exec
    try:
        child = os.fork()
    except OSError:
        _close(readable)
        _close(writable)
        raise
    if child == 0:
        step = b"exec"
        try:
            os.setsid()
            os.dup2(os.open(stdin, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(os.open(errors, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if errors else 1, 2)
            step = b"nice"
            if nice:
                os.setpriority(os.PRIO_PROCESS, 0, nice)
            step = b"exec"
            _limit(spec)
            signal.set_wakeup_fd(-1)
            for changed in CHANGED:
                signal.signal(changed, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execve(argv[0], argv, env)  # noqa: S606
        except (OSError, ValueError) as error:
            os.write(writable, b"%d %s" % (getattr(error, "errno", None) or errno.EINVAL, step))
        finally:
            os._exit(127)
    _close(writable)
    try:
        complaint = os.read(readable, 100).split()
    except OSError:  # then it counts as started
        complaint = []
    _close(readable)
    if complaint:
        os.waitpid(child, 0)
        number = int(complaint[0])
        if complaint[1] == b"nice":
            raise NiceError(number, f"nice {nice}: not permitted")
        raise OSError(number, os.strerror(number))
    return child


def why_not(error: OSError, spec: Spec) -> Record:
    """Return the end record of a command that could not be started. Raises NotYetError where it may start later."""
    path, program = spec["path"].encode("latin-1"), spec["argv"][0].encode("latin-1")
    if isinstance(error, InputError):
        return {"error": str(error)}
    if isinstance(error, TerminalError):
        raise NotYetError({"why": str(error.strerror).lower(), "errno": error.errno, "everyone": False})
    if (passing := of_command(error, (error.strerror or str(error)).lower(), program)) is not None:
        raise NotYetError(passing)
    why = _in_words(error, spec, path, program)
    if why.endswith(NO_INTERPRETER):  # it was there when the job was added: an environment that is made anew, say
        raise NotYetError({"why": why, "errno": error.errno, "everyone": False})
    return {"error": why}


def _in_words(error: OSError, spec: Spec, path: bytes, program: bytes) -> str:
    """Say why a command could not be started."""
    name = path
    reason = (error.strerror or str(error)).lower()
    if isinstance(error, NiceError):
        return reason
    if not os.path.isdir(spec["cwd"].encode("latin-1")):
        name, reason = spec["cwd"].encode("latin-1"), "no such working directory"
    elif not os.path.exists(name):
        reason = "no such file"
    elif program != name and not os.path.exists(program):
        name, reason = program, NO_INTERPRETER
    elif isinstance(error, FileNotFoundError):
        reason = "the interpreter that its #! line names does not exist"
    elif error.errno == errno.ENOEXEC:
        reason = "not a program, and no #! line says what runs it"
    return f"{os.fsdecode(name)}: {reason}"
