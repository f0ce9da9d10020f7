"""The way to the terminal: one that stops reading, or goes away, never stops the event loop.

Textual's own driver waits in ``write`` until the terminal takes more, and with it waits the scheduler. Names of
Textual that are private are used here, so its minor version is pinned.
"""

import asyncio
import os
import select
import signal
import termios
from codecs import getincrementaldecoder
from contextlib import suppress
from queue import Full
from typing import Any, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key

from tui_queue.ui.terminal import osc
from tui_queue.ui.terminal.cell_diff import CellDiff

STDERR = 2  # where Textual draws
POLL_S = 0.1  # how often the input thread looks whether it should end
FRAMES_KEPT = 25  # fewer than Textual's queue takes
CHARACTERS_KEPT = 128 * 1024
MODE_LENGTH = 32  # what is longer is a part of the picture
REDRAW = "ctrl+l"  # here, since it is to work whatever has the focus: what is drawn is wrong, whoever drew it
JOIN_S = 1.0  # how long leaving waits for the terminal to take the last bytes


class _Output:
    """What Textual's writer thread writes to: the descriptor itself, whose errors are the driver's business."""

    def __init__(self, driver: "TerminalDriver") -> None:
        self._driver = driver

    def write(self, text: str) -> None:
        """Write all of it, however long the terminal takes."""
        rest = memoryview(text.encode(errors="replace"))
        while rest and not self._driver.lost:
            try:
                rest = rest[os.write(STDERR, rest) :]
            except BlockingIOError:  # somebody who shares the terminal has made it so
                select.select((), (STDERR,), (), 1)
            except OSError:
                self._driver.lose()

    def flush(self) -> None:
        """Hear that nothing waits any more."""
        self._driver.caught_up()


class TerminalDriver(LinuxDriver):
    """Drops frames while the terminal does not take them, and takes its loss for a hang-up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lost = False
        self.cell_diff = CellDiff()
        self._behind = False  # frames have been dropped since the last full one
        self._raw: list[Any] | None = None
        self._title = ""
        self._has_title = osc.has_title(os.environ.get("TERM", ""))
        self._file = cast("Any", _Output(self))

    def write(self, data: str) -> None:
        """Hand it to the writer thread, or drop it: after a dropped frame all are, until a full one is due."""
        if self._behind or self._writer_thread is None:
            return
        waiting = self._writer_thread._queue
        with waiting.mutex:
            frames = waiting.queue
            self._behind = len(frames) >= FRAMES_KEPT or sum(len(text or "") for text in frames) > CHARACTERS_KEPT
            if self._behind:
                self.cell_diff.forget()
                modes = [text for text in frames if text and len(text) <= MODE_LENGTH]
                frames.clear()
                frames.extend([*modes, ""])  # the last one has the writer thread flush
                return
        waiting.put_nowait(data)

    def set_title(self, title: str) -> None:
        """Give the terminal a title, where it can have one; the same again is not written."""
        if title != self._title:
            self._title = title
            self._show_title()

    def caught_up(self) -> None:
        """Have everything drawn again if something was dropped; called by the writer thread."""
        if self._behind:
            self._in_loop(self.draw_all)

    def lose(self) -> None:
        """Leave as at a hang-up, whose signal may not come; called by any thread."""
        if not self.lost:
            self.lost = True
            # What is still said on the way out goes nowhere rather than wrong.
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            for stream in (1, STDERR):
                os.dup2(nowhere, stream)
            os.close(nowhere)
            os.kill(os.getpid(), signal.SIGHUP)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._behind = False
        self.cell_diff.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._has_title:
            self.write(osc.KEEP_TITLE)
            self._show_title()
        with suppress(termios.error):
            self._raw = termios.tcgetattr(self.fileno)

    def stop_application_mode(self) -> None:
        """Give the terminal back; what it has not taken yet is of no use any more."""
        if self._writer_thread is not None:
            with self._writer_thread._queue.mutex:
                self._writer_thread._queue.queue.clear()
        self._behind = False
        if self._has_title:
            self.write(osc.RESTORE_TITLE)
        super().stop_application_mode()

    def close(self) -> None:
        """Wait for the writer thread, but not for ever."""
        if (writer := self._writer_thread) is not None:
            with suppress(Full):
                writer._queue.put_nowait(None)
            writer.join(JOIN_S)
            self._writer_thread = None  # what is drawn while another program has the terminal goes nowhere

    def run_input_thread(self) -> None:
        """Pass on what is typed until the app leaves or the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        while not self.exit_event.is_set():
            typed = ""
            if select.select((self.fileno,), (), (), POLL_S)[0]:  # a hang-up too
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self.lose()
                    return
                typed = decode(data)
            for message in (*(parser.feed(typed) if typed else ()), *parser.tick()):
                if isinstance(message, Key) and message.key == REDRAW:
                    self._in_loop(self.draw_all)
                else:
                    self.process_message(message)

    def _query_in_band_window_resize(self) -> None:
        """Rely on SIGWINCH: the sequence that turns reports on might be among what is dropped."""

    def _sigcont_application(self, *_: object) -> None:
        """Go on; a stop that was none of our doing has left threads and modes as they were."""
        if self._must_signal_resume:
            super()._sigcont_application()
            self._in_loop(self.draw_all)
        elif self._auto_restart:
            self._in_loop(self._take_back)

    def _take_back(self) -> None:
        """Undo what a shell did to the terminal meanwhile; stop again if the shell keeps it, as after ``bg``."""
        with suppress(OSError):  # it controls no processes
            if os.tcgetpgrp(self.fileno) != os.getpgrp():
                os.kill(os.getpid(), signal.SIGSTOP)
                return
        with suppress(termios.error):
            termios.tcsetattr(self.fileno, termios.TCSANOW, self._raw or termios.tcgetattr(self.fileno))
        self.write("\x1b[?1049h\x1b[?25l")
        self._enable_bracketed_paste()
        self.draw_all()

    def draw_all(self) -> None:
        """Draw everything again, whatever the terminal shows."""
        self._behind = False
        self.cell_diff.forget()
        self._show_title()
        self._app.refresh()

    def _show_title(self) -> None:
        if self._has_title and self._title:
            self.write(osc.title(self._title))

    def _in_loop(self, callback: Any) -> None:
        loop: asyncio.AbstractEventLoop = self._loop
        with suppress(RuntimeError):  # it is closed: we have left
            loop.call_soon_threadsafe(callback)
