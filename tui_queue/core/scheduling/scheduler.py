"""The scheduler: starts the jobs that may start, then waits for a change."""

import asyncio
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Self

from tui_queue.core.cleanup.cleaner import Cleaner
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import Channels, Event
from tui_queue.core.model.retention import Limits
from tui_queue.core.notifications.sender import NotificationSender
from tui_queue.core.policy.ahead import FEW, STALE_S, RecentRuns
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.policy.start_failures import StartFailures
from tui_queue.core.scheduling.intake import Intake
from tui_queue.core.scheduling.lease import Lease
from tui_queue.core.scheduling.leftovers import LeftoverWatch
from tui_queue.core.scheduling.runner import Runner
from tui_queue.core.scheduling.silence import SilenceWatch
from tui_queue.core.scheduling.time_limits import TimeLimits
from tui_queue.core.scheduling.usage_sampler import UsageSampler
from tui_queue.core.scheduling.wakeup import Waker
from tui_queue.core.store.claim import Claimed
from tui_queue.core.store.incoming import Incoming
from tui_queue.core.store.open_files import FilesReplacedError
from tui_queue.core.store.store import Store
from tui_queue.core.system.machine import boot_id

POLL_S = 30.0  # after this long it looks without having been woken: who changed something may have died at once
CLEAN_S = 3600.0  # between two looks for what is not to be kept any more
DAY_S = 86_400
CARDS_AGE_S = 0.05  # how old a sample of the GPUs may be that jobs are started by
VOID_S = 2.0  # how long leaving waits for a disk that hangs
RETRY_S = 1.0  # after an error of the store, a full disk say

Run = Callable[[], Coroutine[None, None, None]]

logger = logging.getLogger(__name__)


class Scheduler:
    """Schedules while it holds the lease; an async context manager around the dashboard or a command.

    Leaving it stops the scheduling and no run: each has a watcher of its own, and the next scheduler adopts it.
    """

    def __init__(
        self,
        store: Store,
        executor: Executor,
        lease: Lease,
        *,
        capacity: Capacity,
        cleaner: Cleaner,
        limits: Callable[[], Limits],
        compress_after_s: Callable[[], int | None],
        channels: Channels,
        waker: Waker,
        incoming: Incoming,
        version: str,
    ) -> None:
        self._version = version
        self._store = store
        self._executor = executor
        self._lease = lease
        self._capacity = capacity
        self._cleaner = cleaner
        self._limits = limits
        self._compress_after_s = compress_after_s
        self._channels = channels
        self._waker = waker
        self._woken = asyncio.Event()
        self.moved = asyncio.Event()  # set at the end of the scheduling, when the queue was moved or deleted
        self._outbox = store.outbox
        self._notifications = NotificationSender(
            self._outbox, channels, log_path=executor.log_path, notified=self._poll_again
        )
        self._silence = SilenceWatch(store, executor, silent=self._is_silent)
        self._usage_sampler = UsageSampler(executor)
        self._time_limits = TimeLimits(executor)
        self._intake = Intake(store, incoming, changed=self.wake)
        self._leftovers = LeftoverWatch(store, executor, changed=self._poll_again)
        self._runs: set[asyncio.Task[None]] = set()
        self._awaited = False  # whether any job waits for another one
        self._over: set[int] = set()  # jobs whose processes have ended, which the store may not know yet
        self._failures = StartFailures()
        self._recent = RecentRuns()
        self._reserved = 0  # jobs that may be started next without a pass
        self._epoch = 0
        self._pass_wanted = True  # whether anything but the end of a run has woken this
        self._loop: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()  # set when another host has taken the queue over

    def wake(self) -> None:
        """Look at the queue again, soon."""
        self._pass_wanted = True
        self._woken.set()

    async def __aenter__(self) -> Self:
        self._executor.require_visible_processes()  # else another scheduler, in a better place, should have the lease
        self.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pause()
        await self._notifications.close()

    def resume(self) -> None:
        """Schedule, or wait for the turn to."""
        if self._loop is None:
            self._loop = asyncio.create_task(self._schedule(), name="scheduler")

    async def pause(self) -> None:
        """Let another process schedule until ``resume``; runs go on."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None
        if self._reserved:
            self._reserved = 0
            with suppress(TuiQueueError, TimeoutError):  # the next scheduler does it too
                async with asyncio.timeout(VOID_S):
                    await self._store.runs.void_reserves(epoch=self._epoch)
        self._lease.release()

    async def _schedule(self) -> None:
        while not self.gone.is_set():
            try:
                await self._lease.announce()
                self._waker.call()
                await self._lease.acquire(in_thread=self.wake)
                if not self._lease.has_moved():
                    await self._lead()
            except Exception as error:  # without a scheduler no job would ever start
                if self._store.is_elsewhere:
                    logger.warning("another host has taken the queue over")
                    self.gone.set()
                    self._waker()  # who shows the queue on this host shows a copy of it now
                    continue
                if replaced := _replaced(error):  # what this process would go on with is not the queue any more
                    logger.error("scheduling ends: %s", replaced)  # noqa: TRY400 - the place in the code says nothing
                    self._end_for_good()
                    return
                logger.exception("scheduling failed; trying again")
                await asyncio.sleep(RETRY_S)
            finally:
                await self._let_go_of_runs()
                self._executor.close()
                self._lease.hand_over()
            if self._lease.has_moved():
                self._end_for_good()
                return

    def _end_for_good(self) -> None:
        """Leave the lease to others; where the directory has moved, its files look replaced too."""
        if self._lease.has_moved():
            self.moved.set()
        self._lease.release()
        self._waker()

    async def _lead(self) -> None:
        """Schedule until a process in the foreground wants to, or another process does already."""
        await self._store.claim_host()
        boot = boot_id()
        holder = await self._store.runs.take_lease(
            pid=os.getpid(), host=socket.gethostname(), tty=_terminal(), boot=boot, now=datetime.now(UTC)
        )
        self._lease.say_version(holder.epoch, self._version)
        self._epoch, self._reserved, self._pass_wanted = holder.epoch, 0, True
        try:
            self._executor.warm_up()
        except OSError:  # the first job that is to start says so
            logger.exception("no watcher can be started yet")
        runner = Runner(
            self._store,
            self._executor,
            epoch=holder.epoch,
            changed=self._waker,
            over=self._is_over,
            finished=self._has_finished,
            failures=self._failures,
            freed=self.wake,
            notify=self._channels,
        )
        try:
            await self._notifications.begin()
            elsewhere = await self._store.earlier_boots()
            for job, of_boot in await self._store.runs.running():
                rebooted, away = boot != "" and of_boot not in ("", boot), of_boot in elsewhere
                adopt = partial(runner.adopt, job, rebooted=rebooted, elsewhere=away)
                self._see_through(job, adopt, again=adopt)
                await self._time_limits.adopt(job)
                if job.paused:  # the process that wrote that down may have ended before it was done
                    await self._executor.pause(job)
            self._waker()
            async with asyncio.TaskGroup() as tasks:
                works = (
                    self._keep_clean(),
                    self._keep_backups(),
                    self._silence.run(),
                    self._usage_sampler.run(),
                    self._intake.run(),
                )
                beside = [tasks.create_task(work) for work in works]
                await self._start_what_may(runner, holder.epoch, boot)
                for task in beside:
                    task.cancel()
        finally:
            await self._leftovers.close()
            runner.close()

    async def _keep_clean(self) -> None:
        """Now and then take away what the settings say is not to be kept, and what was removed a while ago."""
        next_day = 0.0
        while True:
            try:
                await self._cleaner.empty_trash(now=datetime.now(UTC))
                if (older_s := self._compress_after_s()) is not None:
                    await self._cleaner.compress(older_s, now=datetime.now(UTC))
                if (limits := self._limits()) != Limits():
                    planned = await self._cleaner.planned(limits, now=datetime.now(UTC))
                    if await self._cleaner.carry_out(planned, now=datetime.now(UTC)):
                        self._waker()
                if time.monotonic() >= next_day:
                    next_day = time.monotonic() + DAY_S
                    await self._cleaner.remove_unused()
            except (TuiQueueError, OSError):
                logger.exception("could not clean up; trying again later")
            await asyncio.sleep(CLEAN_S)

    async def _keep_backups(self) -> None:
        from tui_queue.core.recovery.daily import keep_daily_backups  # noqa: PLC0415 - after the first starts

        await keep_daily_backups(self._store.database)

    async def _start_what_may(self, runner: Runner, epoch: int, boot: str) -> None:
        is_stale = False
        while self._lease.held and not self._lease.wanted and not self._lease.has_moved():
            self._woken.clear()
            self._pass_wanted = False
            gpus = self._capacity.gpus
            await gpus.refresh(CARDS_AGE_S)
            now = datetime.now(UTC)
            trials = self._failures.trials(now)
            if trials is not None:
                with suppress(TuiQueueError):
                    await self._cleaner.make_room(now=now)
            claimed = await self._store.runs.claim(
                epoch=epoch,
                capacity=self._capacity,
                over=tuple(self._over),
                trials=trials,
                short=() if is_stale else self._recent.short_queues(),
                boot=boot,
                now=now,
            )
            if claimed is None:
                logger.warning("another scheduler has taken over: this one was stopped or too slow")
                return
            self._awaited = claimed.awaited
            self._leftovers.follow(claimed.leftovers)
            self._reserved = claimed.reserved
            self._start(runner, claimed.jobs, now)
            if gpus.lacking and await gpus.refresh(CARDS_AGE_S):
                self.wake()
            await asyncio.sleep(0)  # the starts go first
            await self._order_runs(claimed)
            for hampered in self._failures.to_tell():
                self._notifications.announce(hampered)
            await self._notifications.notify()
            if claimed.changed:
                self._waker()
            is_stale = await self._start_reserved_until(time.monotonic() + _patience(claimed, now), runner, boot)

    async def _start_reserved_until(self, due: float, runner: Runner, boot: str) -> bool:
        """Start reserved jobs in slots that become free, until a pass is due; return whether some have waited long."""
        while True:
            until = min(due, time.monotonic() + STALE_S) if self._reserved else due
            try:
                # Not wait_for: it swallows a cancellation that comes together with the event (Python 3.11).
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    await self._woken.wait()
            except TimeoutError:
                return until < due
            if self._pass_wanted or not self._reserved:
                return False
            self._woken.clear()
            now = datetime.now(UTC)
            started = await self._store.runs.start_reserved(
                epoch=self._epoch, capacity=self._capacity, over=tuple(self._over), boot=boot, now=now
            )
            if started is None:
                return False
            self._reserved = started.left
            self._start(runner, started.jobs, now)
            if started.jobs:
                self._waker()
            if started.left <= FEW:
                return False

    def _start(self, runner: Runner, jobs: Collection[Job], now: datetime) -> None:
        """Start jobs that were claimed just now."""
        self._failures.claimed(jobs, now)
        for job in jobs:
            self._over.discard(job.id)
            self._see_through(job, partial(runner.start, job), again=partial(runner.adopt, job))

    async def _order_runs(self, claimed: Claimed) -> None:
        await self._time_limits.compare(claimed.limits)
        for job in claimed.cancel:
            await self._executor.cancel(job)
        for job in claimed.pause:
            await self._executor.pause(job)
        for job in claimed.resume:
            await self._executor.resume(job)

    def _is_over(self, job: Job) -> None:
        self._over.add(job.id)
        self._woken.set()

    def _has_finished(self, job: Job) -> None:
        """Look again where that lets others start, has the job try again, or is to be told; its slot is free anyway."""
        self._recent.note(job)
        if self._notifications.concern(job) or self._awaited or job.state is State.PENDING:
            self.wake()

    async def _is_silent(self, job: Job) -> None:
        """Show that a job is silent, and have that told."""
        if self._channels.sends(job, Event.SILENT) and self._notifications.concern(job):
            await self._outbox.report(job, Event.SILENT)
            self.wake()
        self._waker()

    def _poll_again(self) -> None:
        """Poll the queue, and have other processes do so: one that waits until nothing is left to do waits for this."""
        self.wake()
        self._waker()

    def _see_through(self, job: Job, run: Run, *, again: Run) -> None:
        self._silence.watch(job)
        self._time_limits.watch(job)

        async def until_its_end() -> None:
            try:
                with self._usage_sampler.of(job):
                    await run()
                self._over.discard(job.id)
                self._time_limits.forget(job)
            except Exception:  # a full disk, no thread: nothing else follows the run
                # The end lies safe in the run's own files: it is written down when that is possible again.
                logger.exception("what became of a run could not be stored; trying again")
                await asyncio.sleep(RETRY_S)
                self._see_through(job, again, again=again)

        task = asyncio.create_task(until_its_end())
        self._runs.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._runs.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a run could not be followed", exc_info=error)

    async def _let_go_of_runs(self) -> None:
        runs = list(self._runs)
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)


def _replaced(error: Exception) -> Exception | None:
    """Return the error that files of the store were replaced, if it is that or among those of a group."""
    if isinstance(error, ExceptionGroup):
        return next(filter(None, map(_replaced, error.exceptions)), None)
    return error if isinstance(error, FilesReplacedError) else None


def _patience(claimed: Claimed, now: datetime) -> float:
    """Return after how many seconds to look again, woken or not."""
    if claimed.due is None:
        return POLL_S
    return min(POLL_S, max(0.0, (claimed.due - now).total_seconds()))


def _terminal() -> str:
    with suppress(OSError, ValueError, AttributeError):
        return os.ttyname(sys.stdin.fileno())
    return ""
