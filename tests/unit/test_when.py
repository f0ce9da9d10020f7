"""The words that the table of jobs has for times: rough, and so that a row seldom changes."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.unit.test_start_failures import job
from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import State
from tui_queue.ui.dashboard.cells import bar
from tui_queue.ui.dashboard.columns import usual_columns
from tui_queue.ui.dashboard.when import When, ago, left, took_cell, until

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10, "<5m ago"),
        (299, "<5m ago"),
        (300, "5m ago"),
        (1799, "20m ago"),
        (3599, "45m ago"),
        (7300, "2h ago"),
        (26 * 3600, "yesterday"),
        (3 * 86_400, "Nov 27"),
        (400 * 86_400, "Oct 2025"),
    ],
)
def test_an_end_is_so_long_ago(seconds: int, words: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words", "guessed"),
    [
        (20, "in <1m", "in ~<1m"),
        (240, "in 4m", "in ~4m"),
        (5400, "in 1h30m", "in ~90m"),
        (15_000, "in 4h10m", "in ~4h"),
        (43_200, "in 12h", "in ~12h"),
        (3 * 86_400, "in 3d", "in ~3d"),
        (9 * 86_400, "Dec 9", "Dec 9"),
        (-5, "", ""),
    ],
)
def test_a_start_is_so_far_away(seconds: int, words: str, guessed: str) -> None:
    at = NOW + timedelta(seconds=seconds)
    assert (until(at, NOW), until(at, NOW, sure=False)) == (words, guessed)
    assert max(len(words), len(guessed)) <= 10  # what a pane of 60 columns has room for


def test_what_earlier_runs_tell_is_told_from_what_the_job_says() -> None:
    assert left(Forecast(0.5, 2280)) == "38m left"
    assert left(Forecast(None, 2280)) == "~38m left"
    assert left(Forecast(0.5, None)) == left(None) == ""


def test_words_about_a_running_job_stay_for_a_minute_whatever_its_forecast_does() -> None:
    running, when = replace(job(1), state=State.RUNNING, started_at=NOW), When()
    at = [NOW + timedelta(seconds=seconds) for seconds in (0, 2, 40, 60)]
    shown = [
        when.cell(running, Forecast(0.5, minutes * 60), now).plain
        for minutes, now in zip((9, 8, 5, 4), at, strict=True)
    ]
    assert shown == ["9m left", "9m left", "9m left", "4m left"]
    others = replace(running, cancel_requested=True)
    assert when.cell(others, Forecast(0.5, 60), at[1]).plain == ""


def test_a_running_job_has_taken_whole_minutes_and_an_ended_one_seconds_too() -> None:
    running = replace(job(1), state=State.RUNNING, started_at=NOW)
    took = [took_cell(running, NOW + timedelta(seconds=seconds)).plain for seconds in (5, 59, 60, 119, 3700)]
    assert took == ["<1m", "<1m", "1m", "1m", "1h01m"]
    ended = replace(running, state=State.COMPLETED, finished_at=NOW + timedelta(seconds=62))
    assert took_cell(ended, NOW).plain == "1m02s"


def test_a_bar_is_lit_to_half_a_cell_and_full_only_at_the_end() -> None:
    assert [bar(part, 4) for part in (0, 0.5, 0.6, 0.999, 1)] == [
        ("", "────"),
        ("━━", "──"),
        ("━━╸", "─"),
        ("━━━╸", ""),
        ("━━━━", ""),
    ]


def test_a_pane_has_the_columns_that_fit_its_width() -> None:
    assert usual_columns(40) == ("id", "state", "name", "when")
    assert "why" in usual_columns(60)
    assert "parameters" not in usual_columns(99)
    assert {"parameters", "queue"} <= set(usual_columns(100))
    assert {"started", "cpu", "memory"} <= set(usual_columns(150))
