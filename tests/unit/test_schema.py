"""A database of an earlier version is brought to the newest one with all that it holds."""

import sqlite3

from tests.conftest import Cli
from tui_queue.core.store import schema

INSERT = """
    INSERT INTO jobs (uuid, name, path, args, cwd, state, attempt, reason, exit_code,
        created_at, started_at, finished_at)
    VALUES (?, x'6e616d65', x'2f62696e2f74727565', ?, x'2f', ?, ?, ?, ?, 1000000, ?, ?)"""


def test_jobs_runs_and_numbers_survive_the_step_from_version_2(cli: Cli) -> None:
    db = sqlite3.connect(cli.home / "queue.db")
    for script in schema.MIGRATIONS[:2]:
        db.executescript(script)
    uuids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(4)]
    db.execute(INSERT, (uuids[0], b"a b\0", "completed", 2, "exit 0", 0, 2_000_000, 3_000_000))
    db.execute(INSERT, (uuids[1], b"", "failed", 1, "exit 3", 3, 2_000_000, 3_000_000))
    db.execute(INSERT, (uuids[2], b"", "pending", 0, "", None, None, None))
    db.execute(INSERT, (uuids[3], b"", "pending", 0, "", None, None, None))
    db.execute("DELETE FROM jobs WHERE id = 4")
    for attempt in (1, 2):
        db.execute("INSERT INTO runs (job_id, attempt, epoch, claimed_at) VALUES (1, ?, 1, 1000000)", (attempt,))
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()

    jobs = sorted(cli.jobs().values(), key=lambda job: job["id"])
    assert [(job["id"], job["state"], job["args"], job["queue"]) for job in jobs] == [
        (1, "completed", ["a b"], "default"),
        (2, "failed", [], "default"),
        (3, "pending", [], "default"),
    ]
    assert '"attempt": 2' in cli("show", "--json", "1")
    assert cli("add", "true") == "5\n"  # the number of a job that was removed is not given again
    cli.drain()
    assert {cli.job(number)["state"] for number in (3, 5)} == {"completed"}
