"""Runs commands in forks of one process that has imported them, which takes a fifth of the time of a start anew."""

import gc
import importlib
import os
import pickle
import pkgutil
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, NoReturn, TextIO

import tui_queue

ROOT = Path(__file__).parent.parent.parent
# The screen is large, and the others act when they are imported.
_NOT_IMPORTED = ("tui_queue.ui", "tui_queue.__main__", "tui_queue.core.executors.shim")
# The interpreter and the C library read these once, when a process starts.
_READ_AT_START = ("LANG", "LC_", "LD_", "PYTHON", "TZ")


@dataclass(frozen=True, kw_only=True)
class _Request:
    """A command as the test asks for it."""

    args: Sequence[str | bytes]
    env: Mapping[str, str]
    cwd: str
    umask: int


class CommandServer:
    """A process that forks a child for each command; one for each worker of the test run."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._env = env
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.command_server", str(theirs.fileno())],
                cwd=ROOT,
                env=env,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def can_run(self, env: Mapping[str, str]) -> bool:
        """Return whether a fork behaves like a new process in this environment."""
        return _read_at_start(env) == _read_at_start(self._env)

    def run(
        self, args: Sequence[str | bytes], *, env: Mapping[str, str], cwd: Path, given: bytes, timeout: float = 120
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run a command in a session of its own; ``given`` is its input. Raises subprocess.TimeoutExpired."""
        (stdin, into), (out, stdout), (errors, stderr), (report, reports) = (os.pipe() for _ in range(4))
        theirs = (stdin, stdout, stderr, reports)
        try:
            self._send(_Request(args=args, env=env, cwd=str(cwd), umask=_umask()), theirs)
        finally:
            for number in theirs:
                os.close(number)
        with ExitStack() as opened:
            input_ = opened.enter_context(os.fdopen(into, "wb", 0))
            sources = [opened.enter_context(os.fdopen(number, "rb", 0)) for number in (out, errors, report)]
            pid = int(sources[2].readline())
            try:
                output, complaints, code = _communicate(input_, given, sources, time.monotonic() + timeout)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(args), timeout) from None
        return subprocess.CompletedProcess(args, int(code), output, complaints)

    def _send(self, request: _Request, streams: Sequence[int]) -> None:
        data = pickle.dumps(request)
        with self._lock:  # a test may run commands in several threads
            socket.send_fds(self._connection, [len(data).to_bytes(4, "big")], streams)
            self._connection.sendall(data)

    def close(self) -> None:
        """End the process; commands that run go on."""
        self._connection.close()
        self._process.wait(timeout=30)


def _umask() -> int:
    """Return the umask, which can only be read by setting it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    read = {name: value for name, value in env.items() if name.startswith(_READ_AT_START)}
    read.pop("PYTHONPATH", None)  # all is imported already
    return read


def _communicate(into: IO[bytes], given: bytes, sources: Sequence[IO[bytes]], deadline: float) -> list[bytes]:
    """Write ``given`` and read each source to its end. Raises TimeoutError at the deadline."""
    texts = {source: bytearray() for source in sources}
    rest = memoryview(given)
    with selectors.DefaultSelector() as selector:
        os.set_blocking(into.fileno(), False)
        selector.register(into, selectors.EVENT_WRITE)
        for source in sources:
            selector.register(source, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for key, _ in selector.select(left):
                if key.fileobj is into:
                    rest = _write_some(into, rest)
                    if not rest:
                        selector.unregister(into)
                        into.close()
                elif piece := os.read(key.fd, 65536):
                    texts[key.fileobj] += piece  # type: ignore[index]
                else:
                    selector.unregister(key.fileobj)
    return [bytes(text) for text in texts.values()]


def _write_some(into: IO[bytes], rest: memoryview) -> memoryview:
    """Write what the pipe takes; return what is left, nothing where the reader has left."""
    try:
        return rest[os.write(into.fileno(), rest) :] if rest else rest
    except BrokenPipeError:
        return rest[:0]


def _serve(connection: socket.socket) -> None:
    """Fork a child for each request, and report its number and its exit code."""
    reports: dict[int, int] = {}
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([connection.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _report_ends(reports)
        if connection.fileno() in ready:
            begin, theirs, _, _ = socket.recv_fds(connection, 4, 4)
            if not begin:
                return
            size = int.from_bytes(begin, "big")
            request: _Request = pickle.loads(_receive(connection, size))
            pid = os.fork()
            if not pid:
                _become(request, theirs[:3])
            os.write(theirs[3], b"%d\n" % pid)
            reports[pid] = theirs[3]
            for number in theirs[:3]:
                os.close(number)


def _receive(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError("a request ends in its middle")
        data += part
    return bytes(data)


def _report_ends(reports: dict[int, int]) -> None:
    while reports:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        report = reports.pop(pid)
        with suppress(BrokenPipeError):  # the test has stopped waiting for this command
            os.write(report, b"%d" % os.waitstatus_to_exitcode(status))
        os.close(report)


def _become(request: _Request, streams: Sequence[int]) -> NoReturn:
    """Be the command, as after a start of the interpreter."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.chdir(request.cwd)
        os.umask(request.umask)
        os.environ.clear()
        os.environ.update(request.env)
        # What is imported later may stand in for what is installed.
        ahead = request.env.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:0] = [directory for directory in ahead if directory and directory not in sys.path]
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 1024)
        # The streams of the server remember what kind of file theirs were.
        sys.stdin = _reopened(sys.stdin, "r")
        sys.stdout = _reopened(sys.stdout, "w")
        sys.stderr = _reopened(sys.stderr, "w", line_buffering=True)
        program = importlib.import_module("tui_queue.__main__")
        sys.modules["__main__"] = program
        sys.argv = [str(program.__file__), *map(os.fsdecode, request.args)]
        program.main()
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def _reopened(stream: TextIO, mode: str, *, line_buffering: bool = False) -> TextIO:
    number, encoding, errors = stream.fileno(), stream.encoding, stream.errors
    raw = open(number, f"{mode}b", closefd=False)  # noqa: SIM115 - it stays open until the process ends
    return TextIOWrapper(raw, encoding=encoding, errors=errors, line_buffering=line_buffering)


def _import_commands() -> None:
    """Import what commands use."""
    for module in pkgutil.walk_packages(tui_queue.__path__, "tui_queue."):
        if not module.name.startswith(_NOT_IMPORTED):
            importlib.import_module(module.name)


if __name__ == "__main__":
    _import_commands()
    gc.freeze()  # a collection in a fork would copy all pages
    with socket.socket(fileno=int(sys.argv[1])) as _connection:
        _serve(_connection)
