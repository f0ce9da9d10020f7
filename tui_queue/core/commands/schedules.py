"""The commands for schedules."""

from datetime import UTC, datetime

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.commands.new_jobs import prepared
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
        (draft,) = await prepared(self._context, [schedule.draft], script=False)
        schedule = await self._schedules.add(with_next_time(replace(schedule, draft=draft), schedule.created_at))
        self._context.wake_scheduler()
        return schedule

    async def set(self, schedule: Schedule, *, capture_env: bool = False) -> Schedule:
        """Change a schedule as a whole; its next time is counted from now.

        With ``capture_env`` the environment of this process replaces that of its jobs to come.
        """
        before = next((each.draft for each in await self.all() if each.id == schedule.id), None)
        (draft,) = await prepared(self._context, [schedule.draft], like=before, capture_env=capture_env, script=False)
        schedule = replace(schedule, draft=draft)
        schedule = await self._schedules.put(with_next_time(schedule, datetime.now(UTC)))
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


def with_next_time(schedule: Schedule, now: datetime) -> Schedule:
    """Return a schedule with the next time after ``now`` that its rule gives."""
    from tui_queue.core.timing.recurrence import parse_rule  # noqa: PLC0415 - takes long

    rule = parse_rule(schedule.rule, schedule.zone)
    return replace(schedule, next_at=rule.next_after(now, anchor=schedule.created_at))
