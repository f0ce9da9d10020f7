"""Disks for the tests of faults."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """Give the queue a file system of its own with 2 MB; return its top."""
    home.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tui-queue-test", str(home)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"this user may not mount a small file system: {done.stderr.strip()}")
    yield home
    subprocess.run(["umount", "--lazy", str(home)], check=True)
