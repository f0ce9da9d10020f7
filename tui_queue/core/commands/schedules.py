"""The commands for schedules."""

from datetime import UTC, datetime

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.commands.scripts import with_scripts
from tui_queue.core.model.job import Job
from tui_queue.core.model.schedule import Schedule


class ScheduleCommands:
    """Add, change, run and remove schedules. Errors are TuiQueueErrors; then nothing has changed."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._schedules = context.store.schedules

    async def all(self) -> tuple[Schedule, ...]:
        """Return every schedule by name."""
        return await self._schedules.all()

    async def get(self, name: str) -> Schedule:
        """Return one schedule. Raises NoSuchQueueError."""
        return await self._schedules.get(name)

    async def add(self, schedule: Schedule) -> Schedule:
        """Add a schedule; its rule sets ``next_at``."""
        await self._context.check_resources(schedule.draft)
        schedule = await self._schedules.add(with_next_time(await self._with_copy(schedule), schedule.created_at))
        self._context.wake_scheduler()
        return schedule

    async def set(self, schedule: Schedule) -> Schedule:
        """Change a schedule as a whole; its next time is counted from now."""
        await self._context.check_resources(schedule.draft)
        schedule = await self._schedules.put(with_next_time(await self._with_copy(schedule), datetime.now(UTC)))
        self._context.wake_scheduler()
        return schedule

    async def run(self, name: str) -> Job:
        """Add a job of a schedule now."""
        job = await self._schedules.run(name, now=datetime.now(UTC))
        self._context.wake_scheduler()
        return job

    async def remove(self, name: str) -> None:
        """Remove a schedule; the jobs that it has added stay."""
        await self._schedules.remove(name)
        self._context.wake_listeners()

    async def _with_copy(self, schedule: Schedule) -> Schedule:
        """Copy the script that all jobs of a schedule run, where the user wants a copy."""
        if not schedule.draft.options.copy:
            return schedule
        (draft,) = await with_scripts(self._context, [schedule.draft])
        return replace(schedule, draft=draft)


def with_next_time(schedule: Schedule, now: datetime) -> Schedule:
    """Return a schedule with the next time after ``now`` that its rule gives."""
    from tui_queue.core.timing.recurrence import parse_rule  # noqa: PLC0415 - takes long

    rule = parse_rule(schedule.rule, schedule.zone)
    return replace(schedule, next_at=rule.next_after(now, anchor=schedule.created_at))
