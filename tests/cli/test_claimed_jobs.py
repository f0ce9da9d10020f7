"""A job that the scheduler has claimed is shown as pending until its run has started."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Cli
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.store.store import Store


def claim(cli: Cli) -> None:
    """Claim what may start, as a scheduler does that is killed before it has started anything."""

    async def work() -> None:
        async with Store(str(cli.home / "queue.db")) as store:
            now = datetime.now(UTC)
            holder = await store.runs.take_lease(pid=1, host="", tty="", boot="", now=now)
            claimed = await store.runs.claim(epoch=holder.epoch, capacity=Capacity(slots=lambda: 1), boot="", now=now)
            assert claimed is not None
            assert [job.id for job in claimed.jobs] == [1]

    asyncio.run(work())


@pytest.fixture
def claimed(cli: Cli) -> Cli:
    cli("add", "--batch", "all", "sh", "-c", "exit 0")
    cli("add", "--batch", "all", "true")
    claim(cli)
    return cli


def test_every_command_shows_a_claimed_job_as_pending_and_why(claimed: Cli) -> None:
    listed = claimed.jobs()
    assert [(job["state"], job["attempt"], job["started_at"]) for job in listed.values()] == [("pending", 0, None)] * 2
    assert listed[1]["reason"] == "starting"
    assert list(listed) == [1, 2]
    shown = json.loads(claimed("show", "--json", "1"))
    assert (shown["state"], shown["reason"], shown["runs"]) == ("pending", "starting", [])
    counts = json.loads(claimed("status", "--json"))["counts"]
    assert (counts["pending"], counts["running"]) == (2, 0)
    (batch,) = json.loads(claimed("batch", "list", "--json"))
    assert (batch["pending"], batch["running"]) == (2, 0)
    assert [job["state"] for job in json.loads(claimed("batch", "show", "all", "--json"))] == ["pending", "pending"]
    assert [job["id"] for job in json.loads(claimed("list", "--state", "pending", "--json"))] == [1, 2]
    assert json.loads(claimed("list", "--state", "running", "--json")) == []
    exported = [json.loads(line) for line in claimed("export").splitlines()]
    assert [(job["state"], job["attempt"], job["runs"]) for job in exported] == [("pending", 0, [])] * 2


def test_a_verb_that_a_claimed_job_does_not_take_says_that_it_is_starting(claimed: Cli) -> None:
    for words in (
        ("signal", "TERM", "1"),
        ("hold", "1"),
        ("top", "1"),
        ("remove", "1"),
        ("edit", "--queue", "default2", "1"),
    ):
        done = claimed.process(*words)
        assert done.returncode == 2
        assert b"Job 1 is starting" in done.stderr


def test_a_claimed_job_can_be_cancelled(claimed: Cli) -> None:
    claimed("cancel", "1")
    claimed.drain(code=1)
    assert claimed.job(1)["state"] == "cancelled"


def test_a_claimed_job_runs_once_and_the_hash_of_its_script_is_recorded(claimed: Cli) -> None:
    claimed.drain()
    assert [job["state"] for job in claimed.jobs().values()] == ["completed"] * 2
    for job in map(json.loads, claimed("export").splitlines()):
        (ran,) = [run for run in job["runs"] if run["started_at"]]
        assert ran["script"] == job["options"]["script"]["sha256"]


def test_what_was_exported_while_it_was_starting_waits_for_its_own_reason_again(claimed: Cli, tmp_path: Path) -> None:
    exported = tmp_path / "exported"
    claimed("export", str(exported))
    other = Cli(tmp_path / "other", {**claimed.env, "TUI_QUEUE_HOME": str(tmp_path / "other")})
    other.settings()
    other("import", str(exported))
    assert {job["reason"] for job in other.jobs().values()} == {"no scheduler"}


def test_a_slot_that_a_claimed_job_takes_is_taken(claimed: Cli) -> None:
    assert json.loads(claimed("status", "--json"))["taken"] == 1
