"""Keys are pressed while jobs end all the time, and rows come and go around the cursor."""

import pytest

from tests.bench.dashboard import keys_that_hit


@pytest.mark.long
def test_each_key_acts_on_the_row_that_was_under_the_cursor_while_600_jobs_drain() -> None:
    assert keys_that_hit(200) == 200
