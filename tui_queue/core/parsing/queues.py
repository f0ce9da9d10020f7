"""Parses the options of queues."""

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.options import Leftovers, Lost
from tui_queue.core.model.queue import OnFailure, Queue
from tui_queue.core.parsing.fields import choice, number, span
from tui_queue.core.timing.opening_hours import parse_hours
from tui_queue.core.timing.timezones import local_zone, zone_of

SLOTS_LIMIT = 100_000
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
    on_failure: str | None = None,
    leftovers: str | None = None,
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
        options = replace(options, lost=choice("lost", lost, Lost, label="On lost") or Lost.LEAVE)
    if lost_age is not None:
        options = replace(options, lost_age_s=span("lost_age", lost_age))
    if on_failure is not None:
        chosen = choice("on_failure", on_failure, OnFailure, label="On failure") or OnFailure.CONTINUE
        options = replace(options, on_failure=chosen)
    if leftovers is not None:
        options = replace(options, leftovers=choice("leftovers", leftovers, Leftovers, label="Leftovers"))
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
