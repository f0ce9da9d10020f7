"""The connection to the database, where the library that it stands on is another than it was written for."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import aiosqlite
import pytest

from tests.conftest import PATIENCE_S
from tui_queue.core.errors import StoreError
from tui_queue.core.store.database import Database


@pytest.mark.parametrize("name", ["_execute", "_conn"])
async def test_a_version_of_aiosqlite_that_can_not_be_used_is_refused_with_what_to_do(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(aiosqlite.Connection, name)
    with pytest.raises(StoreError, match=rf"has no {name}\. Install another: pip install 'aiosqlite>=0\.22,<0\.23'"):
        async with Database(str(tmp_path / "queue.db")):
            pass
    assert not (tmp_path / "queue.db").exists()


async def test_a_write_does_not_wait_for_what_is_read_apart(tmp_path: Path) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slow(_: sqlite3.Connection) -> bool:
        begun.set()
        return goes_on.wait(PATIENCE_S)

    async with Database(str(tmp_path / "queue.db")) as database:
        database.read_apart()
        reading = asyncio.create_task(database.read(slow))
        await asyncio.to_thread(begun.wait)
        async with asyncio.timeout(PATIENCE_S):
            await database.write(_set, 7)
        assert not reading.done()
        goes_on.set()
        assert await reading
        assert await database.read(_version) == 7


async def test_what_is_read_apart_can_not_write(tmp_path: Path) -> None:
    async with Database(str(tmp_path / "queue.db")) as database:
        database.read_apart()
        with pytest.raises(StoreError, match="readonly"):
            await database.read(_set, 7)
        assert await database.read(_version) != 7


async def test_a_log_that_is_removed_is_noticed_by_what_is_read_apart(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    async with Database(str(path)) as database:
        database.read_apart()
        await database.write(_set, 7)
        assert await database.read(_version) == 7
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink()
        assert await database.read(_version) == 7  # saved from the log before
        await database.write(_set, 8)
        assert await database.read(_version) == 8
    async with Database(str(path)) as database:
        assert await database.read(_version) == 8


async def test_another_database_in_its_place_is_noticed_by_what_is_read_apart(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    async with Database(str(tmp_path / "other.db")):
        pass
    async with Database(str(path)) as database:
        database.read_apart()
        await database.read(_version)
        (tmp_path / "other.db").rename(path)
        with pytest.raises(StoreError, match="replaced by another file"):
            await database.read(_version)


def _set(db: sqlite3.Connection, version: int) -> None:
    db.execute(f"PRAGMA application_id = {version}")


def _version(db: sqlite3.Connection) -> int:
    found: int = db.execute("PRAGMA application_id").fetchone()[0]
    return found
