"""The commands for the clean-up of ended jobs."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.model.retention import Limits, Removal


class CleanupCommands:
    """Plan and carry out the removal of ended jobs and their logs."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context

    async def plan(self, limits: Limits) -> tuple[Removal, ...]:
        """Return the removals that bring ended jobs within the limits, oldest first."""
        return await self._context.cleaner.planned(limits, now=datetime.now(UTC))

    async def sizes(self, ids: Collection[int]) -> dict[int, int]:
        """Return the bytes on disk that the runs of these jobs take."""
        return await self._context.cleaner.sizes(ids)

    async def carry_out(self, removals: Sequence[Removal]) -> int:
        """Remove ended jobs and their logs as planned; return how many."""
        self._context.require_host()
        done = await self._context.cleaner.carry_out(removals, now=datetime.now(UTC))
        self._context.wake_listeners()
        return done

    async def empty_trash(self) -> None:
        """Delete the logs of jobs that were removed too long ago to be restored."""
        self._context.require_host()
        await self._context.cleaner.empty_trash(now=datetime.now(UTC))
