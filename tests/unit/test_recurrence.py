"""When something is due: moments, rules of schedules, missed times and the hours of queues."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import ROOT
from tests.fuzz import cron_reference
from tui_queue.core.errors import BadInputError
from tui_queue.core.timing.datetimes import parse_datetime
from tui_queue.core.timing.opening_hours import Hours, parse_hours
from tui_queue.core.timing.recurrence import Missed, Rule, due_times, parse_rule
from tui_queue.core.timing.timezones import local_zone, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 9, 30, 15, 250, tzinfo=UTC)  # a Tuesday, 10:30 in Berlin
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def berlin(text: str) -> datetime:
    """A moment by the clock of Berlin; ``text`` may bring its own offset where that clock shows it twice."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)


def times(rule: Rule, after: datetime, n: int) -> list[str]:
    """The next times as the clock of the rule's zone shows them."""
    found = rule.next_times(after, n, anchor=LONG_AGO)
    assert all(time.tzinfo is UTC for time in found)
    return [time.astimezone(ZoneInfo(rule.zone)).isoformat(" ", "minutes") for time in found]


# ── moments ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.quick
@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("now", NOW.isoformat()),
        ("2026-11-25T06:00", "2026-11-25T05:00"),
        ("2026-11-25 06:00", "2026-11-25T05:00"),
        ("2026-11-25 6:00:07", "2026-11-25T05:00:07"),
        ("2026-11-25T06:00:07.5", "2026-11-25T05:00:07.500"),
        ("2026-11-25T06:00Z", "2026-11-25T06:00"),
        ("2026-11-25T06:00+01:00", "2026-11-25T05:00"),
        ("2026-11-25 06:00 -0530", "2026-11-25T11:30"),
        ("2026-11-25T06:00 America/New_York", "2026-11-25T11:00"),
        ("2026-11-25T06:00[America/New_York]", "2026-11-25T11:00"),
        ("2026-11-25 06:00 UTC", "2026-11-25T06:00"),
        ("2026-11-25", "2026-11-24T23:00"),
        ("18:00", "2026-11-24T17:00"),
        ("10:31", "2026-11-24T09:31"),
        ("10:30", "2026-11-25T09:30"),
        ("9:15", "2026-11-25T08:15"),
        ("18:00Z", "2026-11-24T18:00"),
        ("23:00 America/New_York", "2026-11-25T04:00"),
        ("today 18:00", "2026-11-24T17:00"),
        ("Tomorrow  6:00", "2026-11-25T05:00"),
        ("tomorrow", "2026-11-24T23:00"),
        ("friday 18:00", "2026-11-27T17:00"),
        ("FRI 18:00", "2026-11-27T17:00"),
        ("tuesday 18:00", "2026-11-24T17:00"),
        ("tuesday 6:00", "2026-12-01T05:00"),
        ("tuesday", "2026-11-30T23:00"),
        ("+2h", "2026-11-24T11:30:15.000250"),
        ("+1d12h", "2026-11-25T21:30:15.000250"),
        ("+ 90", "2026-11-24T09:31:45.000250"),
        ("2028-02-29", "2028-02-28T23:00"),
    ],
)
def test_a_moment_is_read_by_the_clock_on_the_wall(text: str, means: str) -> None:
    moment = parse_datetime(text, now=NOW, zone=BERLIN)
    assert moment.replace(tzinfo=None) == datetime.fromisoformat(means).replace(tzinfo=None)
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-11-24T10:30", "15s in the past; write a later time, or now"),
        ("2026-11-24 06:00", "4h30m in the past"),
        ("2026-11-24", "10h30m in the past"),
        ("today 6:00", "today 6:00: 4h30m in the past"),
        ("today", "in the past"),
        ("1999-12-31", "in the past"),
        ("0001-01-01", "in the past"),
        ("2026-11-24T09:30Z", "15s in the past"),
        ("2026-02-30", "there is no such date"),
        ("2027-02-29 10:00", "there is no such date"),
        ("2026-13-01", "there is no such date"),
        ("0000-01-01", "there is no such date"),
        ("2062-11-25", "more than 10 years away; check the year"),
        ("9999-12-31 23:59", "more than 10 years away"),
        ("25:00", "no such time of day; write 00:00 to 23:59"),
        ("24:00", "no such time of day"),
        ("18:60", "no such time of day"),
        ("18:00+15:00", "no clock is +15:00 from UTC"),
        ("18:00+01:00 Europe/Berlin", "an offset and a time zone"),
        ("18:00 Europe/Berlim", "Europe/Berlim: no such time zone; did you mean Europe/Berlin"),
        ("someday 18:00", "someday is no day; write 2026-11-25T06:00, 18:00, tomorrow 6:00"),
        ("soon", "soon is no day"),
        ("6", "6: no time"),
        ("11/25/2026", "11/25/2026: no time; write"),
        ("18:00 or so", "no time"),
        ("friday 18", "no time"),
        ("", "Begin: no time"),
        ("  ", "Begin: no time"),
        ("+", "not a span of time; write +90s"),
        ("+0", "not a span of time"),
        ("+2w", "not a span of time"),
        ("+99999d", "not a span of time"),
        ("١٨:٠٠", "no time"),
        ("18:00\x1b[2J", "18:00^[[2J: no time"),
        ("9" * 5000, "no time"),
    ],
)
def test_a_moment_that_can_not_be_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadInputError) as error:
        parse_datetime(text, now=NOW, zone=BERLIN)
    assert says in str(error.value)
    assert error.value.field == "at"
    assert len(str(error.value)) < 250


def test_a_moment_that_daylight_saving_skips_is_refused_with_the_times_beside_it() -> None:
    for now, text in [
        ("2026-03-20T10:00", "2026-03-29T02:30"),
        ("2026-03-29T01:00", "2:00"),
        ("2026-03-28", "sun 2:59"),
    ]:
        with pytest.raises(BadInputError) as error:
            parse_datetime(text, now=berlin(now), zone=BERLIN)
        assert str(error.value) == (
            f"{text}: on 2026-03-29 the clock in Europe/Berlin goes from 02:00 to 03:00 and this time is skipped;"
            " write 2026-03-29T01:59 or 2026-03-29T03:00."
        )
    with pytest.raises(BadInputError, match=r"from 02:00 to 02:30 .* write 2026-10-04T01:59 or 2026-10-04T02:30"):
        parse_datetime("2026-10-04 02:15", now=LONG_AGO, zone=ZoneInfo("Australia/Lord_Howe"))
    assert parse_datetime("2:30", now=berlin("2026-03-29T10:00"), zone=BERLIN) == berlin("2026-03-30T02:30")
    assert parse_datetime("2026-03-29T02:30+01:00", now=LONG_AGO, zone=BERLIN) == berlin("2026-03-29T03:30")


def test_a_moment_that_daylight_saving_repeats_asks_for_an_offset() -> None:
    text = "2026-10-25 02:30"
    with pytest.raises(BadInputError) as error:
        parse_datetime(text, now=LONG_AGO, zone=BERLIN)
    assert str(error.value).endswith(
        "shows this time twice; write 2026-10-25T02:30+02:00 for the first or 2026-10-25T02:30+01:00 for the second."
    )
    first, second = utc("2026-10-25T00:30"), utc("2026-10-25T01:30")
    assert parse_datetime("2026-10-25T02:30+02:00", now=LONG_AGO, zone=BERLIN) == first
    assert parse_datetime("2026-10-25T02:30+01:00", now=LONG_AGO, zone=BERLIN) == second
    between = first + timedelta(minutes=10)
    assert parse_datetime(text, now=between, zone=BERLIN) == second
    assert parse_datetime("2:30", now=between, zone=BERLIN) == second
    with pytest.raises(BadInputError, match="in the past"):
        parse_datetime(text, now=second + timedelta(minutes=1), zone=BERLIN)


def test_a_day_without_a_time_begins_when_its_clock_does() -> None:
    cairo, azores = ZoneInfo("Africa/Cairo"), ZoneInfo("Atlantic/Azores")
    assert parse_datetime("2026-04-24", now=LONG_AGO, zone=cairo) == utc("2026-04-23T22:00")
    assert parse_datetime("2026-10-25", now=LONG_AGO, zone=azores) == utc("2026-10-25T00:00")
    with pytest.raises(BadInputError, match="is skipped; write 2026-04-23T23:59 or 2026-04-24T01:00"):
        parse_datetime("2026-04-24 00:00", now=LONG_AGO, zone=cairo)


# ── zones ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_zone_that_does_not_exist_is_refused_with_names_like_it() -> None:
    assert zone_of("Asia/Kolkata") == ZoneInfo("Asia/Kolkata")
    for name, says in [
        ("Europe/Berlim", "Europe/Berlim: no such time zone; did you mean Europe/Berlin"),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("new york", "did you mean America/New_York?"),
        ("Mars/Olympus", "no such time zone; write one like Europe/Berlin or UTC"),
        ("CET-1CEST", "no such time zone"),
        ("../../etc/passwd", "no such time zone"),
        ("/etc/localtime", "no such time zone"),
        ("Europe", "no such time zone"),
        ("a\0b", "a^@b: no such time zone"),
        ("\udcff", "no such time zone"),
        ("x" * 5000, "no such time zone"),
        ("", "empty: no such time zone"),
    ]:
        with pytest.raises(BadInputError) as error:
            zone_of(name)
        assert says in str(error.value)
        assert error.value.field == "zone"


LOCAL = """
from tui_queue.core.errors import BadInputError
from tui_queue.core.timing.timezones import local_zone
try:
    print(local_zone().key)
except BadInputError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("tz", "says"),
    [
        ("UTC", "UTC"),
        ("Europe/Berlin", "Europe/Berlin"),
        (":America/New_York", "America/New_York"),
        ("Nowhere/Land", "TZ is Nowhere/Land; set TZ to a name like Europe/Berlin or UTC."),
        ("CET-1CEST", "TZ is CET-1CEST; set TZ"),
        ("../x", "TZ is ../x; set TZ"),
        ("Europe", "TZ is Europe; set TZ"),
        ("\x1b[2J", "TZ is ^[[2J; set TZ"),
        ("/etc/passwd", "TZ is /etc/passwd; set TZ"),
    ],
)
def test_the_zone_of_the_machine_is_what_tz_says(tz: str, says: str) -> None:
    env = {**os.environ, "TZ": tz}
    done = subprocess.run([sys.executable, "-c", LOCAL], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith(says) if "set TZ" not in says else says in done.stdout
    assert done.stderr == ""


def test_the_zone_of_the_machine_is_known_without_tz() -> None:
    assert datetime.now(local_zone()).utcoffset() is not None


def test_zones_are_known_where_the_system_has_none() -> None:
    code = "from tui_queue.core.timing.timezones import zone_of; print(zone_of('Europe/Berlin'))"
    env = {**os.environ, "PYTHONTZPATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, check=True)
    assert done.stdout == b"Europe/Berlin\n"


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.quick
def test_an_interval_counts_elapsed_time_from_its_anchor() -> None:
    rule = parse_rule("every 2h30m", "Europe/Berlin")
    anchor = berlin("2026-03-28T23:00:00.25")
    found = rule.next_times(anchor, 3, anchor=anchor)
    assert [time - anchor for time in found] == [timedelta(hours=2.5 * n) for n in (1, 2, 3)]
    assert found[1].astimezone(BERLIN).hour == 5
    assert rule.next_after(found[0], anchor=anchor) == found[1]
    assert rule.next_after(found[0] - timedelta(microseconds=1), anchor=anchor) == found[0]
    assert rule.next_after(anchor - timedelta(days=9), anchor=anchor) == anchor
    assert rule.describe() == "Every 2 hours 30 minutes"
    assert parse_rule("EVERY 1d", "UTC").describe() == "Every day"
    assert parse_rule("every 1h 1s", "UTC").interval_s == 3601


def test_a_cron_line_follows_the_clock_of_its_zone() -> None:
    assert times(parse_rule("0 6 * * mon-fri", "Europe/Berlin"), utc("2026-11-27T05:00"), 2) == [
        "2026-11-30 06:00+01:00",
        "2026-12-01 06:00+01:00",
    ]
    assert times(parse_rule("*/20 22 * JAN,dec *", "America/New_York"), NOW, 2) == [
        "2026-12-01 22:00-05:00",
        "2026-12-01 22:20-05:00",
    ]
    assert times(parse_rule("0 0 L * *", "UTC"), NOW, 2) == ["2026-11-30 00:00+00:00", "2026-12-31 00:00+00:00"]
    assert times(parse_rule("0 0 LW * *", "UTC"), utc("2026-10-01"), 1) == ["2026-10-30 00:00+00:00"]
    assert times(parse_rule("0 0 * * 5L", "UTC"), NOW, 1) == ["2026-11-27 00:00+00:00"]
    assert times(parse_rule("0 0 * * mon#2", "UTC"), NOW, 1) == ["2026-12-14 00:00+00:00"]
    assert times(parse_rule("0 0 29 2 *", "UTC"), NOW, 2) == ["2028-02-29 00:00+00:00", "2032-02-29 00:00+00:00"]
    assert times(parse_rule("0 0 13 * 5", "UTC"), utc("2026-11-01"), 3)[0] == "2026-11-06 00:00+00:00"
    assert times(parse_rule("5-5/2 6 * * *", "UTC"), NOW, 2) == ["2026-11-25 06:05+00:00", "2026-11-26 06:05+00:00"]


def test_the_next_time_is_strictly_later() -> None:
    rule = parse_rule("0 6 * * *", "UTC")
    six = utc("2026-11-25T06:00")
    assert rule.next_after(six - timedelta(microseconds=1), anchor=NOW) == six
    assert rule.next_after(six, anchor=NOW) == six + timedelta(days=1)
    assert rule.next_after(six + timedelta(microseconds=1), anchor=NOW) == six + timedelta(days=1)
    every = parse_rule("* * * * *", "UTC")
    assert every.next_after(six - timedelta(microseconds=1), anchor=NOW) == six
    assert every.next_after(six, anchor=NOW) == six + timedelta(minutes=1)
    assert every.next_after(utc("9999-12-31T23:59:30"), anchor=NOW) is None


@pytest.mark.quick
@pytest.mark.parametrize(
    ("short", "first"),
    [
        ("@hourly", "2026-11-24 10:00"),
        ("@daily", "2026-11-25 00:00"),
        ("@midnight", "2026-11-25 00:00"),
        ("@weekly", "2026-11-29 00:00"),
        ("@Monthly", "2026-12-01 00:00"),
        ("@yearly", "2027-01-01 00:00"),
        ("@annually", "2027-01-01 00:00"),
    ],
)
def test_short_names_of_rules_are_known(short: str, first: str) -> None:
    assert times(parse_rule(short, "UTC"), NOW, 1) == [f"{first}+00:00"]


def test_a_fixed_time_in_a_skipped_hour_comes_once_right_after_it() -> None:
    night = berlin("2026-03-28T12:00")
    for line in ("30 2 * * *", "0,30 2 * * *", "0 2,3 * * *", "0-59 2 * * *"):
        assert times(parse_rule(line, "Europe/Berlin"), night, 1) == ["2026-03-29 03:00+02:00"]
        assert times(parse_rule(line, "Europe/Berlin"), night, 2)[1].startswith("2026-03-30")
    assert times(parse_rule("15 2 * * *", "Australia/Lord_Howe"), utc("2026-10-03T12:00"), 2) == [
        "2026-10-04 02:30+11:00",
        "2026-10-05 02:15+11:00",
    ]


def test_a_fixed_time_in_a_repeated_hour_comes_once() -> None:
    rule = parse_rule("30 2 * * *", "Europe/Berlin")
    assert times(rule, berlin("2026-10-25T00:00"), 2) == ["2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00"]
    assert times(rule, berlin("2026-10-25T02:10+01:00"), 1) == ["2026-10-26 02:30+01:00"]


def test_lines_with_a_star_follow_the_clock_as_it_shows() -> None:
    skipped = parse_rule("*/30 * * * *", "Europe/Berlin")
    assert times(skipped, berlin("2026-03-29T01:00"), 2) == ["2026-03-29 01:30+01:00", "2026-03-29 03:00+02:00"]
    assert times(parse_rule("*/30 2 * * *", "Europe/Berlin"), berlin("2026-03-29T01:00"), 1)[0][:10] == "2026-03-30"
    repeated = parse_rule("0 * * * *", "Europe/Berlin")
    assert times(repeated, berlin("2026-10-25T01:00"), 3) == [
        "2026-10-25 02:00+02:00",
        "2026-10-25 02:00+01:00",
        "2026-10-25 03:00+01:00",
    ]
    half = parse_rule("*/15 2 * * *", "Australia/Lord_Howe")
    assert times(half, utc("2026-04-04T14:50"), 2) == ["2026-04-05 02:00+10:30", "2026-04-05 02:15+10:30"]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "Rule: empty; write every 15m, or five fields like 0 6 * * mon-fri."),
        ("0 0 30 2 *", "never comes true, since no such day exists (day of the month 30, month 2"),
        ("0 0 31 2,4,6,9,11 *", "never comes true"),
        ("0 0 * feb mon#5,tue#6", "tue#6 in the day of the week: not 0 to 7"),
        ("0 6 * *", "0 6 * *: 4 fields, but a cron line has five (minute, hour, day of the month, month, day of"),
        ("0 0 6 * * *", "6 fields, but a cron line has five"),
        ("daily", "daily: 1 field, but a cron line has five"),
        ("60 * * * *", "60 in the minute: not 0 to 59"),
        ("-1 * * * *", "-1 in the minute: not 0 to 59"),
        ("0 24 * * *", "24 in the hour: not 0 to 23"),
        ("0 0 0 * *", "0 in the day of the month: not 1 to 31, L"),
        ("0 0 * 13 *", "13 in the month: not 1 to 12 or jan to dec"),
        ("0 0 * mai *", "mai in the month: not 1 to 12"),
        ("0 0 * * 8", "8 in the day of the week: not 0 to 7"),
        ("0 0 * * mon-fry", "mon-fry in the day of the week"),
        ("0 0 * * L", "L in the day of the week"),
        ("0 0 ? * *", "? in the day of the month"),
        ("0 0 * * sat-sun", "sat-sun in the day of the week: runs backwards; write sat-7,0-sun."),
        ("0 22-6 * * *", "22-6 in the hour: runs backwards; write 22-23,0-6."),
        ("0 22-6/2 * * *", "runs backwards"),
        ("5/15 * * * *", "5/15 in the minute: a step needs a range; write 5-59/2 or */2."),
        ("*/90 * * * *", "*/90 in the minute: a step is 1 to 60; for longer spans write every 90m."),
        ("*/0 * * * *", "a step is 1 to 60"),
        ("\x1b/5 * * * *", "^[/5 in the minute: a step needs a range; write */2."),
        ("*/ * * * *", "a step needs a range"),
        ("0, * * * *", "nothing in the minute"),
        ("0 0 L/2 * *", "a step needs a range"),
        ("٥ * * * *", "٥ in the minute"),
        ("\x1b[2J * * * *", "^[[2J in the minute"),
        ("@reboot", "@reboot: unknown; write @hourly, @daily"),
        ("@every 15m", "unknown; write @hourly"),
        ("every", "every: nothing is no interval of a second to ten years; write every 90s"),
        ("every 0s", "0s is no interval"),
        ("every 0.5s", "0.5s is no interval"),
        ("every day", "day is no interval"),
        ("every -5m", "-5m is no interval"),
        ("every 99999d", "99999d is no interval"),
        ("0 " * 5000, "Rule has 9,999 characters"),
        ("9" * 999 + " * * * *", "Rule has 1,007 characters"),
    ],
)
def test_a_rule_that_can_not_be_is_refused_by_the_part_that_is_wrong(rule: str, says: str) -> None:
    with pytest.raises(BadInputError) as error:
        parse_rule(rule, "Europe/Berlin")
    assert says in str(error.value)
    assert error.value.field == "rule"


def test_a_rule_in_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInputError, match="Europe/Berlim: no such time zone; did you mean Europe/Berlin"):
        parse_rule("@daily", "Europe/Berlim")


def test_a_rule_is_described_in_words() -> None:
    assert parse_rule("0 6 * * mon-fri", "Europe/Berlin").describe() == (
        "At 06:00 on Monday through Friday (Europe/Berlin)"
    )
    assert parse_rule("@daily", "UTC").describe() == "At 00:00 every day (UTC)"
    for line in cron_reference.lines(250):
        assert parse_rule(line, "UTC").describe().endswith(" (UTC)")


@pytest.mark.parametrize(
    ("count", "hours", "near"), [(6, 3, 1), pytest.param(150, 9, 4, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_cron_agrees_with_a_second_implementation(
    capsys: pytest.CaptureFixture[str], count: int, hours: int, near: int
) -> None:
    code = cron_reference.run((2026, 2026), count=count, hours=hours, near=near)
    assert (code, capsys.readouterr().out.count(" 0 differences")) == (0, len(cron_reference.ZONES) + 1)


# ── missed times ─────────────────────────────────────────────────────────────────────────────────────────────────────


def due(rule: str, next_at: str, now: str, missed: Missed) -> tuple[list[str], str]:
    served, following = due_times(
        parse_rule(rule, "UTC"), next_at=utc(next_at), now=utc(now), missed=missed, anchor=LONG_AGO
    )
    assert following
    return [f"{time:%d %H:%M}" for time in served], f"{following:%d %H:%M}"


def test_missed_times_are_served_as_the_schedule_wishes() -> None:
    missed_three = ("0 6 * * *", "2026-11-22T06:00", "2026-11-24T09:30")
    assert due(*missed_three, Missed.ONCE) == (["24 06:00"], "25 06:00")
    assert due(*missed_three, Missed.ALL) == (["22 06:00", "23 06:00", "24 06:00"], "25 06:00")
    assert due(*missed_three, Missed.NONE) == ([], "25 06:00")
    assert due("0 6 * * *", "2026-11-24T06:00", "2026-11-24T06:01:00", Missed.NONE) == (["24 06:00"], "25 06:00")
    assert due("0 6 * * *", "2026-11-24T06:00", "2026-11-24T06:01:01", Missed.NONE) == ([], "25 06:00")
    assert due("every 20s", "2026-11-24T06:00", "2026-11-24T06:00:50", Missed.NONE) == (["24 06:00"], "24 06:01")
    for missed in Missed:
        assert due("0 6 * * *", "2026-11-24T06:00", "2026-11-24T06:00", missed) == (["24 06:00"], "25 06:00")
        assert due("0 6 * * *", "2026-11-24T06:00", "2026-11-24T05:59:59", missed) == ([], "24 06:00")


@pytest.mark.quick
def test_a_schedule_without_a_next_time_serves_nothing() -> None:
    rule = parse_rule("@daily", "UTC")
    assert due_times(rule, next_at=None, now=NOW, missed=Missed.ALL, anchor=NOW) == ((), None)


def test_a_stored_time_counts_where_the_rule_gives_it_no_more() -> None:
    assert due("0 6 * * *", "2026-11-23T07:00", "2026-11-23T08:00", Missed.ONCE) == (["23 07:00"], "24 06:00")
    assert due("0 6 * * *", "2026-11-23T07:00", "2026-11-24T08:00", Missed.ALL)[0] == ["23 07:00", "24 06:00"]


@pytest.mark.parametrize("line", ["* * * * *", "every 1m", "*/10 * * * *", "0 0 * * *", "* * * 1 *", "every 1s"])
def test_of_years_of_missed_times_the_latest_thousand_are_served(line: str) -> None:
    rule, now = parse_rule(line, "Europe/Berlin"), utc("2026-11-24T09:30")
    first = now - timedelta(days=3 if line == "every 1s" else 800)
    served, following = due_times(rule, next_at=first, now=now, missed=Missed.ALL, anchor=LONG_AGO)
    assert len(served) == (800 if line == "0 0 * * *" else 1000) + (line == "0 0 * * *")
    assert list(served) == sorted(set(served))
    assert following
    assert following > now >= served[-1]
    assert due_times(rule, next_at=first, now=now, missed=Missed.ONCE, anchor=LONG_AGO)[0] == served[-1:]
    assert rule.next_times(served[-2], 1, anchor=LONG_AGO) == served[-1:]


# ── hours ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def window(hours: Hours, moment: datetime) -> tuple[bool, str | None, str | None]:
    def shown(found: datetime | None) -> str | None:
        return found.astimezone(ZoneInfo(hours.zone)).strftime("%a %d %H:%M") if found else None

    return hours.open_at(moment), shown(hours.opens_at(moment)), shown(hours.closes_at(moment))


@pytest.mark.quick
def test_hours_open_and_close_by_the_clock_and_belong_to_the_day_they_begin() -> None:
    hours = parse_hours("Mon-Fri 22:00-06:00,  sat-sun", "Europe/Berlin")
    assert hours.text == "mon-fri 22:00-06:00, sat-sun"
    assert window(hours, berlin("2026-11-24T10:30")) == (False, "Tue 24 22:00", None)
    assert window(hours, berlin("2026-11-24T22:00")) == (True, "Tue 24 22:00", "Wed 25 06:00")
    assert window(hours, berlin("2026-11-25T05:59")) == (True, "Wed 25 05:59", "Wed 25 06:00")
    assert window(hours, berlin("2026-11-25T06:00")) == (False, "Wed 25 22:00", None)
    assert window(hours, berlin("2026-11-27T23:00")) == (True, "Fri 27 23:00", "Mon 30 00:00")
    assert window(hours, berlin("2026-11-30T05:00")) == (False, "Mon 30 22:00", None)
    assert hours.describe() == (
        "Monday, Tuesday, Wednesday, Thursday, Friday, 22:00 to 06:00 of the next day; Saturday, Sunday, the whole day"
        " (Europe/Berlin)"
    )


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("8:00-18:00", ["2026-11-24T08:00", "2026-11-29T17:59"], ["2026-11-24T07:59", "2026-11-24T18:00"]),
        ("8-18", ["2026-11-24T08:00"], ["2026-11-24T18:00"]),
        ("wed", ["2026-11-25T00:00", "2026-11-25T23:59"], ["2026-11-24T23:59", "2026-11-26T00:00"]),
        ("friday-monday 20:00-24:00", ["2026-11-27T20:00", "2026-11-30T23:59"], ["2026-11-24T20:00"]),
        ("sun 22:00-0:00, mon 1:00-2:00", ["2026-11-29T23:59", "2026-11-30T01:00"], ["2026-11-30T00:00"]),
    ],
)
def test_days_and_times_of_hours_can_each_be_left_out(text: str, inside: list[str], outside: list[str]) -> None:
    hours = parse_hours(text, "Europe/Berlin")
    assert all(hours.open_at(berlin(moment)) for moment in inside)
    assert not any(hours.open_at(berlin(moment)) for moment in outside)


def test_hours_that_never_end_have_no_end() -> None:
    for text in ("mon-sun", "0:00-24:00", "mon-fri, sat, sun", "12:00-0:00, 0:00-12:00"):
        assert parse_hours(text, "Europe/Berlin").closes_at(NOW) is None
        assert parse_hours(text, "Europe/Berlin").opens_at(NOW) == NOW
    assert parse_hours("sat", "UTC").closes_at(NOW) is None


@pytest.mark.quick
def test_hours_keep_to_the_clock_across_daylight_saving() -> None:
    night = parse_hours("22:00-06:00", "Europe/Berlin")
    for day, hours in (("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-24", 8)):
        begin = berlin(f"{day}T22:00")
        closes = night.closes_at(begin)
        assert closes
        assert closes - begin.astimezone(UTC) == timedelta(hours=hours)
    skipped = parse_hours("2:00-2:30", "Europe/Berlin")
    assert window(skipped, berlin("2026-03-29T01:30")) == (False, "Mon 30 02:00", None)
    assert window(skipped, berlin("2026-03-29T03:00"))[0] is False
    assert window(parse_hours("2:30-4:00", "Europe/Berlin"), berlin("2026-03-29T01:30"))[1] == "Sun 29 03:00"
    repeated = parse_hours("2:00-2:30", "Europe/Berlin")
    assert window(repeated, berlin("2026-10-25T02:10+02:00")) == (True, "Sun 25 02:10", "Sun 25 02:30")
    assert window(repeated, berlin("2026-10-25T02:10+01:00"))[0] is False


def test_neighbouring_hours_neither_overlap_nor_leave_a_gap_across_daylight_saving() -> None:
    for zone in ("Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo"):
        parts = [parse_hours(text, zone) for text in ("0:00-1:45", "1:45-2:15", "2:15-24:00")]
        for change in cron_reference.changes(ZoneInfo(zone), 2026, 2026):
            for minutes in range(-300, 300, 5):
                moment = change + timedelta(minutes=minutes)
                assert sum(part.open_at(moment) for part in parts) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Hours: empty; write mon-fri 22:00-06:00, sat-sun."),
        ("  ", "Hours: empty"),
        ("mon,", "nothing between two commas"),
        ("8:00-8:00", "8:00-8:00: a window of no length; write 00:00-24:00 for the whole day"),
        ("mon 24:00-6:00", "a day has no later time than 24:00"),
        ("mon 22:00-25:00", "25:00 is no time of day; write 00:00 to 24:00"),
        ("mon 22:00-24:30", "24:30 is no time of day"),
        ("mon 22:60-23:00", "22:60 is no time of day"),
        ("mon-fry 22:00-06:00", "fry is no day; write mon, tue"),
        ("weekend", "weekend is no day"),
        ("22:00", "22:00: not days and times; write mon-fri 22:00-06:00, sat-sun."),
        ("at night!", "not days and times"),
        ("mon 8:00-10:00 14:00-16:00", "not days and times"),
        ("mon8-10", "not days and times"),
        ("\x1b[2J", "^[[2j: not days and times"),
        ("mon," * 500, "longer than 1,000 characters"),
    ],
)
def test_hours_that_can_not_be_are_refused(text: str, says: str) -> None:
    with pytest.raises(BadInputError) as error:
        parse_hours(text, "Europe/Berlin")
    assert says in str(error.value)
    assert error.value.field == "hours"
    assert len(str(error.value)) < 250


def test_whatever_is_written_is_read_or_refused_in_one_line_that_can_be_shown() -> None:
    chance = random.Random(1)
    signs = "0123456789*/-,#LW @:+TZ.montueseveryd\x1b٣²\udcff[]\0"
    texts = [
        "0 6 * * mon-fri", "*/5 2 L 1-3 5#2", "every 2h", "2026-11-25T06:00+01:00", "friday 18:00 Europe/Berlin",
        "mon-fri 22:00-06:00, sat", "@daily", "+2h30m",
    ]  # fmt: skip
    readers: list[Callable[[str], object]] = [
        lambda text: parse_rule(text, "Europe/Berlin").next_times(NOW, 3, anchor=NOW),
        lambda text: parse_rule(text, "Europe/Berlin").describe(),
        lambda text: parse_hours(text, "Europe/Berlin").closes_at(NOW),
        lambda text: parse_datetime(text, now=NOW, zone=BERLIN),
    ]
    refused = []
    for _ in range(2000):
        text = list(chance.choice(texts))
        for _ in range(chance.randint(0, 4)):
            place = chance.randrange(len(text) + 1)
            text[place : place + chance.choice([0, 1, 2])] = chance.choice(signs)
        for read in readers:
            try:
                read("".join(text))
            except BadInputError as error:
                refused.append(str(error))
    assert len(refused) > 1000
    assert all(map(str.isprintable, refused))


def test_nothing_costly_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, tui_queue.core.timing.recurrence, tui_queue.core.timing.opening_hours;"
        "print({'cronsim', 'zoneinfo', 'tzlocal', 'difflib'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout.strip()
        == b"set()"
    )
