"""The hours of a queue: on which days and between which times it starts jobs. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.timing.datetimes import WEEKDAYS, weekday_number
from tui_queue.core.timing.timezones import first_moment, shown_at, zone_of
from tui_queue.core.units.printable import printable

_DAY_MIN = 24 * 60
_LONGEST = 1000
_EVERY_DAY = frozenset(range(7))
_FORMS = "write mon-fri 22:00-06:00, sat-sun."
_SPAN = r"(?a)(?:([a-z]+)(?: ?- ?([a-z]+))?)?(?:(?:^| )(\d{1,2})(?::(\d\d))? ?- ?(\d{1,2})(?::(\d\d))?)?"


class Span(Struct, frozen=True, kw_only=True):
    """Days of the week (0 is Monday), and minutes after their midnight; an end above 1440 is on the next day."""

    days: frozenset[int]
    begin_min: int
    end_min: int


class Hours(Struct, frozen=True, kw_only=True):
    """When something is open, by the clock of ``zone``.

    A span belongs to the day on which it begins. It begins and ends when the clock shows its times: for the first
    time when a change from daylight saving brings them twice, at the end of the gap when they are skipped. So two
    spans that share an end and a begin never overlap and leave no gap.
    """

    text: str
    zone: str
    spans: tuple[Span, ...]

    def open_at(self, moment: datetime) -> bool:
        """Whether it is open."""
        return any(begin <= moment < end for begin, end in self._windows(moment, 1))

    def opens_at(self, moment: datetime) -> datetime | None:
        """Return ``moment`` itself when it is open then, else the next opening, in UTC; None if there is none."""
        if self.open_at(moment):
            return moment
        return min((begin for begin, _ in self._windows(moment, 15) if begin > moment), default=None)

    def closes_at(self, moment: datetime) -> datetime | None:
        """Return the end, in UTC, of the time that is open at ``moment``; None when closed, or if it never ends."""
        closes = moment
        for begin, end in sorted(self._windows(moment, 15)):
            if begin <= closes < end:
                closes = end
        return closes if moment < closes < moment + timedelta(days=8) else None

    def describe(self) -> str:
        """Return the hours in words."""
        return "; ".join(_words(span) for span in self.spans) + f" ({self.zone})"

    def _windows(self, moment: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Yield begin and end of the spans from two days before ``moment`` to ``days`` after it."""
        zone = zone_of(self.zone, field="hours")
        today = datetime.combine(shown_at(moment, zone), time())
        for ahead in range(-2, days + 1):
            midnight = today + timedelta(days=ahead)
            for span in self.spans:
                if midnight.weekday() in span.days:
                    begin = first_moment(midnight + timedelta(minutes=span.begin_min), zone)
                    end = first_moment(midnight + timedelta(minutes=span.end_min), zone)
                    if begin < end:
                        yield begin, end


def parse_hours(text: str, zone_name: str) -> Hours:
    """Return the hours that ``text`` means: items like ``mon-fri 22:00-06:00``, ``sat`` or ``8:00-18:00``, with commas.

    An item without times is the whole day, one without days is every day. Raises BadInputError.
    """
    zone_of(zone_name, field="hours")
    cleaned = " ".join(text.lower().split())
    if not cleaned:
        raise _error("Hours", f"empty; {_FORMS}")
    if len(cleaned) > _LONGEST:
        raise _error(cleaned, f"longer than {_LONGEST:,} characters; {_FORMS}")
    items = [item.strip() for item in cleaned.split(",")]
    return Hours(text=", ".join(items), zone=zone_name, spans=tuple(_span(item) for item in items))


def _error(item: str, what: str) -> BadInputError:
    return BadInputError("hours", f"{printable(item[:80])}: {what}")


def _span(item: str) -> Span:
    found = re.fullmatch(_SPAN, item)
    if not item or not found:
        raise _error(item or "Hours", f"{'not days and times' if item else 'nothing between two commas'}; {_FORMS}")
    days = _days(item, found[1], found[2])
    if not found[3]:
        return Span(days=days, begin_min=0, end_min=_DAY_MIN)
    begin, end = _minute(item, found[3], found[4]), _minute(item, found[5], found[6])
    if begin == end:
        raise _error(item, "a window of no length; write 00:00-24:00 for the whole day.")
    if begin == _DAY_MIN:
        raise _error(item, "a day has no later time than 24:00; begin at 00:00 of the next day.")
    return Span(days=days, begin_min=begin, end_min=end if begin < end else end + _DAY_MIN)


def _days(item: str, first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return _EVERY_DAY
    numbers = []
    for word in (first, last or first):
        number = weekday_number(word)
        if number is None:
            raise _error(item, f"{word} is no day; write mon, tue, wed, thu, fri, sat or sun.")
        numbers.append(number)
    begin, end = numbers
    return frozenset((begin + ahead) % 7 for ahead in range((end - begin) % 7 + 1))


def _minute(item: str, hour: str, minute: str | None) -> int:
    minutes = int(hour) * 60 + int(minute or 0)
    if minutes > _DAY_MIN or int(minute or 0) > 59:
        raise _error(item, f"{hour}:{minute or '00'} is no time of day; write 00:00 to 24:00.")
    return minutes


def _words(span: Span) -> str:
    days = (
        "every day" if span.days == _EVERY_DAY else ", ".join(WEEKDAYS[day].capitalize() for day in sorted(span.days))
    )
    if (span.begin_min, span.end_min) == (0, _DAY_MIN):
        return f"{days}, the whole day"
    begin, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (span.begin_min, span.end_min))
    if span.end_min > _DAY_MIN:
        end = f"{span.end_min // 60 - 24:02}:{span.end_min % 60:02} of the next day"
    return f"{days}, {begin} to {end}"
