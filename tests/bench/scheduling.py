"""The time of one scheduling pass, and how it grows with what waits.

``python -m tests.bench.scheduling [--repeat 9]``; medians, all measured in one run.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import After, JobDraft
from tui_queue.core.model.options import JobOptions
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.store.store import Store

SIZES = (1_000, 3_000, 10_000, 30_000)
SCHEDULES = 100
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEANS = Capacity(slots=lambda: 1, resources={"licence": 1})


def draft(number: int, queue: str) -> JobDraft:
    """Return one of five kinds of jobs, none of which may start."""
    kinds = (
        {"held": True},
        {"not_before": NOW + timedelta(days=1)},
        {"after": (After(job_id=1),)},
        {"options": JobOptions(resources=(("licence", 1),))},
        {"options": JobOptions(retries=2, env=(("NAME", "value"),), after_pids=((1, 1),))},
    )
    return JobDraft(path="/bin/true", cwd="/", name=f"job {number}", queue=queue, **kinds[number % len(kinds)])


async def fill(store: Store, jobs: int) -> int:
    """Add so many jobs and schedules of which none may start, behind one that takes the licence; return the epoch."""
    for name in ("one", "two"):
        await store.queues.add(Queue(name=name))
    first = JobDraft(path="/bin/true", cwd="/", name="first", options=JobOptions(resources=(("licence", 1),)))
    await store.jobs.add([first], now=NOW)
    holder = await store.runs.take_lease(pid=1, host="", tty="", boot="", now=NOW)
    await store.runs.claim(epoch=holder.epoch, capacity=MEANS, boot="", now=NOW)
    await store.queues.put(Queue(name="default", slots=2))
    await store.jobs.add([draft(number, ("default", "one", "two")[number % 3]) for number in range(jobs)], now=NOW)
    for number in range(SCHEDULES):
        schedule = Schedule(
            name=f"schedule-{number}",
            rule="0 6 * * mon-fri",
            zone="Europe/Berlin",
            draft=draft(0, "default"),
            created_at=NOW,
            next_at=NOW + timedelta(days=1),
        )
        await store.schedules.add(schedule)
    return holder.epoch


async def measure(call: Callable[[], Awaitable[object]], repeat: int) -> float:
    """Return the median of the milliseconds that a call takes."""
    taken = []
    for _ in range(repeat):
        begun = time.perf_counter()
        await call()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


async def of_size(jobs: int, repeat: int) -> tuple[float, float]:
    """Return the milliseconds of a pass, and of a look at the first thousand jobs with their reasons."""
    with tempfile.TemporaryDirectory() as directory:
        async with Store(f"{directory}/queue.db") as store:
            epoch = await fill(store, jobs)
            living = Capacity(slots=lambda: 1, resources={"licence": 1}, lives=lambda _: True)
            a_pass = await measure(lambda: store.runs.claim(epoch=epoch, capacity=living, boot="", now=NOW), repeat)
            a_look = await measure(
                lambda: store.queries.snapshot(
                    active=1000, ended=500, only=Filter(), capacity=living, scheduled=True, now=NOW
                ),
                repeat,
            )
            return a_pass, a_look


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    before: tuple[int, float] | None = None
    for jobs in SIZES:
        a_pass, a_look = asyncio.run(of_size(jobs, options.repeat))
        growth = "" if before is None else f"   pending x{jobs / before[0]:.1f}, time x{a_pass / before[1]:.1f}"
        print(f"{SCHEDULES} schedules, {jobs:>6,} pending: a pass {a_pass:7.1f} ms, a look {a_look:6.1f} ms{growth}")
        before = jobs, a_pass


if __name__ == "__main__":
    main()
