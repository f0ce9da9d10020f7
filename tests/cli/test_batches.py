"""A sweep is added as one batch."""

import pytest

from tests.conftest import Cli


@pytest.mark.quick
def test_a_sweep_is_shown_and_added_as_one_batch(cli: Cli) -> None:
    done = cli.process("add", "--sweep", "jobs/countdown.py", "{0..2}", "--lr={0.1,0.01}")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines()[0] == "6 jobs:"
    assert done.stderr.decode().splitlines()[1].endswith("jobs/countdown.py 0 --lr=0.1")
    jobs = cli.jobs()
    assert [job["args"] for job in jobs.values()] == [
        [number, f"--lr={rate}"] for number in "012" for rate in ("0.1", "0.01")
    ]
    (batch,) = {job["batch"] for job in jobs.values()}
    assert batch
    cli("hold", "--batch", batch)
    assert {job["held"] for job in cli.jobs().values()} == {True}
    cli("cancel", "--batch", batch)
    assert {job["state"] for job in cli.jobs().values()} == {"cancelled"}


def test_a_sweep_of_a_million_jobs_is_not_added_without_a_word(cli: Cli) -> None:
    assert "1,000,000" in cli.error("add", "--sweep", "true", "{1..1000}", "{1..1000}")
    assert cli.jobs() == {}
