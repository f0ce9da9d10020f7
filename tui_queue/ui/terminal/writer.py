"""Writes to the terminal on a thread of its own, and drops pictures while the terminal does not take them."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable

STDERR = 2  # where Textual draws
FRAMES_KEPT = 25
CHARACTERS_KEPT = 128 * 1024
MODE_LENGTH = 32  # what is longer is a part of the picture
JOIN_S = 1.0  # how long leaving waits for the terminal to take the last bytes


class Writer:
    """Takes texts at once, however long the terminal takes for them; after a dropped one it drops all that follow."""

    def __init__(self, *, dropped: Callable[[], None], caught_up: Callable[[], None], lost: Callable[[], None]) -> None:
        """``dropped`` is called by who writes; the writer's thread calls the other two.

        ``caught_up`` says that the terminal has taken all that was left after a drop, ``lost`` that it is gone.
        """
        self._dropped = dropped
        self._caught_up = caught_up
        self._lost = lost
        self._behind = False  # a text has been dropped since the last ``begin_again``
        self._texts: deque[str] = deque()
        self._changed = threading.Condition()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="terminal-output", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Hand it to the thread, or drop it."""
        if self._behind:
            return
        with self._changed:
            texts = self._texts
            self._behind = len(texts) >= FRAMES_KEPT or sum(map(len, texts)) > CHARACTERS_KEPT
            if self._behind:
                modes = [text for text in texts if len(text) <= MODE_LENGTH]
                texts.clear()
                texts.extend([*modes, ""])  # the last one has the thread say that it has caught up
            else:
                texts.append(text)
            self._changed.notify()
        if self._behind:
            self._dropped()

    def begin_again(self) -> None:
        """Take texts again: what is drawn now is the whole picture."""
        self._behind = False

    def clear(self) -> None:
        """Let go of what the terminal has not taken, and take texts again."""
        with self._changed:
            self._texts.clear()
        self._behind = False

    def close(self) -> None:
        """Wait for the thread to write what is left, but not for ever."""
        with self._changed:
            self._ends = True
            self._changed.notify()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        while (text := self._next()) is not None:
            if not _sent(text):
                self._lost()
            if self._behind and not self._texts:
                self._caught_up()

    def _next(self) -> str | None:
        """Wait for a text; return None once there are no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._texts or self._ends)
            return self._texts.popleft() if self._texts else None


def _sent(text: str) -> bool:
    """Write all of a text; return whether the terminal is still there."""
    rest = memoryview(text.encode(errors="replace"))
    while rest:
        try:
            rest = rest[os.write(STDERR, rest) :]
        except BlockingIOError:  # a program that shares the terminal has made it so
            select.select((), (STDERR,), (), 1)
        except OSError:
            return False
    return True
