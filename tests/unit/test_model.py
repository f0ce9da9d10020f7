"""The scheduler's vocabulary against a simple model; ``python -m tests.fuzz.model`` is the long form."""

import pytest

from tests.fuzz import model


@pytest.mark.long
def test_random_verbs_do_what_a_simple_model_says() -> None:
    model.explore(15, 40)
    assert model.COUNTED["starts"] > 2
