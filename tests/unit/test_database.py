"""The connection to the database, where the library that it stands on is another than it was written for."""

from pathlib import Path

import aiosqlite
import pytest

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
