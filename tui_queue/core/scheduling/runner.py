"""One claimed job, from its start to its final state."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from tui_queue.core.execution.executor import Executor, RunEvent, RunLost, RunNeverStarted, RunStarted
from tui_queue.core.execution.script_snapshot import hash_at, hash_now
from tui_queue.core.model.job import Job, RunEnd
from tui_queue.core.model.notification import Channels
from tui_queue.core.model.queue import QueueOptions
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.policy.run_result import next_attempt, result_of
from tui_queue.core.store.store import Store
from tui_queue.core.system.worker_thread import Reader

PAUSE_S = 1.0  # before a job is put back that could not be started for a passing reason
HASH_S = 10.0  # how long the record of a start waits for the hash of the script, which may lie on a disk that hangs


class Runner:
    """Writes what happens to runs into the store, in the name of one lease (``epoch``)."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        *,
        epoch: int,
        changed: Callable[[], None],
        over: Callable[[Job], None],
        finished: Callable[[Job], None],
        notify: Channels | None,
    ) -> None:
        """Call ``changed`` after each write, ``over`` when a slot is free: before that is written, so that the next
        claim can join it. When that is written, call ``finished``. ``notify`` is who wants to hear of ends.
        """
        self._store = store
        self._queues = store.queues
        self._executor = executor
        self._epoch = epoch
        self._changed = changed
        self._over = over
        self._finished = finished
        self._notify = notify
        self._reader = Reader()

    def close(self) -> None:
        """End the thread that reads scripts, once it has read what it was asked for."""
        self._reader.close(lambda: None)

    async def start(self, job: Job) -> None:
        """Run a job that was just claimed; returns when it has ended."""
        script = None
        if job.options.script is not None:  # read in a thread: a disk that hangs holds up this run alone
            script = self._reader.ask(partial(hash_now, job.options.script, job.path))
        try:
            events = await self._executor.start(await self._resuming(job))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            await self._finish(job, RunEnd(finished_at=datetime.now(UTC), error=reason))
        else:
            await self._follow(job, events, script, ours=True)

    async def adopt(self, job: Job, *, rebooted: bool = False) -> None:
        """See through a run that an earlier scheduler has let go, before the machine was started again or since."""
        await self._follow(job, self._executor.adopt(job, rebooted=rebooted), None, ours=False)

    async def _follow(
        self, job: Job, events: AsyncIterator[RunEvent], script: "asyncio.Future[str] | None", *, ours: bool
    ) -> None:
        async for item in events:
            match item:
                case RunStarted(at=at):
                    await self._confirm(job, at, script)
                case RunEnd():
                    if not await self._finish(job, item, script):
                        return  # and do not ask for more, which would mean that it is stored
                case RunNeverStarted(complaint=""):
                    if ours:  # a full disk, too many processes: trying again at once would only fail again
                        await asyncio.sleep(PAUSE_S)
                    self._over(job)
                    back = await self._store.runs.put_back(job, epoch=self._epoch, now=datetime.now(UTC))
                    if back is not None:
                        self._finished(back)
                    self._changed()
                case RunNeverStarted(complaint=complaint):
                    await self._finish(job, RunEnd(finished_at=datetime.now(UTC), error=complaint))
                case RunLost():
                    now = await self._store.queries.job(str(job.id))
                    await self._finish(
                        now, RunEnd(finished_at=datetime.now(UTC), cancelled=now.cancel_requested, error="")
                    )

    async def _confirm(self, job: Job, at: datetime, script: "asyncio.Future[str] | None") -> None:
        ran = await self._hash(job, at, script)
        started = await self._store.runs.confirm_start(job, epoch=self._epoch, started_at=at, script=ran)
        if started is not None and started.cancel_requested:
            await self._executor.cancel(job)
        elif started is not None and started.paused:
            await self._executor.pause(job)
        self._changed()

    async def _hash(self, job: Job, at: datetime | None, script: "asyncio.Future[str] | None") -> str:
        """Return the hash of the script that a run has started with at this time, empty where it is not known."""
        if script is None:
            if at is None or job.options.script is None or job.started_at is not None:
                return ""
            script = self._reader.ask(partial(hash_at, job.options.script, job.path, at))
        await asyncio.wait([script], timeout=HASH_S)
        return script.result() if script.done() and script.exception() is None else ""

    async def _resuming(self, job: Job) -> Job:
        """Return the job with the parameters that it is to go on with where its attempt before was lost."""
        if not job.options.resume_args or job.attempt == 1:
            return job
        runs = await self._store.queries.runs(job.id)
        lost = any(run.attempt == job.attempt - 1 and run.reason.kind is ReasonKind.LOST for run in runs)
        return replace(job, args=job.args + job.options.resume_args) if lost else job

    async def _finish(self, job: Job, end: RunEnd, script: "asyncio.Future[str] | None" = None) -> bool:
        state, reason = result_of(end, job.options)
        again = next_attempt(job, state, end, await self._options_of(job.queue, end), datetime.now(UTC))
        self._over(job)
        await self._executor.secure_output(job)
        ran = "" if end.started_at is None else await self._hash(job, end.started_at, script)
        done = await self._store.runs.finish(
            job, epoch=self._epoch, state=state, reason=reason, end=end, script=ran, again=again, notify=self._notify
        )
        if done is not None:
            self._finished(done)
        self._changed()
        return done is not None

    async def _options_of(self, queue: str, end: RunEnd) -> QueueOptions:
        """Return how its queue is served, where that matters."""
        lost = end.error == ""
        return (await self._queues.get(queue)).options if lost else QueueOptions()
