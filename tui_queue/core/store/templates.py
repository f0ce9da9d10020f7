"""Stores templates of job options."""

import json
import sqlite3
from collections.abc import Mapping

from tui_queue.core.errors import NoSuchQueueError
from tui_queue.core.store.database import Database
from tui_queue.core.units.printable import printable

_PUT = "INSERT INTO templates (name, draft) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET draft = excluded.draft"

Words = Mapping[str, object]  # by field, as they are given to ``make_draft``


class Templates:
    """The templates of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[str, Words]:
        """Return every template by name."""
        return await self._database.read(_all)

    async def get(self, name: str) -> Words:
        """Return one template. Raises NoSuchQueueError."""
        return await self._database.read(_get, name)

    async def put(self, name: str, words: Words) -> None:
        """Keep a template; one of the same name is replaced."""
        await self._database.write(_put, name, words)

    async def remove(self, name: str) -> None:
        """Forget a template. Raises NoSuchQueueError."""
        await self._database.write(_remove, name)


def _all(db: sqlite3.Connection) -> dict[str, Words]:
    return {name: json.loads(words) for name, words in db.execute("SELECT name, draft FROM templates ORDER BY name")}


def _get(db: sqlite3.Connection, name: str) -> Words:
    row = db.execute("SELECT draft FROM templates WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NoSuchQueueError(f"{printable(name)}: no such template; `tui-queue template list` shows all.")
    words: Words = json.loads(row[0])
    return words


def _put(db: sqlite3.Connection, name: str, words: Words) -> None:
    db.execute(_PUT, (name, json.dumps(words)))


def _remove(db: sqlite3.Connection, name: str) -> None:
    _get(db, name)
    db.execute("DELETE FROM templates WHERE name = ?", (name,))
