"""What a claim looks at."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui_queue.core.model.job import JobDraft
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.store.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CAPACITY = Capacity(slots=lambda: 1)


async def claims_s(store: Store) -> float:
    """Return the processor time of a claim of one job, with two more behind it that have no slot."""
    jobs = [JobDraft(path="/bin/true", cwd="/", name="free")] * 3
    await store.jobs.add(jobs, now=NOW)
    holder = await store.runs.take_lease(pid=1, host="", tty="", boot="", now=NOW)
    taken = []
    for number in range(3):
        begun = time.process_time()
        claimed = await store.runs.claim(
            epoch=holder.epoch, capacity=CAPACITY, over=tuple(range(20_000)), trials=None, boot="", now=NOW
        )
        taken.append(time.process_time() - begun)
        assert claimed is not None
        assert [job.name for job in claimed.jobs] == ["free"], number
    return min(taken)


@pytest.mark.long
async def test_a_claim_passes_over_thousands_of_held_jobs(tmp_path: Path) -> None:
    async with Store(str(tmp_path / "few.db")) as few, Store(str(tmp_path / "many.db")) as many:
        await many.jobs.add([JobDraft(path="/bin/true", cwd="/", name="held", held=True)] * 10_000, now=NOW)
        assert await claims_s(many) < 0.02 + 10 * await claims_s(few)
