"""Reads the moments that people write: when a job shall begin."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from tui_queue.core.errors import BadInputError
from tui_queue.core.timing.timezones import first_moment, moments_showing, offset_at, shown_at, zone_of
from tui_queue.core.units.durations import duration, parse_duration
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FORMS = "write 2026-11-25T06:00, 18:00, tomorrow 6:00, friday 18:00, +2h or now."
_LONGEST_YEARS = 10
_MOMENT = (
    r"(?ai)(?:(?P<date>\d{4}-\d{1,2}-\d{1,2})(?:[T ]|$)|(?P<word>[a-z]+)(?: |$))?"
    r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6}))?)?"
    r" ?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?"
    r"(?:(?:^| ?)\[(?P<rfc>[^\]\[]+)\]| ?(?P<zone>UTC|[a-z_]+(?:/[a-z0-9_+-]+)+))?"
)


def weekday_number(word: str) -> int | None:
    """Return 0 for ``mon`` or ``monday`` to 6 for ``sun`` or ``sunday``; None for any other word."""
    found = [number for number, name in enumerate(WEEKDAYS) if word.lower() in (name, name[:3])]
    return found[0] if found else None


def parse_datetime(text: str, *, now: datetime, zone: "ZoneInfo") -> datetime:
    """Return the moment, in UTC, that ``text`` means on a clock in ``zone``.

    It may be a date with a time (ISO 8601, with ``Z``, an offset or a zone's name behind it if another clock is
    meant), a date, ``today``, ``tomorrow`` or a weekday with or without a time, a time (the next one), a span from now
    (``+1d12h``), or ``now``. A day without a time means its begin. Raises BadInputError for a moment that has passed,
    is ten years off, or that a change to or from daylight saving skips or brings twice.
    """
    words = " ".join(text.split())
    if words.lower() == "now":
        return now.astimezone(UTC)
    if words.startswith("+"):
        return _after(words, now)
    found = re.fullmatch(_MOMENT, words)
    if not words or not found or not (found["date"] or found["word"] or found["hour"]):
        raise _error(words or "Begin", f"no time; {_FORMS}")
    clock = _clock_of(words, found, zone)
    at = _time_of(words, found)
    days = list(_days(words, found, shown_at(now, clock).date()))
    choices = [datetime.combine(day, at or time()) for day in days]
    shown = next((shown for shown in choices if _last_moment(shown, clock) >= now), choices[-1])
    moments = (first_moment(shown, clock),) if at is None else moments_showing(shown, clock)
    if not moments:
        raise _skipped(words, shown, clock)
    to_come = [moment for moment in moments if moment >= now]
    if not to_come:
        raise _error(words, f"{duration((now - moments[-1]).total_seconds())} in the past; write a later time, or now.")
    if len(to_come) > 1:
        raise _comes_twice(words, to_come, clock)
    return to_come[0]


def _error(words: str, what: str) -> BadInputError:
    return BadInputError("at", f"{printable(words[:80])}: {what}")


def _after(words: str, now: datetime) -> datetime:
    try:
        return now.astimezone(UTC) + timedelta(seconds=parse_duration(words[1:].replace(" ", "")))
    except ValueError:
        raise _error(words, "not a span of time; write +90s, +15m, +2h30m or +3d.") from None


def _clock_of(words: str, found: re.Match[str], zone: tzinfo) -> tzinfo:
    name, offset = found["rfc"] or found["zone"], found["offset"]
    if name and offset:
        raise _error(words, f"an offset and a time zone; write only {offset} or only {printable(name)}.")
    if name:
        return UTC if name.upper() == "UTC" else zone_of(name, field="at")
    if not offset:
        return zone
    if offset in "Zz":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[3:].removeprefix(":") or 0)
    if hours > 14 or minutes > 59:
        raise _error(words, f"no clock is {offset} from UTC; write an offset like +01:00.")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if offset[0] == "-" else ahead)


def _time_of(words: str, found: re.Match[str]) -> time | None:
    if not found["hour"]:
        return None
    fraction = int((found["fraction"] or "0").ljust(6, "0"))
    try:
        return time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0), fraction)
    except ValueError:
        raise _error(words, "no such time of day; write 00:00 to 23:59.") from None


def _days(words: str, found: re.Match[str], today: date) -> Iterator[date]:
    """Yield the day that is meant; two when the second is meant where the first has passed."""
    if found["date"]:
        yield _date_of(words, found["date"], today)
        return
    word = (found["word"] or "").lower()
    weekday = weekday_number(word)
    if not word:
        yield from (today, today + timedelta(days=1))
    elif word in ("today", "tomorrow"):
        yield today + timedelta(days=word == "tomorrow")
    elif weekday is not None:
        day = today + timedelta(days=(weekday - today.weekday()) % 7)
        yield from (day, day + timedelta(days=7))
    else:
        raise _error(words, f"{word} is no day; {_FORMS}")


def _date_of(words: str, text: str, today: date) -> date:
    year, month, day = map(int, text.split("-"))
    try:
        found = date(year, month, day)
    except ValueError:
        raise _error(words, f"there is no such date; {_FORMS}") from None
    if year < today.year - 1:
        raise _error(words, "in the past; write a later time, or now.")
    if year > today.year + _LONGEST_YEARS:
        raise _error(words, f"more than {_LONGEST_YEARS} years away; check the year.")
    return found


def _last_moment(shown: datetime, zone: tzinfo) -> datetime:
    return (moments_showing(shown, zone) or (first_moment(shown, zone),))[-1]


def _skipped(words: str, shown: datetime, zone: tzinfo) -> BadInputError:
    change = first_moment(shown, zone)
    after = shown_at(change, zone)
    before = change.replace(tzinfo=None) + offset_at(change - timedelta(seconds=1), zone)
    return _error(
        words,
        f"on {before:%Y-%m-%d} the clock in {zone} goes from {before:%H:%M} to {after:%H:%M} and this time is skipped;"
        f" write {before - timedelta(minutes=1):%Y-%m-%dT%H:%M} or {after:%Y-%m-%dT%H:%M}.",
    )


def _comes_twice(words: str, moments: list[datetime], zone: tzinfo) -> BadInputError:
    first, second = (
        moment.astimezone(zone).isoformat(timespec="auto" if moment.second or moment.microsecond else "minutes")
        for moment in moments
    )
    return _error(
        words,
        f"the clock in {zone} goes back that day and shows this time twice; write {first} for the first or {second} for"
        " the second.",
    )
