"""One claimed job, from its start to its final state."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError, StoreError, TuiQueueError
from tui_queue.core.execution.executor import Executor, RunEvent, RunLost, RunNeverStarted, RunStarted
from tui_queue.core.execution.script_snapshot import Hash, hash_now
from tui_queue.core.model.job import Job, RunEnd, State
from tui_queue.core.model.notification import Channels, has_own_ways
from tui_queue.core.model.options import JobOptions
from tui_queue.core.model.queue import OnFailure, QueueOptions
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.policy.run_result import ASKED, NextAttempt, next_attempt, result_of
from tui_queue.core.policy.start_failures import AT_ONCE, PutBack, StartFailures
from tui_queue.core.store.store import Store
from tui_queue.core.system.worker_thread import ReaderPool

PAUSE_S = 1.0, 300.0  # before a job is put back once more that the store could not take back: the first, the longest
HASH_S = 0.25  # how long the record of an end waits for the hash of the script, which may be large or on a slow disk

logger = logging.getLogger(__name__)

_ScriptHash = Future[Hash]


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
        failures: StartFailures,
        freed: Callable[[], None],
        notify: Channels,
    ) -> None:
        """Call ``changed`` after each write, ``over`` when a slot is free: before that is written, so that the next
        claim can join it. When that is written, call ``finished``. Starts that did not happen are noted in
        ``failures``; call ``freed`` when others can start again. ``notify`` is who hears of ends, beside
        those that a job names itself.
        """
        self._store = store
        self._queues = store.queues
        self._executor = executor
        self._epoch = epoch
        self._changed = changed
        self._over = over
        self._finished = finished
        self._failures = failures
        self._freed = freed
        self._notify = notify
        self._readers = ReaderPool()  # a script on a disk that hangs holds up no other
        self._late: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """End the threads that read scripts."""
        for task in self._late:
            task.cancel()
        self._readers.close()

    async def start(self, job: Job) -> None:
        """Run a job that was just claimed; returns when it has ended."""
        try:
            events = await self._executor.start(await self._resuming(job))
        except BadInputError as error:  # the environment that was captured for it can't be read
            await self._finish(job, RunEnd(finished_at=datetime.now(UTC), error=str(error)))
        else:
            # Behind the start, which it would delay; content that was changed since is told by its time.
            await self._follow(job, events, self._hash(job), ours=True)

    async def adopt(self, job: Job, *, rebooted: bool = False, elsewhere: bool = False) -> None:
        """See through a run that an earlier scheduler has let go, before the machine was started again or since.

        One that was started ``elsewhere``, on a host that had the queue before, may still go on there: when its end is
        not known, the user is asked before it runs again.
        """
        events = self._executor.adopt(job, rebooted=rebooted)
        await self._follow(job, events, self._hash(job), ours=False, elsewhere=elsewhere)

    async def _follow(
        self,
        job: Job,
        events: AsyncIterator[RunEvent],
        script: _ScriptHash | None,
        *,
        ours: bool,
        elsewhere: bool = False,
    ) -> None:
        async for item in events:
            match item:
                case RunStarted(at=at):
                    await self._confirm(job, at, script, ours=ours)
                case RunEnd():
                    if not await self._finish(job, item, script):
                        return  # and do not ask for more, which would mean that it is stored
                case RunNeverStarted():
                    await self._put_back(job, item, ours=ours)
                case RunLost():
                    now = await self._store.queries.job(str(job.id))
                    lost = RunEnd(finished_at=datetime.now(UTC), cancelled=now.cancel_requested, error="")
                    await self._finish(now, lost, ask=elsewhere)

    async def _put_back(self, job: Job, why: RunNeverStarted, *, ours: bool) -> None:
        """Have a job that was not started wait again; one that another scheduler has let go may start at once."""
        back, now = AT_ONCE, datetime.now(UTC)
        if ours:
            back = self._failures.failed(job, why.obstacle, everyones=why.everyones, now=now)
        else:
            self._failures.over(job)
        self._over(job)
        waiting = await self._stored_again(job, back, number_free=why.number_free)
        if waiting is not None:
            self._finished(waiting)
        self._changed()

    async def _stored_again(self, job: Job, back: PutBack, *, number_free: bool) -> Job | None:
        """Put a job back, however long the store can't be written; None when that is no longer ours to do."""
        pause_s, longest_s = PAUSE_S
        while True:
            try:
                return await self._store.runs.put_back(
                    job, epoch=self._epoch, back=back, number_free=number_free, now=datetime.now(UTC)
                )
            except StoreError as error:
                logger.warning("job %s did not start, and can't be put back; trying again: %s", job.id, error)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, longest_s)

    async def _has_started(self, job: Job) -> None:
        if self._failures.started(job):
            self._freed()
            await self._store.runs.end_shortage(epoch=self._epoch)

    async def _confirm(self, job: Job, at: datetime, script: _ScriptHash | None, *, ours: bool) -> None:
        ran = _ran(script, at)
        await self._has_started(job)
        started = await self._store.runs.confirm_start(job, epoch=self._epoch, started_at=at, script=ran)
        if started is not None and started.cancel_requested:
            await self._executor.cancel(job)
        elif started is not None and started.paused:
            await self._executor.pause(job)
        # The user was faster than its watcher; whether what another scheduler has started knows, is not known.
        if started is not None and (started.timeout_s != job.timeout_s or not ours):
            await self._executor.limit(started)
        self._changed()

    def _hash(self, job: Job) -> _ScriptHash | None:
        """Have the script hashed in a thread, where it is not known yet what the run has run."""
        if job.options.script is None or job.started_at is not None:
            return None
        try:
            return self._readers.ask(partial(hash_now, job.options.script, job.path))
        except RuntimeError:  # no thread can be started: what the run has run stays unknown
            return None

    async def _record_late(self, job: Job, script: _ScriptHash, at: datetime) -> None:
        """Record the hash of a script that was still read when its run had ended."""
        with suppress(TuiQueueError):
            if ran := (await asyncio.wrap_future(script)).as_started(at):
                await self._store.runs.record_script(job, epoch=self._epoch, script=ran)

    async def _resuming(self, job: Job) -> Job:
        """Return the job with the parameters that it is to go on with where its attempt before was lost."""
        if not job.options.resume_args or job.attempt == 1:
            return job
        before = [run for run in await self._store.queries.runs(job.id) if run.attempt < job.attempt]
        lost = bool(before) and before[-1].reason.kind is ReasonKind.LOST
        return replace(job, args=job.args + job.options.resume_args) if lost else job

    async def _finish(self, job: Job, end: RunEnd, script: _ScriptHash | None = None, *, ask: bool = False) -> bool:
        """Record an end; with ``ask`` the user decides about another attempt."""
        state, reason = result_of(end, job.options)
        queue, now = await self._options_of(job.queue, state), datetime.now(UTC)

        def next_with(options: JobOptions) -> NextAttempt | None:
            again = next_attempt(replace(job, options=options), state, end, queue, now)
            return again if again is None or not ask else ASKED

        if end.started_at is None:
            self._failures.over(job)
        else:
            await self._has_started(job)
        pauses = state is State.FAILED and queue.on_failure is OnFailure.PAUSE
        # The slot of a failure that may pause its queue is free once that is written, and so is what leftovers hold.
        late = pauses or bool(end.left)
        if not late:
            self._over(job)
        await self._executor.secure_output(job)
        if script is not None and not script.done():
            await asyncio.wait([asyncio.wrap_future(script)], timeout=HASH_S)
        ran = _ran(script, end.started_at)
        done = await self._store.runs.finish(
            job,
            epoch=self._epoch,
            state=state,
            reason=reason,
            end=end,
            script=ran,
            again=next_with if state is State.FAILED else None,
            notify=self._notify if self._notify.exist or has_own_ways(job.options) else None,
        )
        if late:
            self._over(job)
        if done is not None:
            self._finished(done)
            if script is not None and end.started_at is not None and not script.done():
                self._late.add(task := asyncio.create_task(self._record_late(job, script, end.started_at)))
                task.add_done_callback(self._late.discard)
        self._changed()
        return done is not None

    async def _options_of(self, queue: str, state: State) -> QueueOptions:
        """Return how its queue is served, where that matters."""
        return (await self._queues.get(queue)).options if state is State.FAILED else QueueOptions()


def _ran(script: _ScriptHash | None, at: datetime | None) -> str:
    """Return the hash of what a run has run, as far as it is known by now."""
    if script is None or at is None or not script.done() or script.exception() is not None:
        return ""
    return script.result().as_started(at)
