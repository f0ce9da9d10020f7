"""Watches from a thread whether the process that holds the lease still answers, and gives a sign of its life.

The sign is the time of the lock's file. A process that waits for the lease opens that file to ask for one. Where the
kernel tells the holder of that, it gives a sign when it is asked and for a while after; elsewhere it gives one
all the time.
"""

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_queue.core.system.file_events import FileEvents

STUCK_S = 2.0  # an event loop that has not answered for this long gives up the lease
BEAT_S = 3.0  # between two signs while a process may be waiting
SOONEST_S = 1.0  # between two, however often processes ask
ASKED_S = 15.0  # for which one may be waiting after it has asked
REST_S = 30.0  # between two signs while none waits
LATE_S = 2.0  # by which a thread is late only where the process was stopped


def ask(path: str) -> None:
    """Ask the holder of the lock at ``path`` for a sign of life."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))


def sign_of_life(path: str) -> int:
    """Return the last sign that the holder of the lock at ``path`` has given."""
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return -1


class Watchdog:
    """Watches the holder of the lock at ``path``, in the event loop that it was started in, until ``end``."""

    def __init__(
        self,
        path: str,
        *,
        has_moved: Callable[[], bool],
        stuck: Callable[[], None],
        moved: Callable[[], None],
        in_loop: Callable[[], None],
    ) -> None:
        """Call ``stuck`` and ``moved`` in the thread, ``in_loop`` when the holder is to look whether it is it still."""
        import asyncio  # noqa: PLC0415 - only a scheduler has a loop

        self._path = path
        self._has_moved = has_moved
        self._stuck = stuck
        self._moved = moved
        self._in_loop = in_loop
        self._loop = asyncio.get_running_loop()
        self._over = threading.Event()
        self._end, self._ended = os.pipe()
        self._asked_at = float("-inf")  # who waits asks again before long
        self._sign = -1  # the last that we gave
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def end(self) -> None:
        """Watch no more; harmless when it has ended."""
        if not self._over.is_set():
            self._over.set()
            os.close(self._ended)

    def _run(self) -> None:
        events = None
        try:
            events = self._events()
            self._watch(events)
        except OSError:  # the file is gone
            self._have_it_look()
        except RuntimeError:  # the loop is closed
            pass
        finally:
            os.close(self._end)
            if events is not None:
                events.close()

    def _events(self) -> "FileEvents | None":
        # Commands that only look at the lease do without these.
        from tui_queue.core.inspection.file_systems import file_system_of, is_of_one_kernel  # noqa: PLC0415
        from tui_queue.core.system.file_events import FileEvents  # noqa: PLC0415

        with suppress(OSError):
            if is_of_one_kernel(file_system_of(os.path.dirname(self._path))):
                return FileEvents()
        return None

    def _watch(self, events: "FileEvents | None") -> None:
        while True:
            told = events if events is not None and self._follow(events) else None
            answers = self._answers()
            if not answers or self._has_moved():
                (self._moved if answers else self._stuck)()
                self._have_it_look()
                return
            os.utime(self._path)
            self._sign = sign_of_life(self._path)
            if self._over.wait(SOONEST_S) or self._rest(told):
                return

    def _follow(self, events: "FileEvents") -> bool:
        """Have told when a process asks, or a directory that the file is in is moved; return False where it can't."""
        from tui_queue.core.system.file_events import DELETE_SELF, MOVE_SELF, OPEN  # noqa: PLC0415

        directory = os.path.dirname(self._path)
        try:
            events.watch(self._path, OPEN)
            events.watch(directory, MOVE_SELF | DELETE_SELF)
        except OSError:
            return False
        while (above := os.path.dirname(directory)) != directory:
            directory = above
            with suppress(OSError):  # one that this user may not read
                events.watch(directory, MOVE_SELF)
        return True

    def _answers(self) -> bool:
        answered = threading.Event()
        self._loop.call_soon_threadsafe(answered.set)
        return answered.wait(STUCK_S) or self._over.is_set()

    def _rest(self, told: "FileEvents | None") -> bool:
        """Wait until the next sign is due; return whether there is nothing left to watch."""
        begun = time.monotonic()
        rest_s = (REST_S if told is not None and begun > self._asked_at + ASKED_S else BEAT_S) - SOONEST_S
        waited_for = select.poll()
        waited_for.register(self._end, select.POLLIN)
        if told is not None:
            waited_for.register(told, select.POLLIN)
        ready = [file for file, _ in waited_for.poll(1000 * rest_s)]
        now = time.monotonic()
        if self._over.is_set():
            return True
        if told is not None and told.fileno() in ready:
            told.forget()
            self._asked_at = now
        # Others may have passed over us: a process that was stopped is late, and the sign is another one's.
        if now - begun > rest_s + LATE_S or (told is not None and sign_of_life(self._path) != self._sign):
            self._have_it_look()
        return False

    def _have_it_look(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._in_loop)
