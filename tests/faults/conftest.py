"""Disks for the tests of faults."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import missing, wait_for
from tests.support import disks
from tests.support.disks import ServedDisk
from tui_queue.core.logs.compression import pack

LINES = 60_000


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """Give the queue a file system of its own with 2 MB; return its top."""
    with disks.small_disk(home, "size=2m") as top:
        yield top


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Path, Path], ServedDisk]]:
    """Return a function that shows what is in a directory at another place, by a server of its own."""
    served = []

    def mounted(content: Path, mount: Path) -> ServedDisk:
        if not os.access("/dev/fuse", os.R_OK | os.W_OK):
            pytest.skip("no file system can be served here: there is no /dev/fuse to open")
        for program in ("squashfuse", "mksquashfs", "fusermount3"):
            if shutil.which(program) is None:
                missing(f"{program} is not installed; apt install squashfuse squashfs-tools fuse3")
        image = tmp_path / "image"
        subprocess.run(["mksquashfs", content, image, "-quiet", "-no-progress"], stdout=subprocess.DEVNULL, check=True)
        served.append(disk := ServedDisk(image, mount))
        wait_for(disk.is_there, "the disk to be mounted")
        if why := disk.why_not():
            assert any(word in why for word in ("permitted", "denied", "device not found")), why
            pytest.skip(f"nothing can be mounted here: {why.strip()}")
        for path in filter(Path.is_file, mount.rglob("*")):
            path.open("rb").close()  # now the kernel knows that this server need not be asked when a file is closed
        return disk

    yield mounted
    for disk in served:
        disk.remove()


@pytest.fixture
def disk(tmp_path: Path, serve: Callable[[Path, Path], ServedDisk]) -> ServedDisk:
    """A disk with a log that is too long for the kernel to have read all of it, and with a compressed one."""
    for name in ("content", "disk"):
        (tmp_path / name).mkdir()
    write(tmp_path / "content" / "packed", "packed", 9_000)
    assert pack(str(tmp_path / "content" / "packed"))
    write(tmp_path / "content" / "log", "line", LINES)
    write(tmp_path / "other", "other", 500)
    return serve(tmp_path / "content", tmp_path / "disk")


def write(path: Path, word: str, lines: int) -> None:
    path.write_text("".join(f"{word} {number} .\n" for number in range(lines)))
