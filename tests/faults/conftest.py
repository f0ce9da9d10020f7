"""Disks for the tests of faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import disks


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """Give the queue a file system of its own with 2 MB; return its top."""
    with disks.small_disk(home, "size=2m") as top:
        yield top
