"""Leaves the dashboard: jobs go on, or are cancelled first."""

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime

from textual.screen import Screen

from tui_queue.core.commands.commands import Commands
from tui_queue.core.model.job import Job, State
from tui_queue.core.units.durations import duration
from tui_queue.ui.command_result import result_of
from tui_queue.ui.dashboard.wording import count, stopping, what_ends
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.progress import ProgressDialog

_KILLED_WITHIN_S = 5.0  # after the grace


async def stop_all(screen: Screen[None], commands: Commands, refreshed: asyncio.Event, keys: str) -> bool:
    """Cancel all jobs after a question, and wait until the running ones have ended; False if the user stays.

    ``refreshed`` is set whenever the queue may have changed; ``keys`` are those that have asked, as they are shown.
    """
    overview = await result_of(screen, commands.reports.overview(active=0, ended=0))
    numbers = await result_of(screen, commands.jobs.in_state(State.RUNNING))
    running = None if numbers is None else await result_of(screen, commands.jobs.existing(numbers))
    if overview is None or running is None:
        return False
    pending = overview.count(State.PENDING)
    if not running and not pending:
        return True
    question = f"{stopping(len(running), pending)}, then leave?"
    detail = what_ends(running, datetime.now(UTC))
    confirm = Confirm(question, detail=detail, yes="Cancel all and quit", no="Stay", keys=keys)
    if not await screen.app.push_screen_wait(confirm):
        return False
    stopped = await result_of(screen, commands.jobs.cancel_all())
    if stopped is None:
        return False
    return await _have_ended(screen, commands, [job for job in stopped if job.state is State.RUNNING], refreshed)


async def farewell(screen: Screen[None], commands: Commands, *, background: bool) -> str:
    """Return what to tell the user on the way out: which jobs go on, and which wait."""
    overview = await result_of(screen, commands.reports.overview(active=0, ended=0))
    if overview is None:
        return ""
    if overview.other_host:
        return ""
    running, pending = overview.count(State.RUNNING), overview.count(State.PENDING)
    if background:
        return f"Going on in the background: {running} running, {pending} pending. Come back with: tui-queue"
    if overview.holder is not None and overview.holder.pid != os.getpid():
        return ""
    return f"Without you {running} run on; {pending} wait until you come back with: tui-queue"


async def _have_ended(screen: Screen[None], commands: Commands, runs: Sequence[Job], refreshed: asyncio.Event) -> bool:
    """Wait until these jobs have ended; return False if the user would rather stay."""

    numbers = {job.id for job in runs}

    async def some_run() -> bool:
        refreshed.clear()
        running = await result_of(screen, commands.jobs.in_state(State.RUNNING))
        return running is None or not numbers.isdisjoint(running)

    async def ended() -> None:
        while await some_run():
            await refreshed.wait()

    if not await some_run():
        return True
    grace = max(map(commands.grace_s, runs))
    text = f"Stopping {count(len(runs), 'running job')} …"
    keys = "{wait.enough}: leave now  {wait.back}: stay here"
    detail = f"After {duration(grace)} what has not ended is killed.  {keys}"
    wait = ProgressDialog(text, detail=detail, until=ended(), patience_s=grace + _KILLED_WITHIN_S)
    return await screen.app.push_screen_wait(wait)
