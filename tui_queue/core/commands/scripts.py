"""The scripts of new jobs, as they are when the jobs are added."""

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.execution.script_snapshot import describe
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.options import Script
from tui_queue.core.system.worker_thread import in_thread


async def with_scripts(context: CommandContext, drafts: Sequence[JobDraft]) -> list[JobDraft]:
    """Return the drafts with hash, size and commit of their scripts, copied where the user wants a copy.

    Raises BadInputError for a resource that does not exist, and for a script that can't be read.
    """
    for draft in drafts:
        context.check_resources(draft)
    return await in_thread(partial(_described, drafts, context.scripts))


def _described(drafts: Sequence[JobDraft], copies: str) -> list[JobDraft]:
    known: dict[tuple[str, bool], Script] = {}
    described = []
    for draft in drafts:
        key = draft.path, draft.options.copy
        if key not in known:
            known[key] = describe(draft.path, draft.cwd, copy_to=copies if draft.options.copy else None)
        described.append(replace(draft, options=replace(draft.options, script=known[key])))
    return described
