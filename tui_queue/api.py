"""The queue from Python, for programs that do not want to go through the command line.

``Queue`` blocks, ``AsyncQueue`` is awaited; both have the same methods. They read and write the same store as the
dashboard and the command line, and a process in the background starts the jobs, unless the settings say otherwise.

    with Queue() as queue:
        job = queue.add("train.py", "--lr", "0.1", queue="gpu", retries=2, timeout="2h")
        for line in queue.follow(job.id):
            print(line.decode(), end="")
        (job,) = queue.wait(job.id)
        print(job.state, job.exit_code)
"""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from tui_queue.bootstrap import OpenQueue, open_queue
from tui_queue.core.errors import BadInputError, NoSuchJobError, WrongStateError
from tui_queue.core.logs.file import LogTail
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.parsing.bulk import drafts_of_lines, fields_of_values, text_of
from tui_queue.core.parsing.directives import ScriptOptions, lines_of
from tui_queue.paths import Paths

T = TypeVar("T")
Jobs = list[Job]
Numbers = list[int]
Home = str | os.PathLike[str]
Word = str | os.PathLike[str] | int | float  # a parameter
Id = int | str | Job  # a number, a UUID, or a unique beginning of one of 6 or more characters; a job that was returned

logger = logging.getLogger(__name__)

POLL_S = 5.0  # how often a wait looks without being told
LISTEN_S = 0.2  # how often a log is looked at


class AsyncQueue:
    """A queue to be awaited; an async context manager.

    ``home`` is the directory that holds it; None: that of TUI_QUEUE_HOME, or the user's own. All methods raise
    ``TuiQueueError``, and then nothing has changed: ``BadInputError`` for what can't be used, ``NoSuchJobError``,
    ``WrongStateError``, ``StoreError``.
    """

    def __init__(self, home: Home | None = None) -> None:
        self._paths = _paths_of(home)
        self._stack = AsyncExitStack()
        self._open: OpenQueue | None = None

    async def __aenter__(self) -> Self:
        self._open = await self._stack.enter_async_context(open_queue(self._paths))
        self._open.commands.set_client("Python")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = None
        await self._stack.aclose()

    @property
    def _queue(self) -> OpenQueue:
        if self._open is None:
            raise RuntimeError("the queue is not open; use it in a with block")
        return self._open

    async def add(self, path: Home, *args: Word, **options: Any) -> Job:
        """Add a job; when this returns it is safe on disk.

        Where another host runs the queue and does not answer within 5 seconds the job has the ``id`` 0 so far, and its
        ``uuid``. ``options`` are those of ``tui-queue add``, with ``_`` for ``-``: ``name``, ``cwd``, ``priority=5``,
        ``timeout="2h"`` or a ``timedelta``, ``at`` with an aware ``datetime`` or a text, ``after=[12]``,
        ``env={"NAME": "value"}``, ``resource={"gpu": 1}``, ``hold=True`` and so on. What the script names in
        `#TUI-QUEUE` and `#SBATCH` lines holds where they say nothing; of an array it is one job.
        """
        words = {"path": text_of("path", path), "args": [text_of("args", arg) for arg in args]}
        fields = {**fields_of_values(options), **words}
        lines = lines_of(fields)
        are_slurms = lines is not None and lines.are_slurms
        scripts = ScriptOptions(await self._queue.commands.queues.resources() if are_slurms else ())
        drafts = scripts.drafts(fields, array=False)
        for remark in scripts.remarks:
            logger.warning("tui-queue: %s", remark)
        (job,) = await self._queue.commands.jobs.add(drafts)
        return job

    async def add_lines(self, lines: Iterable[str], **options: Any) -> Jobs:
        """Add a job for each line, all or none: a path and its words, or a JSON object, as ``tui-queue add --from``."""
        drafts: Sequence[JobDraft] = drafts_of_lines(lines, fields_of_values(options))
        return await self._queue.commands.jobs.add(drafts)

    async def get(self, job: Id) -> Job:
        """Return one job."""
        self._queue.commands.bring_back_scheduler()
        return await self._queue.commands.jobs.get(str((job.id or job.uuid) if isinstance(job, Job) else job))

    async def list(
        self,
        *,
        states: Iterable[State | str] = (),
        queue: str = "",
        batch: str = "",
        words: Iterable[str] = (),
        ended: int = -1,
    ) -> Jobs:
        """Return active jobs in the order they start, then the latest ``ended`` ones (-1: all).

        ``words`` must all stand in the name, the path or the parameters. A pending job's ``reason`` says why it waits.
        """
        try:
            wanted = tuple(map(State, states))
        except ValueError as error:
            raise BadInputError("states", f"{error}; there are {', '.join(State)}.") from None
        only = Filter(states=wanted, queue=queue, batch=batch, words=tuple(words))
        self._queue.commands.bring_back_scheduler()
        overview = await self._queue.commands.reports.overview(ended=ended, only=only)
        return [*overview.jobs]

    async def wait(self, *jobs: Id, timeout: float | None = None, held: bool = False) -> Jobs:
        """Return these jobs once all have ended. Raises TimeoutError after ``timeout`` seconds.

        Raises WrongStateError when all others have ended and one is held, and not by the user: its dependency has
        failed, say; with ``held`` that is waited for too.
        """
        numbers = await self._numbers(jobs)
        changed = asyncio.Event()
        async with self._queue.listen(changed.set), asyncio.timeout(timeout):
            while True:
                changed.clear()
                found = {job.id: job for job in await self._queue.commands.jobs.existing(numbers)}
                for number in numbers:
                    if number not in found:
                        raise NoSuchJobError(f"{number}: no such job any more; it has been removed.")
                if all(job.state.ended for job in found.values()):
                    return [found[number] for number in numbers]
                if not held:
                    await self._check_blocked(found)
                self._queue.check_place()
                if not await _at_most(LISTEN_S if self._queue.is_elsewhere else POLL_S, changed):
                    self._queue.commands.bring_back_scheduler()

    async def _check_blocked(self, found: Mapping[int, Job]) -> None:
        waiting = [job for job in found.values() if not job.state.ended]
        if not all(job.waits and (job.held or job.after) for job in waiting):
            return
        blocked = await self._queue.commands.jobs.blocked()
        if all(job.id in blocked and blocked[job.id].reason for job in waiting):
            why = blocked[waiting[0].id].text(waiting[0].id)
            raise WrongStateError(f"{why}; release or cancel it, or wait with held=True.")

    async def cancel(self, *jobs: Id) -> Jobs:
        """Take pending jobs out of the queue, end running ones with every process they have started."""
        return [job.shown for job in await self._queue.commands.jobs.cancel(await self._numbers(jobs))]

    async def retry(self, *jobs: Id) -> Jobs:
        """Put ended jobs into the queue again."""
        return await self._queue.commands.jobs.retry(await self._numbers(jobs))

    async def start(self, *jobs: Id) -> Jobs:
        """Start pending jobs now, beyond the slots and before their time; let paused jobs go on."""
        return [job.shown for job in await self._queue.commands.jobs.start(await self._numbers(jobs))]

    async def hold(self, *jobs: Id) -> Jobs:
        """Keep pending jobs from starting until they are released."""
        return await self._queue.commands.jobs.hold(await self._numbers(jobs))

    async def release(self, *jobs: Id) -> Jobs:
        """Let held jobs start."""
        return await self._queue.commands.jobs.release(await self._numbers(jobs))

    async def remove(self, *jobs: Id) -> Jobs:
        """Forget ended jobs and their logs."""
        return await self._queue.commands.jobs.remove(await self._numbers(jobs))

    async def log(self, job: Id, *, attempt: int | None = None) -> bytes:
        """Return the output of a run so far: of the latest one, or of that attempt."""
        return b"".join([part async for part in self._output(job, attempt, follow=False)])

    async def follow(self, job: Id, *, attempt: int | None = None) -> AsyncIterator[bytes]:
        """Yield the output of a run line by line until that has ended; of a pending job its next run."""
        rest = b""
        async for part in self._output(job, attempt, follow=True):
            *lines, rest = (rest + part).splitlines(keepends=True) if part else [rest]
            if rest.endswith((b"\n", b"\r")):
                lines, rest = [*lines, rest], b""
            for line in lines:
                yield line
        if rest:
            yield rest

    async def _output(self, job_id: Id, attempt: int | None, *, follow: bool) -> AsyncIterator[bytes]:
        job = await self.get(job_id)
        if attempt is not None and not 1 <= attempt <= job.attempt:
            raise BadInputError("attempt", f"Job {job.id} has had {job.attempt} attempts; there is no {attempt}.")
        wanted = attempt or job.attempt + (follow and job.state is State.PENDING)
        changed = asyncio.Event()
        async with self._queue.listen(changed.set):
            tail: LogTail | None = None
            while True:
                changed.clear()
                job = await self.get(job.id)
                if tail is None and job.attempt >= wanted:
                    path = self._queue.commands.jobs.own_log_path(replace(job, attempt=wanted))
                    tail = None if path is None else LogTail(path, from_start=True)
                while tail is not None and (data := tail.read().data):
                    yield data
                waits_again = job.attempt == wanted and job.state is State.PENDING
                if not follow or job.state.ended or job.attempt > wanted or waits_again:
                    return
                self._queue.check_place()
                self._queue.commands.bring_back_scheduler()
                await _at_most(LISTEN_S, changed)

    async def _numbers(self, jobs: Sequence[Id]) -> Numbers:
        return [(await self.get(job)).id for job in jobs]


class Queue:
    """A queue that blocks; a context manager, also without: then it is open from its first use to ``close``.

    The methods are those of ``AsyncQueue``; they may be called from any thread, also from one with an event loop.
    """

    def __init__(self, home: Home | None = None) -> None:
        self._paths = _paths_of(home)
        self._async: AsyncQueue | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._opened()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; jobs go on."""
        with self._lock:
            loop, queue, self._loop, self._async = self._loop, self._async, None, None
        if loop is not None and queue is not None:
            asyncio.run_coroutine_threadsafe(queue.__aexit__(None, None, None), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    def add(self, path: Home, *args: Word, **options: Any) -> Job:
        """Add a job; when this returns it is safe on disk. Options as for ``AsyncQueue.add``."""
        return self._do(self._opened().add(path, *args, **options))

    def add_lines(self, lines: Iterable[str], **options: Any) -> Jobs:
        """Add a job for each line, all or none."""
        return self._do(self._opened().add_lines(lines, **options))

    def get(self, job: Id) -> Job:
        """Return one job."""
        return self._do(self._opened().get(job))

    def list(
        self,
        *,
        states: Iterable[State | str] = (),
        queue: str = "",
        batch: str = "",
        words: Iterable[str] = (),
        ended: int = -1,
    ) -> Jobs:
        """Return active jobs in the order they start, then the latest ``ended`` ones (-1: all)."""
        return self._do(self._opened().list(states=states, queue=queue, batch=batch, words=words, ended=ended))

    def wait(self, *jobs: Id, timeout: float | None = None, held: bool = False) -> Jobs:
        """Return these jobs once all have ended. Arguments and errors as for ``AsyncQueue.wait``."""
        return self._do(self._opened().wait(*jobs, timeout=timeout, held=held))

    def cancel(self, *jobs: Id) -> Jobs:
        """Take pending jobs out of the queue, end running ones with every process they have started."""
        return self._do(self._opened().cancel(*jobs))

    def retry(self, *jobs: Id) -> Jobs:
        """Put ended jobs into the queue again."""
        return self._do(self._opened().retry(*jobs))

    def start(self, *jobs: Id) -> Jobs:
        """Start pending jobs now, beyond the slots and before their time; let paused jobs go on."""
        return self._do(self._opened().start(*jobs))

    def hold(self, *jobs: Id) -> Jobs:
        """Keep pending jobs from starting until they are released."""
        return self._do(self._opened().hold(*jobs))

    def release(self, *jobs: Id) -> Jobs:
        """Let held jobs start."""
        return self._do(self._opened().release(*jobs))

    def remove(self, *jobs: Id) -> Jobs:
        """Forget ended jobs and their logs."""
        return self._do(self._opened().remove(*jobs))

    def log(self, job: Id, *, attempt: int | None = None) -> bytes:
        """Return the output of a run so far: of the latest one, or of that attempt."""
        return self._do(self._opened().log(job, attempt=attempt))

    def follow(self, job: Id, *, attempt: int | None = None) -> Iterator[bytes]:
        """Yield the output of a run line by line until that has ended; of a pending job its next run."""
        lines = self._opened().follow(job, attempt=attempt)

        async def following() -> bytes | None:
            return await anext(lines, None)

        try:
            while (line := self._do(following())) is not None:
                yield line
        finally:
            self._do(_closed(lines))

    def _opened(self) -> AsyncQueue:
        """Return the queue in the event loop of a thread of its own."""
        with self._lock:
            if self._async is None:
                loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(loop,), name="tui-queue", daemon=True).start()
                queue = AsyncQueue(None if self._paths is None else self._paths.state)
                try:
                    asyncio.run_coroutine_threadsafe(queue.__aenter__(), loop).result()
                except BaseException:
                    loop.call_soon_threadsafe(loop.stop)
                    raise
                self._loop, self._async = loop, queue
            return self._async

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None, "opened before"  # noqa: S101
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C while it waits
            raise


def _paths_of(home: Home | None) -> Paths | None:
    """Return the places of a queue as they are now, so that a relative directory stays the same one."""
    if home is None:
        home = os.environ.get("TUI_QUEUE_HOME") or None
    return None if home is None else Paths.in_directory(os.fsdecode(home))


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _closed(lines: AsyncIterator[bytes]) -> None:
    await lines.aclose()  # type: ignore[attr-defined]  # it is a generator


async def _at_most(seconds: float, event: asyncio.Event) -> bool:
    """Wait for the event; return whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
