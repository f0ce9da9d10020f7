"""A database of an earlier version is brought to the newest one with all that it holds, after a backup."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.conftest import Cli
from tests.tools.make_schema import FILE, schema_text
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


def older(cli: Cli, version: int) -> None:
    """Make a database of an older version with jobs whose reasons have no kind."""
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        db.create_function("kind_of", 1, lambda _: "")  # there are no jobs yet
        for script in schema.MIGRATIONS[:version]:
            db.executescript(script)
        for number, (state, reason, held) in enumerate(STORED, start=1):
            finished = 2 if state in ("completed", "failed", "cancelled") else None
            db.execute(INSERT_6, (number, f"{number:036}", state, reason, held, '[[1, "completed"]]', finished))
            db.execute(INSERT_RUN_6, (number, reason))
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()


STORED = (
    ("failed", "exit 3", 0),
    ("pending", "after #1: failed", 1),
    ("pending", "interrupted: release runs it again, cancel leaves it", 1),
    ("failed", "interrupted (outcome unknown)", 0),
    ("pending", "", 0),
)
INSERT_RUN_6 = "INSERT INTO runs (job_id, attempt, epoch, claimed_at, reason) VALUES (?, 1, 1, 1, ?)"
INSERT_6 = """
    INSERT INTO jobs (id, uuid, name, path, args, cwd, queue, place, state, reason, held, after, attempt, created_at,
        finished_at)
    VALUES (?1, ?2, x'6e616d65', x'2f62696e2f74727565', x'', x'2f', 'default', ?1, ?3, ?4, ?5, ?6, 1, 1, ?7)"""


def test_the_step_from_version_11_reserves_no_job(cli: Cli) -> None:
    older(cli, 11)
    assert len(cli.jobs()) == len(STORED)
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(schema.MIGRATIONS)
        assert db.execute("SELECT count(*) FROM reserved").fetchone()[0] == 0


def test_reasons_get_their_kinds_in_the_step_from_version_6(cli: Cli) -> None:
    older(cli, 6)
    assert [job["reason"] for _, job in sorted(cli.jobs().items())][:4] == [reason for _, reason, _ in STORED[:4]]
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        for table in ("jobs", "runs"):
            kinds = [kind for (kind,) in db.execute(f"SELECT reason_kind FROM {table}")]
            assert kinds == ["exit", "unmet", "asks", "lost", ""]
    cli("release", "2")
    assert cli.job(2)["after"] == []


def test_removed_jobs_and_the_job_added_last_are_known_after_the_step_from_version_9(cli: Cli) -> None:
    older(cli, 9)
    before = cli.jobs()
    assert cli("remove", "--where", "state:failed") == "1 removed, 1 is waited for by another job.\n"
    assert cli("undo") == "1 restored: 4.\n"
    assert cli.jobs() == before
    assert json.loads(cli("show", "--json", "@"))["id"] == 5
    assert cli("add", "--hold", "true") == "6\n"
    assert json.loads(cli("show", "--json", "@"))["id"] == 6


def test_a_migration_leaves_a_backup_that_the_older_version_can_use(cli: Cli) -> None:
    older(cli, 6)
    cli("list")
    (backup,) = (cli.home / "backups").iterdir()
    assert backup.name.endswith("-version-6.db")
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (6,)
        assert [reason for (reason,) in db.execute("SELECT reason FROM jobs ORDER BY id")] == [
            reason for _, reason, _ in STORED
        ]


def test_two_processes_that_migrate_at_once_leave_the_backup_of_the_older_version(cli: Cli) -> None:
    older(cli, 6)
    processes = [cli.start("list") for _ in range(4)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 4
    for process in processes:
        process.communicate()
    (backup,) = (cli.home / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (6,)


def test_a_job_that_an_older_scheduler_holds_beside_this_version_can_be_released(cli: Cli) -> None:
    cli("add", "false")
    cli("add", "--after", "1", "true")
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:  # as version 6 writes it
        db.execute("UPDATE jobs SET held = 1, reason = 'after #1: failed' WHERE id = 2")
        db.commit()
    cli("release", "2")
    assert (cli.job(2)["after"], cli.job(2)["held"]) == ([], False)


def test_without_room_for_a_backup_nothing_is_changed(cli: Cli) -> None:
    older(cli, 6)
    (cli.home / "backups").symlink_to(cli.home / "away" / "backups")  # no directory can take its place
    done = cli.process("list")
    assert done.returncode == 4
    assert b"the backup before an upgrade of the database can't be written" in done.stderr
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (6,)


def test_a_new_database_needs_no_backup(cli: Cli) -> None:
    cli("list")
    assert not (cli.home / "backups").exists()


@pytest.mark.quick
def test_schema_sql_is_what_the_migrations_make() -> None:
    assert FILE.read_text() == schema_text(), "run: python -m tests.tools.make_schema"


def test_schema_sql_can_be_executed_and_makes_the_same_tables() -> None:
    with closing(sqlite3.connect(":memory:")) as read, closing(sqlite3.connect(":memory:")) as migrated:
        read.executescript(FILE.read_text())
        schema.migrate(migrated, ":memory:")
        assert _columns(read) == _columns(migrated)


def _columns(db: sqlite3.Connection) -> dict[str, list[object]]:
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: db.execute(f"PRAGMA table_xinfo({name})").fetchall() for name in tables}
