"""Follows a run: by what its watcher says, and by its files where the watcher can't say it."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from tui_queue.core.execution.executor import RunEvent, RunLost, RunNeverStarted, RunStarted
from tui_queue.core.execution.orphaned_run import Process, living_process
from tui_queue.core.execution.run_files import Owner, RunFiles, run_end, start_time
from tui_queue.core.execution.watcher import messages, records
from tui_queue.core.execution.watcher_pool import WatcherPool
from tui_queue.core.model.job import RunEnd
from tui_queue.core.system.machine import lives
from tui_queue.core.system.worker_thread import in_thread

LOOK_S = 0.5  # how often a process is looked at that can't be waited for
START_S = 1.0  # a run that no watcher has taken by then needs another one
WATCHER_ENDED = "its watcher was ended before the start"
IN_THE_WAY = "the files of another job were in its place"

Heard = dict[str, RunEnd]  # ends by their run's directory, each until it is stored: the disk may have none of them


async def follow_watcher(
    files: RunFiles, events: socket.socket, watchers: WatcherPool, heard: Heard, *, is_own: Callable[[Owner], bool]
) -> AsyncIterator[RunEvent]:
    """Yield what the watcher of a run says into ``events``, which is closed at the end.

    Once the consumer asks for the item after the end, the end is stored: its watcher need not put it on disk. Where the
    files of the run are there already, ``is_own`` tells whether they are of the same job: then it has run.
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
            if isinstance(report.end, RunEnd):
                heard[files.directory] = report.end
            yield report.end
            heard.pop(files.directory, None)
            with suppress(OSError):
                events.send(messages.STORED)
            if report.free:
                watchers.free()
            return
    async for item in _without_report(files, watchers, heard, report, is_own, announced=announced):
        yield item


async def _without_report(
    files: RunFiles,
    watchers: WatcherPool,
    heard: Heard,
    report: "_Report",
    is_own: Callable[[Owner], bool],
    *,
    announced: bool,
) -> AsyncIterator[RunEvent]:
    """Yield what becomes of a run whose watcher has gone, or has found that the run has files already."""
    if report.exists:
        watchers.free()
        await asyncio.to_thread(_put_aside_unless_own, files, is_own)
    # A run that has started may have no directory any more: the user has deleted it.
    if not (announced or report.started or report.complaint or os.path.lexists(files.directory)):
        # No process has the run's description any more, and none has begun with it.
        why = await why_no_watcher(watchers)
        obstacle = why or (IN_THE_WAY if report.exists else WATCHER_ENDED)
        yield RunNeverStarted(obstacle=obstacle, everyones=bool(why), number_free=True)
        return
    if report.started is not None and not announced:
        announced = True
        yield RunStarted(report.started)
    async for item in follow_files(files, heard, announced=announced, complaint=report.complaint):
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


async def follow_files(
    files: RunFiles, heard: Heard, *, announced: bool = False, complaint: str = ""
) -> AsyncIterator[RunEvent]:
    """Yield what is known of a run whose watcher has no socket to us, as long as any process of it lives.

    ``announced`` says that its start is known already, ``complaint`` what error ended its watcher.
    """
    if files.directory not in heard:
        if not announced and files.revoke():
            if complaint:
                yield RunEnd(finished_at=datetime.now(UTC), error=complaint)
            else:
                yield RunNeverStarted(obstacle=WATCHER_ENDED)
            return
        async for event in _until_end(files, announced=announced):
            if isinstance(event, RunEnd):
                heard[files.directory] = event
            else:
                yield event
    if (end := heard.get(files.directory)) is not None:
        yield end
        heard.pop(files.directory, None)
        files.order(messages.STORED_ORDER + b"\n")


async def _until_end(files: RunFiles, *, announced: bool) -> AsyncIterator[RunEvent]:
    """Yield what the files say, and the pipe ``alive``, which knows an end that the disk has refused."""
    report, pipe = _Report(), _AlivePipe(files)
    try:
        while True:
            gone = pipe.read(report)
            if (end := files.end() or report.end) is not None:
                yield end
                return
            if not announced and (at := files.started_at() or report.started):
                announced = True
                yield RunStarted(at)
            elif not gone:
                await pipe.readable()
            # The job may have closed the pipe. All of /proc is read only now, and when that process has ended.
            elif (process := await in_thread(partial(living_process, files))) is not None:
                await _until_ended(process)
            else:
                yield files.end() or RunLost()
                return
    finally:
        pipe.close()


async def read_end(files: RunFiles) -> AsyncIterator[RunEvent]:
    """Yield the end of a run that can't be under way any more; its claim may be missing though it was started."""
    yield files.end() or RunLost()


def _put_aside_unless_own(files: RunFiles, is_own: Callable[[Owner], bool]) -> None:
    owner = files.owner()
    if owner is not None and not is_own(owner):
        files.put_aside()


class _Report:
    """What the watcher of one run has said so far."""

    def __init__(self) -> None:
        self.started: datetime | None = None
        self.end: RunEvent | None = None
        self.free = False  # whether it can take another run
        self.exists = False  # whether the run has files of an earlier one
        self.complaint = ""
        self._rest = b""

    def read(self, events: int) -> bool:
        """Read what has come; return whether nothing more can come."""
        more, gone = _read_all(events)
        *lines, self._rest = (self._rest + more).split(b"\n")
        for line in lines:
            if (record := records.unsealed(line[1:])) is None:  # a job writes to what it inherits of ``alive``
                continue
            match line[:1]:
                case messages.STARTED:
                    self.started = start_time(record)
                case messages.ENDED | messages.ENDED_WITH_LEFTOVERS as letter:
                    self.end, self.free = run_end(record), letter == messages.ENDED
                case messages.NEVER_STARTED if record["errno"] == errno.EEXIST:
                    self.exists = True
                case messages.NEVER_STARTED:
                    self.free = record.get("watcher", True)
                    self.end = RunNeverStarted(
                        obstacle=record["why"],
                        everyones=record["everyone"],
                        number_free=not record.get("kept", False),
                    )
                case messages.BROKEN:
                    self.complaint = record["why"]
        return self.exists or (gone and self.end is None)


class _AlivePipe:
    """Our end of the pipe that the watcher of a run has open as long as it lives, and a job that has not closed it."""

    def __init__(self, files: RunFiles) -> None:
        self._file = -1
        with suppress(FileNotFoundError):  # the user has deleted it
            self._file = os.open(files.path("alive"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def read(self, report: _Report) -> bool:
        """Read what the watcher has said; return whether no process has the other end any more."""
        return self._file < 0 or report.read(self._file)

    async def readable(self) -> None:
        """Wait until the watcher has said something, or the last process has closed the other end."""
        await _readable(self._file)

    def close(self) -> None:
        """Close our end."""
        if self._file >= 0:
            os.close(self._file)


async def _until_ended(process: Process) -> None:
    """Wait until a process has ended that has neither a pipe to us nor us as its parent."""
    while await in_thread(partial(lives, process)):  # noqa: ASYNC110 - nothing tells of its end
        await asyncio.sleep(LOOK_S)


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
