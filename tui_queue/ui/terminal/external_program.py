"""Runs a pager or editor in the terminal."""

import asyncio
import os
import shlex
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from tempfile import NamedTemporaryFile
from typing import Any

from textual.app import App, SuspendNotSupported

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.file import is_packed, write_unpacked
from tui_queue.core.system.worker_thread import in_thread
from tui_queue.core.units.printable import printable


def pager(env: Mapping[str, str]) -> list[str]:
    """Return the words of the program that shows long texts. Raises ValueError for a quote that is not closed."""
    return shlex.split(env.get("PAGER", "")) or ["less"]


@asynccontextmanager
async def readable(log: str) -> AsyncIterator[str]:
    """Yield the path of a log that any program can read; one for a compressed log is gone afterwards.

    Raises StoreError where that can't be read, or there is no room for it.
    """
    if not await in_thread(partial(is_packed, log)):
        yield log
        return
    try:
        file = NamedTemporaryFile(prefix="tui-queue-", suffix=".log")  # noqa: SIM115
    except OSError as error:
        raise StoreError(f"There is no place to decompress it to: {error.strerror}.") from None
    with file:
        await in_thread(partial(write_unpacked, log, file))
        yield file.name


async def run_external(app: App[Any], words: Sequence[str]) -> str:
    """Let a program have the terminal until it ends; return what went wrong, if so. The queue goes on."""
    before = signal.getsignal(signal.SIGINT)
    try:
        with app.suspend():
            # Ctrl+C there is not meant for us; a handler of ours is none of the program's, other than SIG_IGN.
            signal.signal(signal.SIGINT, lambda *_: None)
            process = await asyncio.create_subprocess_exec(*words, env={"LESS": "-R", **os.environ})
            await process.wait()
    except SuspendNotSupported:
        return "This terminal can't be lent to another program."
    except OSError as error:
        return f"{printable(words[0])}: {error.strerror}."
    finally:
        signal.signal(signal.SIGINT, before)
    return ""
