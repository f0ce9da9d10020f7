"""Retention removes the oldest ended jobs, never one that another job waits for."""

import os
import random
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui_queue.core.model.retention import Limits, Removal
from tui_queue.core.policy.retention import EndedJob, log_sizes, removals

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = 86_400


def ended(job_id: int, days_ago: float, size: int = 0, *, protected: bool = False) -> EndedJob:
    finished_at = NOW - timedelta(days=days_ago)
    return EndedJob(id=job_id, finished_at=finished_at, log_bytes=size, protected=protected)


JOBS = [ended(3, 1, 500), ended(1, 40, 300), ended(2, 20, 800)]


def test_without_limits_everything_stays() -> None:
    assert removals(JOBS, Limits(), now=NOW) == ()
    assert removals([], Limits(max_age_s=1, max_jobs=0, max_bytes=0), now=NOW) == ()


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        (Limits(max_age_s=30 * DAY), [(1, "older than 30d")]),
        (Limits(max_age_s=36 * 3600), [(1, "older than 1d12h"), (2, "older than 1d12h")]),
        (Limits(max_jobs=2), [(1, "more than 2 ended jobs")]),
        (Limits(max_jobs=0), [(number, "more than 0 ended jobs") for number in (1, 2, 3)]),
        (Limits(max_bytes=1300), [(1, "logs above 1300")]),
        (Limits(max_bytes=1299), [(1, "logs above 1299"), (2, "logs above 1299")]),
        (Limits(max_bytes=1600), []),
        (Limits(max_age_s=30 * DAY, max_jobs=1), [(1, "older than 30d"), (2, "more than 1 ended job")]),
    ],
)
def test_the_oldest_go_first_each_with_its_reason(limits: Limits, gone: list[tuple[int, str]]) -> None:
    assert removals(JOBS, limits, now=NOW) == tuple(Removal(job_id=number, reason=why) for number, why in gone)


def test_limits_are_named_as_they_are_written() -> None:
    old = [ended(1, 9000, 2**50), ended(2, 1, 2**50), *(ended(number, 0.5) for number in range(3, 1003))]
    for limits, says in (
        (Limits(max_age_s=365 * DAY), "older than 365d"),
        (Limits(max_age_s=10 * 60), "older than 10m"),
        (Limits(max_age_s=10 * 3600), "older than 10h"),
        (Limits(max_jobs=1000), "more than 1,000 ended jobs"),
        (Limits(max_bytes=2 * 2**30), "logs above 2G"),
    ):
        assert removals(old, limits, now=NOW)[0] == Removal(job_id=1, reason=says)


def test_the_latest_stays_whatever_the_size_of_its_logs() -> None:
    assert removals([ended(1, 1, 2**40)], Limits(max_bytes=1), now=NOW) == ()


def test_a_protected_job_stays_and_nothing_later_goes_for_it() -> None:
    jobs = [ended(1, 40, 300, protected=True), ended(2, 20, 800)]
    for limits in (Limits(max_age_s=30 * DAY), Limits(max_jobs=1), Limits(max_bytes=900)):
        assert removals(jobs, limits, now=NOW) == ()


def test_no_job_goes_while_an_older_unprotected_one_stays() -> None:
    dice = random.Random(4)
    for _ in range(2_000):
        jobs = [
            ended(number, dice.choice([0, 1, 1, 2, 3, 5, 8]), dice.randrange(100), protected=dice.random() < 0.2)
            for number in range(dice.randrange(12))
        ]
        limits = Limits(
            max_age_s=dice.choice([None, DAY, 4 * DAY]),
            max_jobs=dice.choice([None, 0, 3, 7]),
            max_bytes=dice.choice([None, 0, 90, 400]),
        )
        order = [job.id for job in sorted(jobs, key=lambda each: (each.finished_at, each.id)) if not job.protected]
        gone = [removal.job_id for removal in removals(dice.sample(jobs, len(jobs)), limits, now=NOW)]
        assert gone == order[: len(gone)]
        kept = [job for job in jobs if job.id not in gone and not job.protected]
        if limits.max_jobs is not None:
            assert len(kept) <= limits.max_jobs
        if limits.max_bytes is not None:
            assert sum(job.log_bytes for job in kept) <= limits.max_bytes or len(kept) == 1
        if limits.max_age_s is not None:
            assert all(NOW - job.finished_at <= timedelta(seconds=limits.max_age_s) for job in kept)


def test_what_the_kernel_says_is_used_is_counted(tmp_path: Path) -> None:
    for job, size in ((1, 100_000), (12, 0)):
        (tmp_path / str(job) / "1").mkdir(parents=True)
        (tmp_path / str(job) / "1" / "log").write_bytes(os.urandom(size))
    sizes = log_sizes(str(tmp_path))
    assert set(sizes) == {1, 12}
    assert sizes[1] - sizes[12] >= 100_000
    assert sizes[1] < 400_000


def test_holes_take_nothing_links_lead_nowhere_and_two_names_are_one_file(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    (runs / "1" / "1").mkdir(parents=True)
    (tmp_path / "big").write_bytes(os.urandom(2**20))
    before = log_sizes(str(runs))[1]
    with (runs / "1" / "1" / "log").open("wb") as log:
        log.truncate(2**40)
    (runs / "1" / "1" / "away").symlink_to(tmp_path)
    (runs / "2").symlink_to(tmp_path)
    assert log_sizes(str(runs))[1] - before < 2**17
    os.link(tmp_path / "big", runs / "1" / "1" / "one")
    once = log_sizes(str(runs))
    os.link(tmp_path / "big", runs / "1" / "1" / "two")
    assert log_sizes(str(runs))[1] == once[1] >= 2**20
    assert once[2] < 2**17


def test_other_names_are_no_jobs_and_no_directory_is_no_error(tmp_path: Path) -> None:
    for name in ("007", "-1", "x", "٣", "1.old"):
        (tmp_path / name).mkdir()
    assert log_sizes(str(tmp_path)) == {}
    assert log_sizes(str(tmp_path / "nowhere")) == {}


def test_directories_that_vanish_meanwhile_do_no_harm(tmp_path: Path) -> None:
    over = threading.Event()

    def churn() -> None:
        while not over.is_set():
            for job in range(20):
                (tmp_path / str(job) / "1").mkdir(parents=True, exist_ok=True)
                (tmp_path / str(job) / "1" / "log").touch()
            for job in range(20):
                shutil.rmtree(tmp_path / str(job))

    churner = threading.Thread(target=churn)
    churner.start()
    try:
        for _ in range(200):
            assert set(log_sizes(str(tmp_path))) <= set(range(20))
    finally:
        over.set()
        churner.join()
