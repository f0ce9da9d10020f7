"""From what a user typed to queues and schedules; every refusal names the field and says what to do."""

from datetime import UTC, datetime

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.options import Lost
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.parsing.fields import choice, number, span, title
from tui_queue.core.timing.opening_hours import parse_hours
from tui_queue.core.timing.recurrence import Missed, Overlap, parse_rule
from tui_queue.core.timing.timezones import local_zone, zone_of

SLOTS_LIMIT = 100_000
NEXT = 5  # times of a schedule that are shown before it is saved
_NO_NUMBER = ("default", "none", "-")


def queue_with(
    queue: Queue,
    *,
    slots: str | None = None,
    hours: str | None = None,
    zone: str | None = None,
    pause_outside: bool | None = None,
    lost: str | None = None,
    lost_age: str | None = None,
) -> Queue:
    """Return a queue with what is given changed; ``hours`` are in ``zone``, or in ours. Raises BadInputError."""
    options = queue.options
    if hours is not None:
        where = zone_of(zone) if zone else local_zone()
        if hours.strip():
            parse_hours(hours, where.key)
        options = replace(options, hours=hours.strip(), zone=where.key)
    elif zone is not None:
        options = replace(options, zone=zone_of(zone).key)
    if pause_outside is not None:
        options = replace(options, pause_outside=pause_outside)
    if lost is not None:
        options = replace(options, lost=choice("lost", lost, Lost) or Lost.LEAVE)
    if lost_age is not None:
        options = replace(options, lost_age_s=span("lost_age", lost_age))
    if slots is not None:
        queue = replace(queue, slots=slots_of(slots))
    return replace(queue, options=options)


def slots_of(text: str) -> int | None:
    """Return how many slots are meant; None for as many as the settings say, or no limit."""
    if text.strip().lower() in _NO_NUMBER:
        return None
    if not text.strip():
        raise BadInputError("slots", "Slots: give a number, 0 for none.")
    return number("slots", text, 0, SLOTS_LIMIT)


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
