"""The way to the terminal: one that stops reading, or goes away, never stops the event loop.

Textual's own driver waits in ``write`` until the terminal takes more, and with it waits the scheduler.
"""

import asyncio
import os
import select
import signal
import sys
import termios
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Protocol, cast

from textual import constants
from textual.app import App
from textual.driver import Driver
from textual.events import Key, Resize
from textual.geometry import Size

from tui_queue.ui.terminal import modes, osc
from tui_queue.ui.terminal.cell_diff import CellDiff, send_only_differences
from tui_queue.ui.terminal.private import XTERM_PARSER
from tui_queue.ui.terminal.writer import STDERR, Writer

POLL_S = 0.1  # how often the input thread asks the parser for a key that may be complete by now
ESCAPE_S = getattr(constants, "ESCAPE_DELAY", POLL_S) + POLL_S  # after the last input, until which it asks
REDRAW = "ctrl+l"  # here, since it is to work in every widget: another program may have drawn over ours
KEY_WITH_TEXT = "\x1b[97;;97u"  # an "a", as kitty's protocol reports keys with their text


class HasTerminal(Protocol):
    """An app that a driver tells of itself."""

    terminal: "TerminalDriver | None"


class TerminalDriver(Driver):
    """Drops frames while the terminal does not take them, and takes its loss for a hang-up."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """Take the place of the driver in ``app``, which is one that has a ``terminal``."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.lost = False
        self.cell_diff = CellDiff()
        self._owner = app
        self._event_loop = asyncio.get_running_loop()
        self._has_mouse = mouse
        self._make_parser = partial(XTERM_PARSER.find(), debug)
        self._input = sys.__stdin__.fileno() if sys.__stdin__ else 0
        self._writer: Writer | None = None
        self._reader: threading.Thread | None = None
        self._ends = -1  # the end of a pipe that the input thread reads until the other end is closed
        self._before: list[Any] | None = None  # the line settings to give back
        self._raw: list[Any] | None = None  # and ours
        self._restarts = True  # by itself, after a stop
        self._tells_of_return = False
        self._title = ""
        self._has_taken = False
        self._has_title = osc.has_title(os.environ.get("TERM", ""))
        signal.signal(signal.SIGTSTP, self._stop)
        signal.signal(signal.SIGCONT, self._go_on)
        send_only_differences(app, self.cell_diff)
        cast("HasTerminal", app).terminal = self

    @property
    def can_suspend(self) -> bool:
        """Whether the terminal can be lent to another program."""
        return True

    @property
    def has_shell(self) -> bool:
        """Whether the shell that has started it can continue it after a stop."""
        with suppress(OSError):
            return os.isatty(self._input) and os.getpgrp() != os.getsid(0) == os.getsid(os.getppid())
        return False

    def write(self, data: str) -> None:
        """Hand it to the writer, or drop it: after a dropped frame all are, until a full one is due."""
        if self._writer is not None:
            self._writer.write(data)

    def set_title(self, title: str) -> None:
        """Give the terminal a title, where it can have one; the same again is not written."""
        if title != self._title:
            self._title = title
            self._show_title()

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
        """Take the terminal; in the background of a shell stop again instead."""
        stop = (signal.SIGTTOU, signal.SIGTTIN)
        for number in stop:
            signal.signal(number, _stop_again)
        try:
            if not modes.is_writable(self._input) or self._has_taken:
                return
            self._has_taken = True  # by the handler too, which a stop in here and ``fg`` call
        finally:
            for number in stop:
                signal.signal(number, signal.SIG_DFL)
        self.cell_diff.forget()
        self._writer = Writer(
            dropped=self.cell_diff.forget, caught_up=lambda: self._in_loop(self.draw_all), lost=self.lose
        )
        signal.signal(signal.SIGWINCH, lambda *_: self._tell_size())
        self._tell_size()
        self._before = modes.settings_of(self._input)
        if self._before is not None:
            self._raw = modes.raw(self._before, os.environ)
            self._set_line(self._raw)
        asks = os.isatty(self._input) and modes.asks_for_whole_pictures(os.environ)
        for text in modes.taking(mouse=self._has_mouse, keyboard=self._keyboard_protocol(), asks=asks):
            self.write(text)
        if self._has_title:
            self.write(osc.KEEP_TITLE)
            self._show_title()
        ends, self._ends = os.pipe()
        self._reader = threading.Thread(target=self._read, args=(ends,), name="terminal-input")
        self._reader.start()
        if self._tells_of_return:
            self._tells_of_return = False
            self._in_loop(lambda: self._owner.post_message(self.SignalResume()))

    def disable_input(self) -> None:
        """Read no more keys, and let go of those that have not been read."""
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        if self._has_mouse:
            self.write(modes.mouse_off())
        if self._ends >= 0:
            os.close(self._ends)
            self._ends = -1
        if self._reader is not None:
            self._reader.join()
        with suppress(termios.error):
            termios.tcflush(self._input, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        """Give the terminal back; what it has not taken yet is of no use any more."""
        self._has_taken = False
        if self._writer is not None:
            self._writer.clear()
        if self._has_title:
            self.write(osc.RESTORE_TITLE)
        for text in modes.giving_back_input():
            self.write(text)
        self.disable_input()
        if self._before is not None:
            self._set_line(self._before)
        for text in modes.giving_back():
            self.write(text)

    def close(self) -> None:
        """Wait for the writer, but not for ever."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None  # what is drawn while another program has the terminal goes nowhere

    @contextmanager
    def no_automatic_restart(self) -> Iterator[None]:
        """Leave it to the caller to take the terminal again, for this long."""
        restarts, self._restarts = self._restarts, False
        try:
            yield
        finally:
            self._restarts = restarts

    def draw_all(self) -> None:
        """Draw everything again, also what the terminal should show already."""
        if self._writer is not None:
            self._writer.begin_again()
        self.cell_diff.forget()
        self._show_title()
        self._owner.refresh()

    def _read(self, ends: int) -> None:
        """Pass on what is typed until the app leaves, when ``ends`` does, or the terminal is gone."""
        try:
            self._read_keys(ends)
        except Exception as error:  # noqa: BLE001 - the app ends with it, and this is not its thread
            self._owner.call_later(_fail_with, error)
        finally:
            os.close(ends)

    def _read_keys(self, ends: int) -> None:
        parser = self._make_parser()
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        asks_until = 0.0
        while True:
            typed, asks = "", time.monotonic() < asks_until
            ready, _, _ = select.select((self._input, ends), (), (), POLL_S if asks else None)
            if ends in ready:
                return
            if ready:  # a hang-up too
                asks_until = time.monotonic() + ESCAPE_S
                try:
                    data = os.read(self._input, 4096)
                except OSError:
                    data = b""
                if not data:
                    self.lose()
                    return
                typed = decode(data)
            # An Esc that stood alone for its time is no beginning of what has come since.
            for message in (*parser.tick(), *(parser.feed(typed) if typed else ()), *parser.tick()):
                if isinstance(message, Key) and message.key == REDRAW:
                    self._in_loop(self.draw_all)
                else:
                    self.process_message(message)

    def _keyboard_protocol(self) -> int:
        """Return which parts of kitty's protocol to ask for: those that this version of Textual understands."""
        if getattr(constants, "DISABLE_KITTY_KEY", False):  # a setting that Textual 8.2.0 does not have
            return 0
        keys = [message.key for message in self._make_parser().feed(KEY_WITH_TEXT) if isinstance(message, Key)]
        return modes.KEYS_WITH_TEXT if keys == ["a"] else modes.KEYS_APART

    def _tell_size(self) -> None:
        size = modes.size_of((STDERR, self._input)) or Size(80, 24)
        self._in_loop(lambda: self._owner.post_message(Resize(size, size)))

    def _stop(self, *_: object) -> None:
        """Stop as the user or another process asks, and give the terminal back before."""
        if self._restarts:
            self.suspend_application_mode()
            self._tells_of_return = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self, *_: object) -> None:
        """Go on; a stop that was none of our doing has left threads and modes as they were."""
        if self._tells_of_return:
            if self._restarts:
                self.resume_application_mode()
            self._in_loop(self.draw_all)
        elif self._restarts:
            self._in_loop(self._take_back)

    def _take_back(self) -> None:
        """Undo what a shell did to the terminal; stop again if the shell keeps it, as after ``bg``."""
        with suppress(OSError):  # it controls no processes
            if os.tcgetpgrp(self._input) != os.getpgrp():
                os.kill(os.getpid(), signal.SIGSTOP)
                return
        if self._raw is not None:
            self._set_line(self._raw)
        for text in modes.taking_back():
            self.write(text)
        self.draw_all()

    def _set_line(self, settings: list[Any]) -> None:
        with suppress(termios.error):
            termios.tcsetattr(self._input, termios.TCSANOW, settings)

    def _show_title(self) -> None:
        if self._has_title and self._title:
            self.write(osc.title(self._title))

    def _in_loop(self, callback: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # it is closed: we have left
            self._event_loop.call_soon_threadsafe(callback)


def _stop_again(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _fail_with(error: Exception) -> None:
    raise error
