"""Draws a table on the terminal again whenever it looks different, until the user ends it."""

import asyncio
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from tui_queue.core.errors import BadInputError

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

POLL_S = 5.0  # between two pictures of what time alone changes
AT_MOST_S = 0.2  # between two pictures


def require_terminal(command: str, *, as_json: bool) -> None:
    """Raise BadInputError where nothing can be drawn."""
    if as_json:
        raise BadInputError("watch", "--watch can't be used with --json; leave out one of them.")
    if not sys.stdout.isatty():
        raise BadInputError(
            "watch",
            f"--watch needs a terminal, and standard output is none; `tui-queue {command}` prints once.",
        )


async def watch(queue: "OpenQueue", picture: Callable[[], Awaitable[str]]) -> None:
    """Draw what ``picture`` returns, from the top of the terminal on, when it has changed; until cancelled."""
    changed = asyncio.Event()
    with suppress(NotImplementedError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, changed.set)
    drawn = None
    async with queue.listen(changed.set):
        while True:
            changed.clear()
            queue.check_place()
            size = shutil.get_terminal_size()
            now = await picture(), size
            if now != drawn:
                drawn = now
                _draw(now[0], size.lines)
            await asyncio.sleep(AT_MOST_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await changed.wait()


def _draw(text: str, height: int) -> None:
    lines = text.split("\n")
    if len(lines) > height - 1:
        lines = [*lines[: height - 2], f"… {len(lines) - height + 2:,} more lines"]
    # Each line is ended as it is drawn over, so that nothing is blank in between.
    sys.stdout.write("\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J")
    sys.stdout.flush()
