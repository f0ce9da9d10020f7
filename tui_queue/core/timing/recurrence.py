"""When a schedule is due: at intervals, or by a cron expression in a time zone. Pure."""

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import islice

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.timing.timezones import first_moment, next_change, offset_at, shown_at, zone_of
from tui_queue.core.units.durations import parse_duration
from tui_queue.core.units.printable import printable

MOST_MISSED = 1000
LATEST_S = 60

_SECOND = timedelta(seconds=1)
_LONGEST = 1000
_EXAMPLE = "write every 15m, or five fields like 0 6 * * mon-fri."
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_STEP = r"(?a)(\*|(\w+)-(\w+))/(\d+)"
_BACKWARDS = r"(?a)(\w+)-(\w+)"


class Missed(StrEnum):
    """What becomes of the times that passed without a scheduler."""

    ONCE = "once"
    ALL = "all"
    NONE = "none"


class Overlap(StrEnum):
    """What a schedule does at a time at which its last job has not ended."""

    SKIP = "skip"
    QUEUE = "queue"
    REPLACE = "replace"


class _Field(Struct, frozen=True, kw_only=True):
    name: str
    first: int
    last: int
    values: str


_FIELDS = (
    _Field(name="minute", first=0, last=59, values="0 to 59"),
    _Field(name="hour", first=0, last=23, values="0 to 23"),
    _Field(name="day of the month", first=1, last=31, values="1 to 31, L (the last) or LW (the last working day)"),
    _Field(name="month", first=1, last=12, values="1 to 12 or jan to dec"),
    _Field(
        name="day of the week",
        first=0,
        last=7,
        values="0 to 7 or sun to sat (0 and 7 are Sunday), 5L (the last Friday) or mon#2 (the second Monday)",
    ),
)


class Rule(Struct, frozen=True, kw_only=True):
    """An interval (``every 15m``), or a cron expression in the zone named ``zone``.

    An interval is counted in elapsed time from an anchor, with any change of the clock. A cron expression follows
    Debian's cron (cron(8)), also across daylight saving:

    - Where minute or hour begins with ``*``, every minute that the clock shows counts: one that is skipped does not
      come, one that comes twice counts twice.
    - All others are jobs of a fixed time: each time on the clock comes once a day, the first time when it comes twice,
      right after the gap when it is skipped. Several times in one gap give one moment, not several at once.
    - Where the day of the month or of the week begins with ``*``, both must fit, else either will do.

    ``L`` and ``LW`` (last day, last working day of the month), ``5L`` (last Friday) and ``mon#2`` (second Monday) are
    understood beside it. Refused, because programs differ: a step without a range (``5/15``).
    """

    text: str
    zone: str
    interval_s: int | None = None
    cron: str | None = None

    def next_after(self, moment: datetime, *, anchor: datetime) -> datetime | None:
        """Return the first time, in UTC, that is later than ``moment``; None if none comes."""
        return next(self.times_after(moment, anchor=anchor), None)

    def next_times(self, after: datetime, n: int, *, anchor: datetime) -> tuple[datetime, ...]:
        """Return the first ``n`` times later than ``after``."""
        return tuple(islice(self.times_after(after, anchor=anchor), n))

    def times_after(self, moment: datetime, *, anchor: datetime) -> Iterator[datetime]:
        """Yield all times later than ``moment``; an interval begins at ``anchor``."""
        if self.interval_s is not None:
            return _at_intervals(moment.astimezone(UTC), anchor.astimezone(UTC), timedelta(seconds=self.interval_s))
        cron = self.cron or ""
        minute, hour = cron.split()[:2]
        times = _as_shown if "*" in (minute[0], hour[0]) else _at_fixed_times
        return (time for time in times(cron, moment.astimezone(UTC), zone_of(self.zone, field="rule")) if time > moment)

    def describe(self) -> str:
        """Return the rule in words."""
        if self.interval_s is not None:
            return f"Every {_span_in_words(self.interval_s)}"
        from cronsim import CronSim

        return f"{CronSim(self.cron or '', datetime(2000, 1, 1)).explain()} ({self.zone})"  # noqa: DTZ001


def parse_rule(text: str, zone_name: str) -> Rule:
    """Return the rule that ``text`` means: ``every 2h30m``, a cron expression of five fields, or ``@daily`` and such.

    Raises BadInputError that names the part that is wrong, also for an expression that never comes true.
    """
    zone_of(zone_name, field="rule")
    words = text.split()
    cleaned = " ".join(words)
    if not words:
        raise BadInputError("rule", f"Rule: empty; {_EXAMPLE}")
    if len(cleaned) > _LONGEST:
        raise BadInputError("rule", f"Rule has {len(cleaned):,} characters; at most {_LONGEST:,} can be read.")
    if words[0].lower() == "every":
        return Rule(text=cleaned, zone=zone_name, interval_s=_interval(cleaned, "".join(words[1:])))
    if words[0].startswith("@"):
        return Rule(text=cleaned, zone=zone_name, cron=_short(cleaned))
    return Rule(text=cleaned, zone=zone_name, cron=_cron(cleaned))


def due_times(
    rule: Rule, *, next_at: datetime | None, now: datetime, missed: Missed, anchor: datetime
) -> tuple[tuple[datetime, ...], datetime | None]:
    """Return the times to serve now, the earliest first, and the next one to come.

    ``next_at`` is the time that was to come; it counts even where the rule would not give it any more (the rules of
    its zone may have changed since). Of the times that have passed, ``once`` serves the latest, ``all`` the latest
    1,000, ``none`` only the latest and only if it is at most a minute late.
    """
    if next_at is None or next_at > now:
        return (), next_at
    to_come = rule.next_after(now, anchor=anchor)
    passed = _latest(rule, next_at, now, MOST_MISSED if missed is Missed.ALL else 1, anchor)
    if missed is Missed.NONE and now - passed[-1] > timedelta(seconds=LATEST_S):
        passed = ()
    return passed, to_come


def _latest(rule: Rule, first: datetime, now: datetime, most: int, anchor: datetime) -> tuple[datetime, ...]:
    """Return the latest ``most`` of ``first`` and the rule's times after it up to ``now``.

    Looks back further and further, so that a year of missed minutes is not counted through.
    """
    back = timedelta(minutes=most)
    while True:
        begin = max(first, now - back)
        found: deque[datetime] = deque([first] if begin == first else [], maxlen=most)
        for time in rule.times_after(begin, anchor=anchor):
            if time > now:
                break
            found.append(time)
        if begin == first or len(found) == most:
            return tuple(found)
        back *= 2


def _at_intervals(moment: datetime, anchor: datetime, interval: timedelta) -> Iterator[datetime]:
    time = anchor if moment < anchor else anchor + ((moment - anchor) // interval + 1) * interval
    while True:
        yield time
        time += interval


def _as_shown(cron: str, moment: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield every moment, from ``moment`` on, at which the clock shows a time of ``cron``."""
    while True:
        offset = offset_at(moment, zone)
        for shown in _shown_times(cron, shown_at(moment, zone) - _SECOND):
            time = (shown - offset).replace(tzinfo=UTC)
            if change := next_change(moment, time, zone):
                moment = change
                break
            yield time
            moment = time
        else:
            return


def _at_fixed_times(cron: str, moment: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield one moment for each time on the clock after ``moment``; those in a gap become one."""
    for shown in _shown_times(cron, shown_at(moment, zone)):
        time = first_moment(shown, zone)
        if time > moment:
            yield time
            moment = time


def _shown_times(cron: str, shown: datetime) -> Iterator[datetime]:
    """Yield the times on the clock (naive) that fit ``cron`` and are later than ``shown``.

    cronsim is asked about a clock without changes. Around a change, cronsim 2.8 leaves times out where the clock
    moves by half an hour (Lord Howe: ``* 2 * * *`` in April, ``30 * * * *`` in October), and gives times before the
    one it was asked about (Berlin: ``30 2 * * *`` from the second 02:10).
    """
    from cronsim import CronSim

    try:
        yield from CronSim(cron, shown)
    except OverflowError:
        return


def _interval(rule: str, span: str) -> int:
    try:
        return parse_duration(span)
    except ValueError:
        shown = printable(span) or "nothing"
        raise BadInputError(
            "rule",
            f"{printable(rule)}: {shown} is no interval of a second to ten years; write every 90s, every 15m, every"
            " 2h30m or every 3d.",
        ) from None


def _short(rule: str) -> str:
    try:
        return _SHORT[rule.lower()]
    except KeyError:
        raise BadInputError("rule", f"{printable(rule)}: unknown; write {', '.join(_SHORT)}, or every 15m.") from None


def _cron(rule: str) -> str:
    from cronsim import CronSimError

    words = rule.split()
    if len(words) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        many = f"{len(words)} field{'s' if len(words) > 1 else ''}"
        raise BadInputError("rule", f"{printable(rule)}: {many}, but a cron line has five ({names}); {_EXAMPLE}")
    cron = " ".join(_checked(word, place) for place, word in enumerate(words))
    try:
        if next(_shown_times(cron, datetime(2000, 1, 1)), None):  # noqa: DTZ001
            return cron
    except CronSimError:  # what it says where each field is right, but no such day exists
        pass
    raise BadInputError(
        "rule",
        f"{rule}: never comes true, since no such day exists (day of the month {words[2]}, month {words[3]}, day of"
        f" the week {words[4]}); change the day or the month.",
    )


def _checked(word: str, place: int) -> str:
    return ",".join(_checked_item(item, place) for item in word.split(","))


def _checked_item(item: str, place: int) -> str:
    """Return one item of the list of a field, as cronsim reads it rightly. Raises BadInputError."""
    from cronsim import CronSim, CronSimError

    field = _FIELDS[place]
    item, typed = _without_idle_step(item, field), item
    alone = ["*"] * len(_FIELDS)
    alone[place] = item if item.isascii() else ""
    try:
        CronSim(" ".join(alone), datetime(2000, 1, 1))  # noqa: DTZ001
    except CronSimError:
        raise _wrong(typed, field, f"not {field.values}; write one of these, a list, a range or *.") from None
    return item


def _without_idle_step(item: str, field: _Field) -> str:
    if "/" in item:
        step = re.fullmatch(_STEP, item)
        if not step:
            begin = item.partition("/")[0]
            ranged = f"{begin}-{field.last}/2 or " if _number(begin, field) is not None else ""
            raise _wrong(item, field, f"a step needs a range; write {ranged}*/2.")
        size = field.last - field.first + 1
        if not 0 < int(step[4]) <= size:
            raise _wrong(item, field, f"a step is 1 to {size}; for longer spans write every 90m.")
        if step[2] and step[2].lower() == step[3].lower():
            # cronsim 2.8 takes 5-5/2 for 5-59/2.
            return step[2]
    ends = re.fullmatch(_BACKWARDS, item.partition("/")[0])
    low, high = (_number(end, field) for end in ends.groups()) if ends else (None, None)
    if ends and low is not None and high is not None and low > high:
        raise _wrong(item, field, f"runs backwards; write {ends[1]}-{field.last},{field.first}-{ends[2]}.")
    return item


def _number(word: str, field: _Field) -> int | None:
    """Return the number that stands for ``word``: itself, or the place of a month's or a day's name."""
    if word.isascii() and word.isdigit():
        return int(word)
    names = {
        "month": "jan feb mar apr may jun jul aug sep oct nov dec",
        "day of the week": "sun mon tue wed thu fri sat",
    }
    known = names.get(field.name, "").split()
    return known.index(word.lower()) + field.first if word.lower() in known else None


def _wrong(item: str, field: _Field, what: str) -> BadInputError:
    return BadInputError("rule", f"{printable(item) or 'nothing'} in the {field.name}: {what}")


def _span_in_words(seconds: int) -> str:
    """Return ``15 minutes``, ``2 hours 30 minutes`` or ``day``."""
    parts = []
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append((number, name))
    if len(parts) == 1 and parts[0][0] == 1:
        return parts[0][1]
    return " ".join(f"{number} {name}{'s' if number > 1 else ''}" for number, name in parts)
