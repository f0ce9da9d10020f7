"""Which cards (GPUs) are the queue's, by the settings and CUDA_VISIBLE_DEVICES."""

import pytest

from tui_queue.core.model.card import Card, CardUser
from tui_queue.core.policy.cards import own_cards, visible_cards

FOUR = tuple(Card(number=number, uuid=f"GPU-{number}abc") for number in range(4))


@pytest.mark.parametrize(
    ("given", "found", "visible", "numbers"),
    [
        (None, FOUR, None, [0, 1, 2, 3]),
        (None, (), None, []),
        (None, FOUR, "2,3", [2, 3]),
        (None, FOUR, "-1", []),
        (2, FOUR, None, [0, 1]),
        (2, (), None, [0, 1]),
        (2, (), "5,7,8", [5, 7]),
        (2, FOUR, "1,2,3", [1, 2]),
        (6, FOUR, None, [0, 1, 2, 3, 4, 5]),
        ((1, 3), FOUR, None, [1, 3]),
        ((1, 3), FOUR, "0", [1, 3]),
        ((1, 9), (), None, [1, 9]),
    ],
)
def test_the_cards_of_a_queue(
    given: int | tuple[int, ...] | None, found: tuple[Card, ...], visible: str | None, numbers: list[int]
) -> None:
    assert [card.number for card in own_cards(given, found, visible) or ()] == numbers


@pytest.mark.parametrize(
    ("visible", "numbers"),
    [
        ("", []),
        ("3, 1", [1, 3]),
        ("GPU-2", [2]),
        ("GPU-", []),
        ("0,-1,1", [0]),
        ("9,1", [1]),
        ("MIG-1", []),
        ("1,1", [1]),
        ("²", []),
    ],
)
def test_the_cards_that_a_variable_names(visible: str, numbers: list[int]) -> None:
    assert [card.number for card in visible_cards(FOUR, visible)] == numbers


def test_nothing_is_known_until_the_driver_has_answered() -> None:
    assert own_cards(2, None, None) is None


@pytest.mark.parametrize(
    ("users", "text"),
    [
        ([], ""),
        ([CardUser(pid=4711, user="bob")], "gpu 0: used by bob, pid 4711"),
        ([CardUser(pid=4711)], "gpu 0: used by pid 4711"),
        ([CardUser(pid=1, user="bob"), CardUser(pid=2, user="eve")], "gpu 0: used by bob, pid 1 and 1 more"),
        ([CardUser(pid=1, job_id=12), CardUser(pid=2, job_id=12)], "gpu 0: 2 processes of job 12"),
    ],
)
def test_who_uses_a_card_is_said_in_words(users: list[CardUser], text: str) -> None:
    assert Card(number=0, users=tuple(users)).occupied == text
