"""Follows a run: by what its watcher says, and by its files where the watcher can't say it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

from tui_queue.core.execution.executor import RunEvent, RunLost, RunNeverStarted, RunStarted
from tui_queue.core.execution.run_files import RunFiles, run_end, start_time
from tui_queue.core.execution.watcher import messages, records
from tui_queue.core.execution.watcher_pool import WatcherPool
from tui_queue.core.model.job import RunEnd
from tui_queue.core.system.worker_thread import in_thread

START_S = 1.0  # a run that no watcher has taken by then needs another one
WATCHER_ENDED = "its watcher was ended before the start"


async def follow_watcher(files: RunFiles, events: socket.socket, watchers: WatcherPool) -> AsyncIterator[RunEvent]:
    """Yield what the watcher of a run says into ``events``, which is closed at the end.

    Once the consumer asks for the item after the end, the end is stored: its watcher need not sync it.
    """
    report = _Report()
    announced = False
    patience: float | None = START_S
    with events:
        while not report.read(events.fileno()) and report.end is None:
            if report.started is not None and not announced:
                announced = True
                yield RunStarted(report.started)
            elif announced or patience is None:
                await _readable(events.fileno())
            elif not await _readable(events.fileno(), within=patience):
                if files.was_claimed():
                    patience = None
                else:
                    watchers.order_another()
                    patience *= 2
        if report.end is not None:
            yield report.end
            with suppress(OSError):
                events.send(messages.STORED)
            if report.free:
                watchers.free()
            return
    if not report.complaint and not os.path.lexists(files.directory):
        # No process has the run's description any more, and none has begun with it.
        why = await why_no_watcher(watchers)
        yield RunNeverStarted(obstacle=why or WATCHER_ENDED, everyones=bool(why), number_free=True)
        return
    async for item in follow_files(files, announced=announced, complaint=report.complaint):
        yield item


async def why_no_watcher(watchers: WatcherPool) -> str:
    """Say why no watcher can be started; empty where one can, as far as is known."""
    if not watchers.is_gone:
        return ""
    from tui_queue.core.execution.watcher_trial import why_no_watcher_starts  # noqa: PLC0415 - where one is gone

    watchers.close()
    try:
        why = await in_thread(why_no_watcher_starts)
    except RuntimeError as error:  # no thread either
        why = str(error)
    return why and f"no watcher starts: {why}"


async def follow_files(files: RunFiles, *, announced: bool = False, complaint: str = "") -> AsyncIterator[RunEvent]:
    """Yield what the files say of a run whose watcher has no socket to us, as long as any process of it lives.

    ``announced`` says that its start has been yielded before, ``complaint`` what error ended its watcher.
    """
    if files.revoke():
        if complaint:
            yield RunEnd(finished_at=datetime.now(UTC), error=complaint)
        else:
            yield RunNeverStarted(obstacle=WATCHER_ENDED)
        return
    try:
        alive = os.open(files.path("alive"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:  # the user has deleted it
        yield files.end() or RunLost()
        return
    try:
        while True:
            gone = _read_all(alive)[1]
            if (end := files.end()) is not None:
                yield end
                return
            if not announced and (at := files.started_at()):
                announced = True
                yield RunStarted(at)
            elif gone:
                yield RunLost()
                return
            else:
                await _readable(alive)
    finally:
        os.close(alive)


async def read_end(files: RunFiles) -> AsyncIterator[RunEvent]:
    """Yield the end of a run that can't be under way any more; its claim may be missing though it was started."""
    yield files.end() or RunLost()


class _Report:
    """What the watcher of one run has said so far."""

    def __init__(self) -> None:
        self.started: datetime | None = None
        self.end: RunEvent | None = None
        self.free = False  # whether it can take another run
        self.complaint = ""
        self._rest = b""

    def read(self, events: int) -> bool:
        """Read what has come; return whether nothing more can come."""
        more, gone = _read_all(events)
        *lines, self._rest = (self._rest + more).split(b"\n")
        for line in lines:
            record = records.unsealed(line[1:]) or {}
            match line[:1]:
                case messages.STARTED:
                    self.started = start_time(record)
                case messages.ENDED | messages.ENDED_WITH_LEFTOVERS as letter:
                    self.end, self.free = run_end(record), letter == messages.ENDED
                case messages.NEVER_STARTED:
                    self.free = record.get("watcher", True)
                    self.end = RunNeverStarted(
                        obstacle=record["why"],
                        everyones=record["everyone"],
                        number_free=not record.get("kept", False),
                    )
                case messages.BROKEN:
                    self.complaint = record["why"]
        return gone and self.end is None


async def _readable(pipe: int, *, within: float | None = None) -> bool:
    """Wait until there is something to read, or the other end is closed."""
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_reader(pipe, heard.set)
    try:
        async with asyncio.timeout(within):
            await heard.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(pipe)
    return True


def _read_all(pipe: int) -> tuple[bytes, bool]:
    """Return what a watcher has said, and whether the other end is closed for good."""
    heard = b""
    try:
        while words := os.read(pipe, 65_536):
            heard += words
    except BlockingIOError:
        return heard, False
    return heard, True
