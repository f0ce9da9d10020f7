"""The verbs for jobs, each for single ones or for a set: one transaction, then those that must hear of it are told."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.commands.new_jobs import recaptured
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.queue import Move
from tui_queue.core.model.selection import Done, Left, Selection, Verb, singly
from tui_queue.core.model.trash import TrashedJobs
from tui_queue.core.system import event_loop
from tui_queue.core.system.worker_thread import in_thread

_SCHEDULED = (Verb.RETRY, Verb.START, Verb.RELEASE, Verb.UNCANCEL)  # after these a job may start


class JobVerbs:
    """Does verbs to jobs. Errors are TuiQueueErrors; then nothing has changed.

    A job of a set to which a verb does not apply is left; one that was named singly makes it fail.
    """

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._jobs = context.store.jobs
        self._executor = context.executor
        self._leftovers = context.store.leftovers

    async def plan(self, verb: Verb, selection: Selection, *, cancel: bool = False) -> Done:
        """Return what a verb would do, with the jobs as they are; with ``cancel`` together with a cancel before it."""
        done = await self._jobs.plan(verb, selection if not cancel else _tolerant(selection))
        if not cancel:
            return done
        alive = await self._jobs.plan(Verb.CANCEL, _tolerant(selection))
        return Done(jobs=[*done.jobs, *alive.jobs], left=Counter({Left.AWAITED: done.left.get(Left.AWAITED, 0)}))

    async def members(self, selection: Selection) -> Sequence[Job]:
        """Return the jobs of a selection in any state, to be looked at. Raises NoSuchJobError."""
        return await self._jobs.members(selection)

    async def act(self, verb: Verb, selection: Selection) -> Done:
        """Do a verb to all jobs of a selection that it applies to."""
        done = await self._jobs.act(verb, selection, now=datetime.now(UTC))
        if verb is Verb.CANCEL:
            # Straight to its watcher: that works whichever process schedules. The scheduler cancels a run whose watcher
            # does not exist yet as soon as it has started.
            await self._context.reach(_running(done.jobs), self._executor.cancel)
            if await self._leftovers.any_ending():  # a scheduler ends them
                self._context.start_background()
        elif verb is Verb.PAUSE:
            await self._context.reach(done.jobs, self._executor.pause)
        elif verb in (Verb.RESUME, Verb.START):
            await self._context.reach(_running(done.jobs), self._executor.resume)
        if verb in _SCHEDULED:
            self._context.wake_scheduler()
        else:
            self._context.wake_listeners()
        return done

    async def retry_here(self, selection: Selection) -> Done:
        """Retry jobs in the environment of this process."""
        planned = (await self._jobs.plan(Verb.RETRY, selection)).jobs
        options = await event_loop.to_thread(recaptured, self._context, planned)
        if selection.is_set:  # those that have joined it since have no environment of this process
            selection = Selection(members=tuple(job.id for job in planned))
        done = await self._jobs.act(Verb.RETRY, selection, options=options, now=datetime.now(UTC))
        self._context.wake_scheduler()
        return done

    async def move(self, selection: Selection, move: Move, before: int | None = None) -> Done:
        """Give pending jobs another place in their queue."""
        done = await self._jobs.move(selection, move, before, now=datetime.now(UTC))
        self._context.wake_listeners()
        return done

    async def signal(self, selection: Selection, number: int, *, everybody: bool) -> Done:
        """Send a signal to the leading processes of running jobs; with ``everybody`` to all of their processes.

        Of an ended job all processes that its runs have left get it.
        """
        self._context.require_host()
        await self._forget_gone(selection)
        planned = await self._jobs.plan(Verb.SIGNAL, selection)
        running = _running(planned.jobs)
        orders = (self._executor.signal(job, number, everybody=everybody) for job in running)
        reached = event_loop.raising(await event_loop.gather(*orders))
        for each in await self._leftovers.of(job.id for job in planned.jobs if job.state.ended):
            await in_thread(partial(self._executor.signal_leftovers, each, number))
        left = dict(planned.left)
        if selection.is_set and not all(reached):
            left[Left.ENDED] = left.get(Left.ENDED, 0) + reached.count(False)
            missed = {job.id for job, was_reached in zip(running, reached, strict=True) if not was_reached}
            return Done(jobs=[job for job in planned.jobs if job.id not in missed], left=left)
        return Done(jobs=planned.jobs, left=left)

    async def remove(self, selection: Selection) -> Done:
        """Remove ended jobs and their logs for good."""
        self._context.require_host()
        await self._forget_gone(selection)
        done = await self._context.cleaner.remove(selection, now=datetime.now(UTC))
        self._context.wake_listeners()
        return done

    async def move_to_trash(self, selection: Selection, *, session: bool = False) -> tuple[Done, TrashedJobs | None]:
        """Remove ended jobs and their logs; for some minutes they can be restored.

        With ``session`` only by this process. There is no trash where they are gone for good.
        """
        self._context.require_host()
        await self._forget_gone(selection)
        removed = await self._context.cleaner.move_to_trash(selection, session=session, now=datetime.now(UTC))
        self._context.wake_listeners()
        return removed

    async def cancel_and_remove(self, selection: Selection, *, keep: bool = True) -> tuple[Done, Sequence[Job]]:
        """Cancel what has not ended, or has left processes, and remove the rest.

        Returns the cancelled jobs too, which are to be removed when all of that has ended: ``unended`` tells.
        """
        self._context.require_host()
        await self._forget_gone(selection)
        cleaner = self._context.cleaner
        done, ending = await cleaner.cancel_and_remove(selection, keep=keep, now=datetime.now(UTC))
        await self._context.reach(_running(ending), self._executor.cancel)
        if len(_running(ending)) < len(ending):
            self._context.start_background()
        self._context.wake_listeners()
        return done, ending

    async def unended(self, jobs: Sequence[Job]) -> list[Job]:
        """Return those of these jobs that have not ended, or have left processes that live."""
        ids = [job.id for job in jobs]
        now = await self._context.store.queries.jobs(ids)
        living = {left.job_id for left in await self._leftovers.of(ids)}
        return [job for job in now if not job.state.ended or job.id in living]

    async def removals(self) -> list[TrashedJobs]:
        """Return what was removed and can be restored, the latest removal first."""
        return await self._context.cleaner.removals(now=datetime.now(UTC))

    async def restore(self, removed: TrashedJobs) -> list[Job]:
        """Undo ``move_to_trash``: the jobs have their numbers, attempts and logs again."""
        self._context.require_host()
        jobs = await self._context.cleaner.restore(removed, now=datetime.now(UTC))
        self._context.wake_listeners()
        return jobs

    async def _forget_gone(self, selection: Selection) -> None:
        """Search what runs of these jobs have left, which is hardly ever anything; forget what has gone."""
        for left in await self._leftovers.all():
            concerned = selection.is_set or any(span.first <= left.job_id <= span.last for span in selection.named)
            if concerned and not await in_thread(partial(self._executor.found_leftovers, left)):
                await self._leftovers.forget(left)

    # The same for single jobs, all or none

    async def each(self, verb: Verb, ids: Sequence[int]) -> list[Job]:
        """Do a verb to these jobs, all or none; return them."""
        return list((await self.act(verb, singly(ids))).jobs)


def _tolerant(selection: Selection) -> Selection:
    """Return a selection in which no job was named singly."""
    return replace(selection, named=tuple(replace(span, singly=False) for span in selection.named))


def _running(jobs: Sequence[Job]) -> list[Job]:
    return [job for job in jobs if job.state is State.RUNNING]
