"""Adds jobs to a queue that another host runs: leaves them there, and waits for their numbers."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.errors import BadInputError, StoreError
from tui_queue.core.model.job import NO_NUMBER, Job, JobDraft
from tui_queue.core.model.queue import Place
from tui_queue.core.store import audit
from tui_queue.core.store.incoming import Answer, Request
from tui_queue.core.system import event_loop
from tui_queue.core.units.printable import printable

ANSWER_S = 5.0  # how long the host of the queue may take to answer before the jobs are acknowledged without it
DECIDED_S = 10.0  # how long its answer may take once it has decided
POLL_S = 0.05


async def add_elsewhere(
    context: CommandContext, drafts: Sequence[JobDraft], *, now: datetime, unique: bool, place: Place | None
) -> list[Job]:
    """Leave jobs for the host of the queue; they are safe on disk when this returns. Raises TuiQueueError.

    Where no answer comes in time they have no numbers yet, but their UUIDs.
    """
    request = Request(
        uuids=tuple(str(uuid4()) for _ in drafts),
        drafts=tuple(drafts),
        at=now,
        unique=unique,
        place=place,
        who=f"{audit.user()}, {context.store.jobs.client}",
    )
    jobs = await context.store.taking_in.try_out(request)
    try:
        await event_loop.to_thread(context.incoming.leave, request)
    except OSError as error:
        raise StoreError(
            f"{printable(error.filename or 'incoming')}: can't be written: {error.strerror}."
            " Make room, or add the jobs on the host of the queue."
        ) from None
    # From here on the jobs are there: no error may say that they are not.
    answer = None
    with suppress(OSError):
        answer = await _answer(context, request)
    if answer is None:
        return [replace(job, id=NO_NUMBER) for job in jobs]
    await event_loop.to_thread(context.incoming.forget_answer, request.name)
    if answer.error or len(answer.numbers) != len(jobs):
        raise BadInputError("add", answer.error or "The host of the queue has refused the jobs; nothing was added.")
    return [replace(job, id=number) for job, number in zip(jobs, answer.numbers, strict=True)]


async def _answer(context: CommandContext, request: Request) -> Answer | None:
    """Return the answer; None when the jobs were acknowledged without one."""
    answer = await _poll(context, request, ANSWER_S)
    if answer is not None or await event_loop.to_thread(context.incoming.promise, request.name):
        return answer
    return await _poll(context, request, DECIDED_S) or Answer()


async def _poll(context: CommandContext, request: Request, patience_s: float) -> Answer | None:
    deadline = time.monotonic() + patience_s
    while (answer := await event_loop.to_thread(context.incoming.answer_to, request.name)) is None:
        if time.monotonic() >= deadline:
            return None
        await event_loop.sleep(POLL_S)
    return answer
