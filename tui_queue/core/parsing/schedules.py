"""Parses the options of schedules."""

from datetime import UTC, datetime

from msgspec.structs import replace

from tui_queue.core.model.schedule import Schedule
from tui_queue.core.parsing.fields import choice, title
from tui_queue.core.timing.recurrence import Missed, Overlap, parse_rule
from tui_queue.core.timing.timezones import zone_of

NEXT = 5  # times of a schedule that are shown before it is saved


def schedule_with(
    schedule: Schedule,
    *,
    name: str | None = None,
    rule: str | None = None,
    zone: str | None = None,
    missed: str | None = None,
    overlap: str | None = None,
) -> Schedule:
    """Return a schedule with what is given and not empty changed. Raises BadInputError."""
    if name and title("name", name):
        schedule = replace(schedule, name=name.strip())
    if zone:
        schedule = replace(schedule, zone=zone_of(zone).key)
    if rule:
        schedule = replace(schedule, rule=rule.strip())
    if missed:
        schedule = replace(schedule, missed=choice("missed", missed, Missed) or Missed.ONCE)
    if overlap:
        schedule = replace(schedule, overlap=choice("overlap", overlap, Overlap) or Overlap.QUEUE)
    parse_rule(schedule.rule, schedule.zone)
    return schedule


def next_lines(schedule: Schedule) -> list[str]:
    """Return what a schedule's rule means, and its next times, here and in its own zone."""
    rule = parse_rule(schedule.rule, schedule.zone)
    zone = zone_of(schedule.zone)
    times = rule.next_times(datetime.now(UTC), NEXT, anchor=schedule.created_at)
    return [
        f"{rule.describe()}; next:",
        *(
            f"  {time.astimezone():%Y-%m-%d %H:%M:%S %z}   ({time.astimezone(zone):%a %H:%M} in {schedule.zone})"
            for time in times
        ),
    ]
