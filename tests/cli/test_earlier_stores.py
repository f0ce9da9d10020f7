"""A store of each earlier version is opened with its jobs, after a backup; stores/ has one made by each version.

In each, job 1 has completed, job 2 has failed, job 3 ran when its machine went down, and job 4 is pending.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli
from tui_queue.core.store import schema

STORES = Path(__file__).parent / "stores"
NEWEST = len(schema.MIGRATIONS)


def give_store(cli: Cli, version: int) -> None:
    """Put the store of an earlier version in the place of the queue's."""
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        db.executescript((STORES / f"version_{version}.sql").read_text())
    (cli.home / "queue.db").chmod(0o600)


def test_each_earlier_version_has_a_store() -> None:
    assert {path.name for path in STORES.iterdir()} >= {f"version_{version}.sql" for version in range(1, NEWEST)}


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_a_store_of_an_earlier_version_is_opened_with_its_jobs(cli: Cli, version: int) -> None:
    if not (STORES / f"version_{version}.sql").exists():
        assert version == NEWEST  # its store is made when the next version comes
        return
    give_store(cli, version)
    jobs = cli.jobs()
    assert [(jobs[number]["state"], jobs[number]["exit_code"]) for number in range(1, 5)] == [
        ("completed", 0),
        ("failed", 1),
        ("running", None),
        ("pending", None),
    ]
    assert cli("add", "true") == "5\n"
    cli.drain(code=1)
    jobs = cli.jobs()
    states = [jobs[number]["state"] for number in range(1, 6)]
    assert states == ["completed", "failed", "failed", "completed", "completed"]
    assert jobs[3]["reason"].startswith("interrupted")
    assert cli("log", "4") == "later two words\n"
    cli("retry", "3")
    assert cli.job(3)["state"] == "pending"
    cli("doctor")


@pytest.mark.parametrize("version", [1, NEWEST - 1])
def test_the_store_of_an_earlier_version_is_kept_as_a_backup(cli: Cli, version: int) -> None:
    give_store(cli, version)
    cli("add", "true")
    kept = [path for path in (cli.home / "backups").iterdir() if f"version-{version}" in path.name]
    with closing(sqlite3.connect(kept[0])) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
        assert db.execute("SELECT count(*) FROM jobs").fetchone() == (4,)
