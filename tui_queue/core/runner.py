"""One claimed job, from its start to its final state."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from signal import Signals

from tui_queue.core.executors import Executor, RunLost, RunNeverStarted, RunNews, RunStarted
from tui_queue.core.models import Job, RunEnd, State
from tui_queue.core.store import Store

PAUSE_S = 1.0  # before a job is put back that could not be started for a passing reason


class Runner:
    """Writes what happens to runs into the store, in the name of one lease (``epoch``)."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        *,
        epoch: int,
        changed: Callable[[], None],
        over: Callable[[], None],
    ) -> None:
        """Call ``changed`` after each write, ``over`` before one that frees a slot: the next claim can join it."""
        self._store = store
        self._executor = executor
        self._epoch = epoch
        self._changed = changed
        self._over = over

    async def start(self, job: Job) -> None:
        """Run a job that was just claimed; returns when it has ended."""
        try:
            news = await self._executor.start(job)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            await self._finish(job, RunEnd(finished_at=datetime.now(UTC), error=reason))
        else:
            await self._follow(job, news, ours=True)

    async def adopt(self, job: Job, *, rebooted: bool = False) -> None:
        """See through a run that an earlier scheduler has let go, before the machine was started again or since."""
        await self._follow(job, self._executor.adopt(job, rebooted=rebooted), ours=False)

    async def _follow(self, job: Job, news: AsyncIterator[RunNews], *, ours: bool) -> None:
        async for item in news:
            match item:
                case RunStarted(at=at):
                    started = await self._store.confirm_start(job, epoch=self._epoch, started_at=at)
                    if started is not None and started.cancel_requested:
                        await self._executor.cancel(job)
                    self._changed()
                case RunEnd():
                    if not await self._finish(job, item):
                        return  # and do not ask for more, which would mean that it is stored
                case RunNeverStarted(complaint=""):
                    if ours:  # a full disk, too many processes: trying again at once would only fail again
                        await asyncio.sleep(PAUSE_S)
                    self._over()
                    await self._store.put_back(job, epoch=self._epoch, now=datetime.now(UTC))
                    self._changed()
                case RunNeverStarted(complaint=complaint):
                    await self._finish(job, RunEnd(finished_at=datetime.now(UTC), error=complaint))
                case RunLost():
                    asked = (await self._store.job(str(job.id))).cancel_requested
                    await self._finish(job, RunEnd(finished_at=datetime.now(UTC), cancelled=asked, error=""))

    async def _finish(self, job: Job, end: RunEnd) -> bool:
        state, reason = verdict(end)
        self._over()
        done = await self._store.finish(job, epoch=self._epoch, state=state, reason=reason, end=end)
        self._changed()
        return done is not None


def verdict(end: RunEnd) -> tuple[State, str]:
    """Return the final state that an end means, and its reason in words."""
    left = f"; could not be ended: {', '.join(map(str, end.survivors))}" if end.survivors else ""
    if end.timed_out:
        return State.FAILED, f"timeout{left}"
    if end.cancelled:
        return State.CANCELLED, f"cancelled by user{left}"
    if end.error is not None:
        return State.FAILED, f"could not start: {end.error}" if end.error else "interrupted (outcome unknown)"
    if end.signal is not None:
        return State.FAILED, f"signal {end.signal} ({signal_name(end.signal)})"
    if end.exit_code:
        return State.FAILED, f"exit {end.exit_code}"
    return State.COMPLETED, "exit 0"


def signal_name(number: int) -> str:
    """Return ``SIGTERM`` for 15, and so on."""
    try:
        return Signals(number).name
    except ValueError:  # a real-time signal
        return "real-time"
