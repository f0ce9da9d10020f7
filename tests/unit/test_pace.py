"""How often the screen is refreshed while the queue changes all the time."""

from itertools import pairwise

import pytest

from tui_queue.ui.pace import EVERY_S, SAVED_S, SHARE, Pace


def refreshes(pace: Pace, takes_s: float, *, begun: float, seconds: float) -> list[float]:
    """Refresh whenever that may be, for so long; return when."""
    now, times = begun, []
    while now < begun + seconds:
        now += pace.rest_s(now)
        times.append(now)
        pace.spend(now, now + takes_s)
        now += takes_s
    return times


@pytest.mark.parametrize("takes_s", [0.001, 0.01, 0.04])
def test_refreshes_take_no_more_than_their_share(takes_s: float) -> None:
    times = refreshes(Pace(0), takes_s, begun=0, seconds=60)
    assert len(times) * takes_s <= 60 * SHARE + SAVED_S + takes_s


@pytest.mark.parametrize("takes_s", [0.001, 0.1, 2.0])
def test_what_changes_is_shown_twice_a_second_at_least(takes_s: float) -> None:
    times = refreshes(Pace(0), takes_s, begun=0, seconds=60)
    gaps = [later - earlier - takes_s for earlier, later in pairwise(times)]
    assert max(gaps) <= EVERY_S + 1e-6


def test_the_first_change_after_a_rest_is_shown_at_once() -> None:
    pace = Pace(0)
    end = refreshes(pace, 0.2, begun=0, seconds=10)[-1] + 0.2
    assert pace.rest_s(end) > 0
    assert pace.rest_s(end + 5) == 0
