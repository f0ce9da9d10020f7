"""The processes that watch runs, forked from one that is warm, small and has one thread.

A watcher that is free is used again: to fork one costs more than all that it does for a short run.
"""

import asyncio
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import BinaryIO

from tui_queue.core.execution.watcher.messages import MESSAGE_SIZE
from tui_queue.core.execution.watcher_environment import environment, isolation

# Message boundaries, and the end of the sender is heard; macOS has no such kind, and there datagrams do.
KIND = socket.SOCK_DGRAM if sys.platform == "darwin" else socket.SOCK_SEQPACKET
BUSY_S = 0.01  # how long to wait when more runs are under way to watchers than the socket holds
IDLE_KEPT = 6  # watchers that wait for their next run
SENT_MOST = 3  # times that a run is sent to a process that ends before it can take it

# A script is compiled at every start, an imported module only once. As a package of its own the watcher imports nothing
# else of tui_queue; the folder comes last on the path, so that no file in it can stand before the standard library.
FOLDER = os.path.dirname(os.path.abspath(__file__))
CODE = "import sys; sys.path.append(sys.argv[1]); from watcher.serve import serve; serve(sys.argv[2])"


class WatcherPool:
    """All watchers that one scheduler has; each depends on it only for its next run.

    ``background`` is the file by which they start a background scheduler again that was killed.
    """

    def __init__(self, background: str) -> None:
        self._background = background
        self._pid = 0
        self._orders = -1
        self._runs: socket.socket | None = None
        self._idle = 0

    def warm_up(self) -> None:
        """Start a watcher ahead of the first run. Raises OSError."""
        self._ensure()
        if not self._idle:
            self._order()
            self._idle = 1

    async def watch(self, spec: dict[str, object], events: int) -> None:
        """Hand a run to a free watcher; it gets its own copy of the socket ``events``. Raises OSError.

        Nothing comes back here: a message that is never read closes its descriptors with it, as a dead watcher does.
        After an error nothing was handed over.
        """
        message = json.dumps(spec).encode("ascii")
        if len(message) <= MESSAGE_SIZE:
            await self._send(message, [events])
            return
        with _file() as file:
            file.write(message)
            file.seek(0)
            await self._send(b"in a file", [events, file.fileno()])

    async def _send(self, message: bytes, descriptors: list[int]) -> None:
        sent = 0
        while True:
            channel = self._ensure()
            try:
                if not self._idle:
                    self._order()
                    self._idle = 1
                socket.send_fds(channel, [message], descriptors)
            except BlockingIOError:
                await asyncio.sleep(BUSY_S)
            except (BrokenPipeError, ConnectionResetError):
                self.close()
                sent += 1
                if sent == SENT_MOST:
                    raise
            else:
                self._idle -= 1
                return

    @property
    def is_gone(self) -> bool:
        """Whether the process that forks watchers has ended, or was never started."""
        if self._runs is None:
            return True
        poll = select.poll()
        poll.register(self._runs, 0)
        if poll.poll(0):  # no process has the other end: it closes a moment before the process can be reaped
            return True
        with suppress(ChildProcessError):
            return os.waitpid(self._pid, os.WNOHANG)[0] != 0
        return True

    def order_another(self) -> None:
        """Start one more, since the one that should have taken a run may have been killed."""
        try:
            self._order()
        except OSError:
            self.close()  # what was not taken up comes back as never started

    def _order(self) -> None:
        os.write(self._orders, b"+")

    def free(self) -> None:
        """Use a watcher again that has said that it is free."""
        if self._runs is None:
            return
        self._idle += 1
        if self._idle > IDLE_KEPT:
            with suppress(OSError):
                self._runs.send(b"")
                self._idle -= 1

    def close(self) -> None:
        """Let them end, each with the run that it watches now."""
        if self._runs is not None:
            self._runs.close()
            self._runs = None
            os.close(self._orders)
            self._idle = 0
            with suppress(ChildProcessError):
                os.waitpid(self._pid, os.WNOHANG)  # where it has not ended yet, it is reaped when we end

    def _ensure(self) -> socket.socket:
        if self._runs is None:
            ours, theirs = socket.socketpair(type=KIND)
            orders, self._orders = os.pipe()
            with theirs:
                try:
                    self._pid = _spawn(orders, theirs.fileno(), self._background)
                except OSError:
                    ours.close()
                    os.close(self._orders)
                    raise
                finally:
                    os.close(orders)
            ours.setblocking(False)
            self._runs = ours
        return self._runs


def command(code: str = CODE, *, background: str = "") -> list[str]:
    """Return the words that start the process which forks watchers; compiled modules lie where ours do."""
    options = isolation()
    if sys.dont_write_bytecode:
        options.append("-B")
    if sys.pycache_prefix is not None:
        options += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    return [sys.executable, *options, "-c", code, FOLDER, background]


def _file() -> BinaryIO:
    """Return a file for a long specification: in memory where that can be, since a full disk must hold up no run."""
    with suppress(AttributeError, OSError):
        return open(os.memfd_create("run"), "w+b", buffering=0)
    import tempfile  # noqa: PLC0415 - seldom needed, and takes long

    return tempfile.TemporaryFile(buffering=0)


def _spawn(orders: int, runs: int, background: str) -> int:
    # Copies out of the way first: either could be the number that the other is to get.
    return os.posix_spawn(
        sys.executable,
        command(background=background),
        environment(),
        file_actions=[
            (os.POSIX_SPAWN_DUP2, orders, 10),
            (os.POSIX_SPAWN_DUP2, runs, 4),
            (os.POSIX_SPAWN_DUP2, 10, 3),
            (os.POSIX_SPAWN_CLOSE, 10),
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
    )
