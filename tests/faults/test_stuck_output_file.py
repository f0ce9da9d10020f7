"""A file for output on a disk that does not answer any more holds up neither the job nor what watches it."""

import pytest

from tests.conftest import Cli
from tests.support.disks import ServedDisk


@pytest.mark.long
def test_a_job_ends_though_the_disk_of_its_output_file_hangs(cli: Cli, disk: ServedDisk) -> None:
    file = str(disk.path / "x" / "out")
    cli("add", "--timeout", "1s", "--grace", "1s", "--output", file, "--shell", "echo begun; sleep 60")
    with disk.stopped():
        cli("run", "--until-empty", code=1)
    job = cli.job(1)
    assert (job["state"], job["reason"]) == ("failed", "timeout")
    why = "not all output could be written there: it does not answer"
    assert cli("log", "1") == f"begun\n\n[tui-queue: {file}: {why}]\n"
    cli("add", "echo", "next")
    cli.drain()
    assert cli("log", "2") == "next\n"
