"""The queues on disk: each verb is one transaction."""

import json
import sqlite3

from msgspec.structs import asdict

from tui_queue.core.errors import BadInputError, NoSuchQueueError, WrongStateError
from tui_queue.core.model.queue import DEFAULT_QUEUE, Queue, QueueOptions
from tui_queue.core.store.database import Database
from tui_queue.core.store.rows import queue_of
from tui_queue.core.units.printable import printable

_QUEUES = "SELECT * FROM queues ORDER BY name = 'default' DESC, name"
_LIMIT = "SELECT value FROM settings WHERE name = 'limit'"
_PUT = """
    INSERT INTO queues (name, slots, paused, options) VALUES (:name, :slots, :paused, :options)
    ON CONFLICT (name) DO UPDATE SET slots = :slots, paused = :paused, options = :options"""


class Queues:
    """The queues of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[Queue, ...]:
        """Return every queue, the default one first."""
        return await self._database.read(all_queues)

    async def get(self, name: str) -> Queue:
        """Return one queue. Raises NoSuchQueueError."""
        return await self._database.read(require_queue, name)

    async def add(self, queue: Queue) -> Queue:
        """Make a queue. Raises BadInputError when there is one of that name."""
        return await self._database.write(_add, queue)

    async def put(self, queue: Queue) -> Queue:
        """Change a queue as a whole. Raises NoSuchQueueError."""
        return await self._database.write(_change, queue)

    async def remove(self, name: str) -> None:
        """Remove a queue that no job is in. Raises WrongStateError."""
        await self._database.write(_remove, name)

    async def limit(self) -> int | None:
        """Return how many jobs may run in all queues together; None for no limit."""
        return await self._database.read(limit_of)

    async def set_limit(self, limit: int | None) -> None:
        """Set how many jobs may run in all queues together."""
        await self._database.write(_set_limit, limit)


def all_queues(db: sqlite3.Connection) -> tuple[Queue, ...]:
    """Return every queue, the default one first."""
    return tuple(map(queue_of, db.execute(_QUEUES)))


def limit_of(db: sqlite3.Connection) -> int | None:
    """Return how many jobs may run in all queues together; None for no limit."""
    row = db.execute(_LIMIT).fetchone()
    return None if row is None else int(row[0])


def require_queue(db: sqlite3.Connection, name: str) -> Queue:
    """Return one queue. Raises NoSuchQueueError."""
    row = db.execute("SELECT * FROM queues WHERE name = ?", (name,)).fetchone()
    if row is None:
        known = ", ".join(printable(queue.name) for queue in all_queues(db))
        raise NoSuchQueueError(f"{printable(name)}: no such queue; there are {known}.")
    return queue_of(row)


def _add(db: sqlite3.Connection, queue: Queue) -> Queue:
    if db.execute("SELECT 1 FROM queues WHERE name = ?", (queue.name,)).fetchone() is not None:
        raise BadInputError(
            "queue", f"{printable(queue.name)}: there is a queue of that name; change it with `queue set`."
        )
    return _put(db, queue)


def _change(db: sqlite3.Connection, queue: Queue) -> Queue:
    require_queue(db, queue.name)
    return _put(db, queue)


def _put(db: sqlite3.Connection, queue: Queue) -> Queue:
    defaults = asdict(QueueOptions())
    options = {name: value for name, value in asdict(queue.options).items() if value != defaults[name]}
    values = {"name": queue.name, "slots": queue.slots, "paused": queue.paused, "options": json.dumps(options)}
    db.execute(_PUT, values)
    return require_queue(db, queue.name)


def _remove(db: sqlite3.Connection, name: str) -> None:
    require_queue(db, name)
    if name == DEFAULT_QUEUE:
        raise WrongStateError(f"{name}: this queue is always there; set its slots to 0, or pause it.")
    (jobs,) = db.execute("SELECT count(*) FROM jobs WHERE queue = ?", (name,)).fetchone()
    if jobs:
        raise WrongStateError(
            f"{printable(name)}: {jobs} jobs are in this queue, ended ones too; edit or remove them first."
        )
    db.execute("DELETE FROM queues WHERE name = ?", (name,))


def _set_limit(db: sqlite3.Connection, limit: int | None) -> None:
    db.execute("DELETE FROM settings WHERE name = 'limit'")
    if limit is not None:
        db.execute("INSERT INTO settings (name, value) VALUES ('limit', ?)", (str(limit),))
