"""Tries out what adding jobs would come to, and adds none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from msgspec.structs import replace

from tui_queue.core.analysis.eta import Ahead
from tui_queue.core.commands.context import CommandContext
from tui_queue.core.commands.new_jobs import prepared
from tui_queue.core.inspection.details import read_details
from tui_queue.core.inspection.environments import about_environment
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.model.overview import Details
from tui_queue.core.model.queue import Place
from tui_queue.core.store.incoming import Request
from tui_queue.core.system.worker_thread import in_thread


async def try_out(
    context: CommandContext, drafts: Sequence[JobDraft], *, unique: bool, place: Place | None
) -> list[Details]:
    """Return what there would be to tell of these jobs right after they were added. Raises as adding them does.

    No script is copied. Their environment is kept on disk until the next clean-up, as that of each job.
    """
    uncopied = [replace(draft, options=replace(draft.options, copy=False)) for draft in drafts]
    request = Request(
        uuids=tuple(str(uuid4()) for _ in drafts),
        drafts=tuple(await prepared(context, uncopied)),
        at=datetime.now(UTC),
        unique=unique,
        place=place,
    )
    jobs, ahead = await context.store.taking_in.try_out_here(request, capacity=context.capacity)
    copied = {uuid: draft.options.copy for uuid, draft in zip(request.uuids, drafts, strict=True)}
    return [
        await _told(
            context, replace(job, options=replace(job.options, copy=copied[job.uuid])), ahead, alone=len(jobs) == 1
        )
        for job in jobs
    ]


async def _told(context: CommandContext, job: Job, ahead: Ahead | None, *, alone: bool) -> Details:
    if not alone:
        return Details(job=job, runs=(), logs=())
    samples = await context.store.queries.samples(job)
    seen = await in_thread(partial(read_details, job, (), samples, ahead, context.executor))
    environment = await in_thread(partial(about_environment, context.environments, job, context.executor))
    return replace(seen, environment=environment)
