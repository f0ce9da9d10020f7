"""Compares our times with a cron written anew: ``python -m tests.fuzz.cron_reference [--years 2024-2027]``.

The reference walks over the minutes of UTC, looks at the clock on the wall, and does in each what the main loop of
Debian's cron (3.0pl1, cron.c) does: fixed-time lines follow a virtual clock that catches up after a gap and waits in a
repeated hour, lines with a star in minute or hour follow the clock as it shows. Lines are read by its own parser. It
shares nothing with cronsim or the calendar. Days are Debian's too: with a star both must fit, else either will do.
"""

import argparse
import calendar
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tui_queue.core.timing.recurrence import parse_rule

MINUTE = timedelta(minutes=1)
ZERO = datetime(2000, 1, 1)  # noqa: DTZ001
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata")
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

TRICKY = """
* * * * *|*/2 * * * *|*/7 * * * *|*/15 * * * *|*/30 * * * *|0 * * * *|15 * * * *|30 * * * *|45 * * * *|59 * * * *
0,30 * * * *|10-20 * * * *|1-59/2 * * * *|0-59 * * * *|* 0 * * *|* 1 * * *|* 2 * * *|* 3 * * *|* 1-2 * * *|*/5 2 * * *
*/10 1 * * *|*/20 1,2,3 * * *|*/10 2-3 * * *|0 0 * * *|0 1 * * *|0 2 * * *|0 3 * * *|30 1 * * *|29 1 * * *|31 1 * * *
30 2 * * *|15 2 * * *|45 1 * * *|59 1 * * *|59 2 * * *|1 2 * * *|0,30 2 * * *|0,15,30,45 1 * * *|0,15,30,45 2 * * *
0-59 2 * * *|0-59 1 * * *|1-59/7 1-3 * * *|0 2,3 * * *|0 1,2,3 * * *|30 1,2 * * *|0,59 2,3 * * *|0 0-23 * * *
0 */2 * * *|30 */2 * * *|0 1-23/2 * * *|0 */3 * * *|5 */1 * * *|*/15 */2 * * *|*/1 2 * * *|0 2 * * sun|0 2 * * 0
0 2 * * 7|30 2 * * sat-sat/1|30 2 * * 6,0|30 1 * * 1-5|30 2 * * mon-fri|30 2 29 * *|30 2 31 mar *|30 2 * mar 0
30 2 * 3 7|30 2 * 10 sun#5|30 2 * mar sun#5|30 2 * * 0L|30 2 * * 7L|30 2 * mar 0L|0 3 L * *|0 2 L 3,10 *|15 2 LW * *
* 2 L * *|*/5 1 * * 0#1|30 1 * nov sun#1|30 1 * nov 7#1|30 2 * mar 0#2|0 2 * 4 sun#1|45 1 * apr 0#1|15 2 * oct 0#1
0 0 1 * *|0 0 1 1 *|0 0 29 2 *|0 12 29 2 *|0 0 1-7 * 0|30 2 1-7 * sun|30 2 */2 * sun|30 2 */3 * *|30 2 * * */2
30 2 * * */5
30 2 1,15 * */3|30 2 1-31/7 * 0|*/30 2 8-14 * 0|*/30 * 8-14 * 0|0 6 * * mon-fri|0 22 * * 1-5|59 23 * * *
5-5/2 2 * * *|2-2/3 2-2/2 * * *|10-50/20 2-2/2 * * *|*,5 2 * * *|5,* 2 * * *|0 0,* * * *|30 *,2 * * *|0 2 *,5 * 0
@hourly|@daily|@midnight|@weekly|@monthly|@yearly|0 2 28-31 * *|0 2 25-31 3,10 sun|0 2 25-31 3,10 *|0 4 8-14 * *
0 0 30 * *|0 0 31 */2 *|0 0 * feb,mar,oct *|23 2 * */3 *|23 1 * jan-dec *|23 1 * 1-12/11 *|17 1,2 * 3-11/8 0-0
0 0 L,15 * *|15 1 1,L * 3|0 1 31 10 0|0 1 31 10 *|0 1 1 11 *|0 2 LW,1 * *|30 1 5 4 0|1,2,3 0,1,2,3 * * *|0 0 * * 0-7
"""


@dataclass(frozen=True)
class Line:
    """One line of a crontab; the numbers of days may carry L, LW, (day, nth) and (day, L)."""

    minutes: set[int]
    hours: set[int]
    dates: set[object]
    months: set[int]
    weekdays: set[object]
    wild: bool
    both_days: bool
    known: dict[int, bool] = field(default_factory=dict)

    def fits_day(self, day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        working = max(n for n in range(last - 2, last + 1) if date(day.year, day.month, n).weekday() < 5)
        weekday = day.isoweekday() % 7
        signs: set[object] = {weekday, (weekday, (day.day - 1) // 7 + 1)}
        signs |= {(weekday, "L")} if day.day + 7 > last else set()
        number: set[object] = {day.day}
        number |= {"L"} if day.day == last else set()
        number |= {"LW"} if day.day == working else set()
        pair = bool(number & self.dates), bool(signs & self.weekdays)
        return day.month in self.months and (all(pair) if self.both_days else any(pair))

    def fits(self, wall: int) -> bool:
        """Whether the line fits what the clock shows, in minutes since 2000."""
        if wall % 60 not in self.minutes or wall // 60 % 24 not in self.hours:
            return False
        day = wall // 1440
        if day not in self.known:
            self.known[day] = self.fits_day((ZERO + timedelta(days=day)).date())
        return self.known[day]


def numbers(text: str, low: int, high: int, names: list[str], first: int) -> set[object]:
    found: set[object] = set()

    def number(word: str) -> int:
        value = names.index(word.lower()) + first if word.lower() in names else int(word)
        assert low <= value <= high, f"{word} is outside {low}-{high}"
        return value

    for item in text.split(","):
        span, _, step = item.partition("/")
        if span in ("L", "LW"):
            found.add(span)
        elif "#" in span:
            day, _, nth = span.partition("#")
            found.add((number(day) % 7, int(nth)))
        elif span.endswith("L"):
            found.add((number(span[:-1]) % 7, "L"))
        else:
            begin, dash, end = ("*", "", "") if span == "*" else span.partition("-")
            ends = (low, high) if span == "*" else (number(begin), number(end) if dash else number(begin))
            found.update(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


def read(text: str) -> Line:
    short = {
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * sun",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 jan *",
    }  # fmt: skip
    minute, hour, day, month, weekday = short.get(text, text).split()
    weekdays = numbers(weekday, 0, 7, DAYS, 0)
    return Line(
        minutes={int(str(n)) for n in numbers(minute, 0, 59, [], 0)},
        hours={int(str(n)) for n in numbers(hour, 0, 23, [], 0)},
        dates=numbers(day, 1, 31, [], 1),
        months={int(str(n)) for n in numbers(month, 1, 12, MONTHS, 1)},
        weekdays=weekdays | ({0} if 7 in weekdays else set()),
        wild=minute.startswith("*") or hour.startswith("*"),
        both_days=day.startswith("*") or weekday.startswith("*"),
    )


def debian(line: Line, walls: list[int]) -> list[int]:
    """Return the places in ``walls``, what the clock shows minute by minute, at which cron would start the line."""
    started = []
    virtual = walls[0] - 1
    for place, running in enumerate(walls):
        behind = running - virtual
        if 0 < behind <= 5:
            due = any(line.fits(minute) for minute in range(virtual + 1, running + 1))
            virtual = running
        elif 5 < behind < 180:
            due = line.fits(running) if line.wild else any(map(line.fits, range(virtual + 1, running + 1)))
            virtual = running
        elif -180 < behind <= 0:
            due = line.wild and line.fits(running)
        else:
            due = line.fits(running)
            virtual = running
        if due:
            started.append(place)
    return started


def random_line(chance: random.Random) -> str:
    def values(low: int, high: int, likely: list[int], names: list[str]) -> str:
        def one() -> int:
            return chance.choice(likely) if chance.random() < 0.7 else chance.randint(low, high)

        def item() -> str:
            kind = chance.random()
            if kind < 0.5:
                value = one()
                return (
                    names[value - low] if names and value - low < len(names) and chance.random() < 0.5 else str(value)
                )
            if kind < 0.6:
                return f"*/{chance.randint(1, (high - low + 1) // 2)}"
            begin, end = sorted((one(), chance.randint(low, high)))
            step = f"/{chance.randint(1, max(1, (high - low) // 3))}" if kind > 0.8 else ""
            return f"{begin}-{end}{step}"

        return ",".join(item() for _ in range(chance.choice([1, 1, 1, 2, 3])))

    def or_star(share: float, low: int, high: int, likely: list[int], names: list[str]) -> str:
        return "*" if chance.random() < share else values(low, high, likely, names)

    special = chance.random()
    day = or_star(0.7, 1, 31, [1, 7, 8, 14, 25, 26, 28, 29, 30, 31], [])
    weekday = or_star(0.6, 0, 7, [0, 6, 7], DAYS)
    if special < 0.08:
        day = chance.choice(["L", "LW", "L,1", "1,LW"])
    elif special < 0.2:
        weekday = chance.choice(["0", "sun", "7", "sat", "3"]) + chance.choice(["#1", "#2", "#4", "#5"])
    elif special < 0.25:
        weekday = chance.choice("0667") + "L"
    return " ".join([
        or_star(0.1, 0, 59, [0, 15, 29, 30, 31, 45, 59], []),
        or_star(0.15, 0, 23, [0, 1, 2, 3], []),
        day,
        or_star(0.8, 1, 12, [3, 4, 10, 11], MONTHS),
        weekday,
    ])  # fmt: skip


def lines(count: int) -> list[str]:
    """Return the hand-picked lines and as many random ones as it takes; every one of them comes true some day."""
    chance = random.Random(4)
    found = [line for row in TRICKY.split("\n") for line in row.split("|") if line]
    while len(found) < count:
        line = random_line(chance)
        if line not in found and any(map(read(line).fits_day, days_of(2024, 2035))):
            found.append(line)
    return found


def days_of(first: int, last: int) -> Iterator[date]:
    day = date(first, 1, 1)
    while day.year <= last:
        yield day
        day += timedelta(days=1)


def changes(zone: ZoneInfo, first: int, last: int) -> list[datetime]:
    """Return the quarters of an hour at which another offset begins, found by looking at each."""
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    quarters = [begin + 15 * MINUTE * number for number in range((end - begin) // (15 * MINUTE))]
    offsets = [quarter.astimezone(zone).utcoffset() for quarter in quarters]
    return [
        quarter for quarter, (before, after) in zip(quarters[1:], pairwise(offsets), strict=True) if before != after
    ]


@dataclass
class Count:
    transitions: int = 0
    times: int = 0
    moments: int = 0
    differences: list[str] = field(default_factory=list)


def compare(texts: list[str], name: str, around: list[datetime], hours: int, moments: int) -> Count:
    """Compare all times around each moment, and the next time after many moments near it."""
    zone, count, chance = ZoneInfo(name), Count(transitions=len(around)), random.Random(7)
    for change in around:
        begin = change - timedelta(hours=hours)
        minutes = [begin + MINUTE * number for number in range(2 * hours * 60)]
        walls = [int((m.astimezone(zone).replace(tzinfo=None) - ZERO).total_seconds()) // 60 for m in minutes]
        near = [change + timedelta(seconds=chance.randint(-10_000, 10_000)) for _ in range(moments)]
        near += [change + number * MINUTE for number in (-60, -30, -1, 0, 1, 29, 30, 59, 60)[:moments]]
        for text in texts:
            rule, expected = parse_rule(text, name), [minutes[place] for place in debian(read(text), walls)]
            ours = list(until(minutes[-1], rule.times_after(begin - timedelta(seconds=1), anchor=begin).__next__))
            count.times += len(set(expected) | set(ours))
            count.differences += [
                f"{name}: {text}: {when:%Y-%m-%d %H:%M} UTC, {'only ours' if when in ours else 'only the reference'}"
                for when in sorted(set(expected) ^ set(ours))
            ]
            if ours != sorted(set(ours)):
                count.differences.append(f"{name}: {text}: not in order near {change}")
            for moment in near:
                place = bisect_right(expected, moment)
                if place < len(expected):
                    count.moments += 1
                    if (found := rule.next_after(moment, anchor=begin)) != expected[place]:
                        count.differences.append(f"{name}: {text}: after {moment} ours {found}, not {expected[place]}")
    return count


def compare_days(texts: list[str], first: int, last: int) -> Count:
    """Compare on which days of whole years the lines come true, at midnight of UTC."""
    count, begin = Count(), datetime(first, 1, 1, tzinfo=UTC)
    for text in texts:
        fields = text.split()[2:] if not text.startswith("@") else ["*"] * 3
        midnights = " ".join(["0", "0", *fields])
        expected = {day for day in days_of(first, last) if read(midnights).fits_day(day)}
        times = parse_rule(midnights, "UTC").times_after(begin - MINUTE, anchor=begin).__next__
        ours = {found.date() for found in until(datetime(last, 12, 31, tzinfo=UTC), times)}
        count.times += len(expected | ours)
        count.differences += [f"days: {text}: {day}" for day in sorted(expected ^ ours)]
    return count


def until(last: datetime, following: Callable[[], datetime]) -> Iterator[datetime]:
    for found in iter(following, None):
        if found > last:
            return
        yield found


def run(years: tuple[int, int], *, count: int, hours: int, near: int) -> int:
    texts = lines(count)
    berlin = changes(ZoneInfo("Europe/Berlin"), *years)
    differences = []
    for name in ZONES:
        begun = time.monotonic()
        own = changes(ZoneInfo(name), *years)
        found = compare(texts, name, own or berlin, hours, near)
        differences += found.differences
        print(
            f"{name:<20} {len(texts)} expressions, {len(own)} transitions"
            f"{'' if own else f' (the {len(berlin)} days of Berlin)'}, {found.times:,} times and {found.moments:,}"
            f" next times compared, {len(found.differences)} differences, {time.monotonic() - begun:.0f} s"
        )
    days_found = compare_days(texts, *years)
    differences += days_found.differences
    print(
        f"{'every day of UTC':<20} {len(texts)} expressions, {years[0]} to {years[1]}, {days_found.times:,} days"
        f" compared, {len(days_found.differences)} differences"
    )
    print(*differences[:200], sep="\n", end="\n" if differences else "")
    return 1 if differences else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", default="2024-2027")
    parser.add_argument("--lines", type=int, default=320)
    parser.add_argument("--hours", type=int, default=72, help="how many hours before and after each change")
    options = parser.parse_args()
    first, _, last = options.years.partition("-")
    sys.exit(run((int(first), int(last or first)), count=options.lines, hours=options.hours, near=12))


if __name__ == "__main__":
    main()
