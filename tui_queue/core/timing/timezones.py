"""Time zones, and which moments a clock on the wall shows."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
# Rules of zones have changed the clock twice within four weeks (Morocco, Egypt: Ramadan), never within one.
_QUIET = timedelta(days=7)


def zone_of(name: str, *, field: str = "zone") -> "ZoneInfo":
    """Return the zone with the IANA name ``name``. Raises BadInputError that names the zones with names like it."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        like = _names_like(name)
    advice = f"did you mean {' or '.join(like)}?" if like else "write one like Europe/Berlin or UTC."
    raise BadInputError(field, f"{printable(name) or 'empty'}: no such time zone; {advice}")


def local_zone() -> "ZoneInfo":
    """Return the zone of this machine: what TZ says, else what the system is set to, else UTC.

    A zone that comes from a file without a name has a key that ``zone_of`` refuses. Raises BadInputError.
    """
    import os
    import warnings

    from tzlocal import get_localzone

    try:
        with warnings.catch_warnings():
            # They would be written over the screen; each is about a choice that tzlocal makes well.
            warnings.simplefilter("ignore")
            return get_localzone()
    except (KeyError, ValueError, OSError):
        set_to = os.environ.get("TZ")
    what = f"TZ is {printable(set_to)}" if set_to else "the system's settings contradict each other"
    raise BadInputError("zone", f"Time zone of this machine: {what}; set TZ to a name like Europe/Berlin or UTC.")


def shown_at(moment: datetime, zone: tzinfo) -> datetime:
    """Return what the clock on the wall shows at ``moment``, as a naive time."""
    return moment.astimezone(zone).replace(tzinfo=None)


def moments_showing(shown: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """Return the moments (UTC) at which the clock shows ``shown``: none when it is skipped, two when it comes twice."""
    before, after = _offsets(shown, zone)
    if before < after:
        return ()
    return tuple((shown - offset).replace(tzinfo=UTC) for offset in ([before] if before == after else [before, after]))


def first_moment(shown: datetime, zone: tzinfo) -> datetime:
    """Return the first moment (UTC) at which the clock shows ``shown``; when it is skipped, the end of the gap.

    Later times on the wall never give earlier moments.
    """
    before, after = _offsets(shown, zone)
    if before < after:
        # The offset before the change puts the skipped time behind it, and the other way round.
        low, high = ((shown - offset).replace(tzinfo=UTC) for offset in (after, before))
        return _change(low, high, zone)
    return (shown - before).replace(tzinfo=UTC)


def next_change(moment: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """Return the first moment after ``moment``, up to ``until``, from which another offset from UTC holds."""
    offset = offset_at(moment, zone)
    while moment < until:
        later = min(moment + _QUIET, until)
        if offset_at(later, zone) != offset:
            return _change(moment, later, zone)
        moment = later
    return None


def offset_at(moment: datetime, zone: tzinfo) -> timedelta:
    """Return how far the clock is ahead of UTC."""
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _offsets(shown: datetime, zone: tzinfo) -> tuple[timedelta, timedelta]:
    first = shown.replace(tzinfo=zone, fold=0)
    return first.utcoffset() or timedelta(0), first.replace(fold=1).utcoffset() or timedelta(0)


def _change(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    offset = offset_at(low, zone)
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (middle, high) if offset_at(middle, zone) == offset else (low, middle)
    return high


def _names_like(name: str) -> list[str]:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    wanted = name[:100].lower().replace(" ", "_")
    names = {zone.lower(): zone for zone in sorted(available_timezones())}
    exact = [zone for lower, zone in names.items() if wanted in (lower, lower.rpartition("/")[2])]
    cities = {zone.rpartition("/")[2]: zone for zone in names}
    near = get_close_matches(wanted, names, n=2, cutoff=0.75) or [
        cities[city] for city in get_close_matches(wanted, cities, n=2, cutoff=0.8)
    ]
    return exact[:2] or [names[lower] for lower in near]
