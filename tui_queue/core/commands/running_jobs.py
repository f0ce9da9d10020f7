"""The command that changes a running job, and tells its run the new time limit."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.errors import WrongStateError
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.options import JobOptions
from tui_queue.core.parsing.running_job import changes_between, refuse_others
from tui_queue.core.system import event_loop
from tui_queue.core.system.worker_thread import in_thread

TAKEN_S = 3.0  # how long a watcher may take to keep to a new time limit before the user hears that it does not
POLL_S = 0.02


class RunningJobCommands:
    """Changes of jobs that run. Errors are TuiQueueErrors.

    ``with_values`` returns options with the values that the user gave to variables.
    """

    def __init__(self, context: CommandContext, with_values: Callable[[JobOptions], Awaitable[JobOptions]]) -> None:
        self._context = context
        self._with_values = with_values

    async def edit(self, before: Job, draft: JobDraft, *, capture_env: bool = False) -> Job:
        """Change what can be changed of a job that runs; it is on disk, and its watcher keeps to it, on return.

        Raises WrongStateError where the job has just ended: then nothing has changed; and where its run does not
        take the new time limit.
        """
        if capture_env:
            refuse_others(before, ("capture_env",))
        changes = changes_between(before, await self._whole(before.draft), await self._whole(draft))
        job = await self._context.store.jobs.edit_running(before.id, changes, now=datetime.now(UTC))
        # Straight to its watcher: that works whichever process schedules, which tells those that begin only now.
        await self._context.executor.limit(job)
        self._context.wake_scheduler()
        if "timeout_s" in changes and job.started_at is not None:
            await self._until_taken(job)
        return job

    async def _whole(self, draft: JobDraft) -> JobDraft:
        return replace(draft, options=await self._with_values(draft.options))

    async def _until_taken(self, job: Job) -> None:
        """Wait until the watcher keeps to the new time limit. Raises WrongStateError where it does not."""
        deadline = time.monotonic() + TAKEN_S
        while not await in_thread(partial(self._context.executor.has_limit, job)):
            now = await self._context.store.queries.job(str(job.id))
            if now.state.ended:
                raise WrongStateError(
                    f"Job {job.id} has just ended ({now.state}); the change is stored for a retry of it."
                )
            if now.attempt != job.attempt or now.state is not State.RUNNING:
                return  # its next attempt has the new limit from the store
            if time.monotonic() > deadline:
                raise WrongStateError(
                    f"Job {job.id}: the new time limit is stored, but its run does not take it: that is ending"
                    " already, or its watcher was stopped or killed, or is of an older version."
                )
            await event_loop.sleep(POLL_S)
