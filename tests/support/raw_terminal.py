"""A terminal whose other end the test holds: it is read, not read, or closed as the test likes."""

import fcntl
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyte
from wcwidth import wcwidth

from tests.conftest import PATIENCE_S, ROOT, process_is_alive, wait_for

SYNCHRONIZED = 2026  # the mode that a picture is drawn in
ASKS_FOR_IT = f"\x1b[?{SYNCHRONIZED}$p"
HAS_IT = f"\x1b[?{SYNCHRONIZED};2$y"
PROGRAM = (sys.executable, "-m", "tui_queue")


class _Screen(pyte.Screen):
    """Keeps each picture that was drawn whole, once the terminal has said that it can show them so.

    Half of a wide character that was overwritten is blank, as in a terminal; pyte's own `display` fails on it.
    """

    def __init__(self, width: int, height: int) -> None:
        self.pictures: list[str] = []
        super().__init__(width, height)

    @property
    def display(self) -> list[str]:
        return [self._line(self.buffer[row]) for row in range(self.lines)]

    def _line(self, cells: Mapping[int, pyte.screens.Char]) -> str:
        drawn, column = "", 0
        while column < self.columns:
            character = cells[column].data or " "
            drawn += character
            column += max(wcwidth(character[0]), 1)
        return drawn

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        super().reset_mode(*modes, **kwargs)
        if SYNCHRONIZED in modes:
            self.pictures.append("\n".join(self.display))


class RawTerminal:
    """The dashboard of the queue in ``env``, or another program, in a terminal of its own."""

    def __init__(
        self,
        env: dict[str, str],
        *,
        size: tuple[int, int],
        ignore_hangup: bool,
        controlling: bool,
        term: str = "xterm-256color",
        words: Sequence[str] = PROGRAM,
    ) -> None:
        width, height = size
        self.screen = _Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        self._master, self._slave = os.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.modes = termios.tcgetattr(self._slave)
        self.sent = b""  # the last of what the dashboard has written
        self.received = 0  # bytes of all that it has written
        self.cpu_in_end_s = 0.0

        def adopt() -> None:
            if controlling:  # only then a hang-up brings a signal
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if ignore_hangup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**env, "TERM": term},
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            preexec_fn=adopt,  # noqa: PLW1509
        )

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read(self, seconds: float = 0.02) -> None:
        """Take what there is; wait that long for it."""
        if select.select([self._master], [], [], seconds)[0]:
            data = os.read(self._master, 65536)
            self.sent = (self.sent + data)[-65536:]
            self.received += len(data)
            self._stream.feed(data)

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def said(self) -> str:
        """The last of what was written, control sequences and all."""
        return self.sent.decode(errors="replace")  # it may begin inside a character

    def see(self, text: str, timeout: float = PATIENCE_S) -> str:
        """Read until the text is on screen; return the screen."""
        self.read_until(lambda: text in self.text(), repr(text), timeout)
        return self.text()

    def read_until(self, holds: Callable[[], object], what: str, timeout: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + timeout
        while not holds():
            assert time.monotonic() < deadline, f"waited {timeout} s for {what}:\n{self.text()}"
            self.read()

    def read_until_gone(self, text: str) -> None:
        """Read until the text is not on screen any more."""
        self.read_until(lambda: text not in self.text(), f"{text!r} to go")

    def rest(self) -> str:
        """Read until the dashboard has slept and written nothing for half a second; return the screen.

        On a busy machine it may write nothing because it waits for a processor: it does not sleep then.
        """
        quiet_since = time.monotonic()
        while time.monotonic() < quiet_since + 0.5:
            before = self.received
            self.read(0.05)
            if self.received != before or not self._sleeps():
                quiet_since = time.monotonic()
        return self.text()

    def _sleeps(self) -> bool:
        """Whether no thread of the dashboard runs, or would run if it had a processor."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        states = []
        with suppress(OSError):  # a thread, or all of it, may end meanwhile
            states = [task.joinpath("stat").read_text().rpartition(")")[2].split()[0] for task in tasks.iterdir()]
        return "R" not in states and "D" not in states

    def rest_for(self, seconds: float) -> None:
        """Read for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.screen.resize(height, width)

    def is_full(self) -> bool:
        """Whether it takes no more from the dashboard."""
        return not select.select([], [self._slave], [], 0)[1]

    def wait_until_full(self) -> None:
        wait_for(self.is_full, "the terminal to be full")

    def end(self, timeout: float = PATIENCE_S) -> float:
        """Wait until the dashboard has gone, without reading; return how long that took."""
        begun, before, used = time.monotonic(), self._cpu_s(), _cpu_of_children_s()
        self.process.wait(timeout)
        self.cpu_in_end_s = _cpu_of_children_s() - used - before
        return time.monotonic() - begun

    def end_reading(self, timeout: float = PATIENCE_S) -> int:
        """Read until the dashboard has gone; return its exit code."""
        self.read_until(lambda: self.process.poll() is not None, "the dashboard to go", timeout)
        while select.select([self._master], [], [], 0)[0]:
            self.read()
        return self.process.returncode

    def hang_up(self) -> None:
        """Close it, as a connection that breaks does."""
        for end in (self._slave, self._master):
            os.close(end)
        self._slave = self._master = -1

    def is_as_before(self) -> bool:
        """Whether its modes are those that it had before the dashboard."""
        return self.modes_now() == self.modes

    def modes_now(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    def set_modes(self, modes: list[Any]) -> None:
        termios.tcsetattr(self._slave, termios.TCSANOW, modes)

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        if self._master >= 0:
            self.hang_up()
        if process_is_alive(self.process.pid):
            self.process.kill()
        self.process.wait()


def _cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def raw_terminal(
    env: dict[str, str],
    *,
    size: tuple[int, int] = (160, 50),
    term: str = "xterm-256color",
    ignore_hangup: bool = False,
    controlling: bool = True,
    words: Sequence[str] = PROGRAM,
) -> Iterator[RawTerminal]:
    """Open the dashboard, and read until it is there; a terminal that controls no process brings no signals."""
    window = RawTerminal(env, size=size, term=term, ignore_hangup=ignore_hangup, controlling=controlling, words=words)
    try:
        window.see("scheduler here" if size[0] >= 80 else "a Add")
        yield window
    finally:
        window.close()
