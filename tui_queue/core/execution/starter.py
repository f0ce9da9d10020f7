"""Starts runs by watchers, and adopts runs that another scheduler started."""

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

from tui_queue.core.execution.executor import RunEvent, RunNeverStarted
from tui_queue.core.execution.follow import Heard, follow_files, follow_watcher, read_end, why_no_watcher
from tui_queue.core.execution.log_sync import LogSync
from tui_queue.core.execution.run_files import RunFiles
from tui_queue.core.execution.run_spec import RunSpecs
from tui_queue.core.execution.watcher.kernel import request_short_slice
from tui_queue.core.execution.watcher.obstacles import of_every_start
from tui_queue.core.execution.watcher_pool import WatcherPool
from tui_queue.core.model.job import Job


class Starter:
    """Hands runs to watchers; ``specs`` says what each of them is to do, ``background`` is for WatcherPool."""

    def __init__(self, specs: RunSpecs, *, background: str) -> None:
        self._specs = specs
        self._watchers = WatcherPool(background)
        self._logs = LogSync()
        self._heard: Heard = {}

    def warm_up(self) -> None:
        """Get ready, so that the first start is as fast as the next. Raises OSError."""
        if sys.platform == "linux":
            with suppress(OSError):
                for thread in os.listdir("/proc/self/task"):
                    request_short_slice(int(thread), inherited=True)
        self._watchers.warm_up()

    async def start(self, job: Job, files: RunFiles) -> AsyncIterator[RunEvent]:
        """Hand the run to a watcher, return its events."""
        self._heard.pop(files.directory, None)
        spec = self._specs.of(job, files)
        try:
            events, theirs = socket.socketpair()
        except OSError as error:
            return _not_handed_over(str(of_every_start(error)["why"]))
        with theirs:
            try:
                await self._watchers.watch(spec, theirs.fileno())
            except OSError as error:
                events.close()
                return _not_handed_over(await why_no_watcher(self._watchers) or str(of_every_start(error)["why"]))
            except BaseException:
                events.close()
                raise
        events.setblocking(False)
        return follow_watcher(
            files, events, self._watchers, self._heard, is_own=lambda owner: owner.is_job(job.uuid, job.created_at)
        )

    def adopt(self, files: RunFiles, *, started: bool, rebooted: bool) -> AsyncIterator[RunEvent]:
        """Return the events of a run that another scheduler let go; ``started`` says whether its start is known."""
        return read_end(files) if rebooted else follow_files(files, self._heard, announced=started)

    async def secure_output(self, files: RunFiles) -> None:
        """Put the log on disk, together with those of runs that end at about the same time."""
        await self._logs.secure(files.log)

    def close(self) -> None:
        """Start no more; runs and their watchers go on."""
        self._watchers.close()


async def _not_handed_over(obstacle: str) -> AsyncIterator[RunEvent]:
    """Yield that a run was not started: no watcher knows of it."""
    yield RunNeverStarted(obstacle=obstacle, everyones=True, number_free=True)
