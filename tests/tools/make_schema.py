"""Writes store/schema.sql, the schema as all migrations make it: ``python -m tests.tools.make_schema``."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tui_queue.core.store import schema

FILE = Path(schema.__file__).with_name("schema.sql")
_HEAD = """\
-- The schema that the migrations in schema.py make, for reading; nothing executes this file.
-- Generated: python -m tests.tools.make_schema
"""


def schema_text() -> str:
    """Return the statements of a fresh database: each table, followed by its indexes and triggers."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.migrate(db, ":memory:")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        rows = db.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
            " ORDER BY tbl_name, type <> 'table', name"
        ).fetchall()
    # The migrations stand indented in their module.
    statements = [sql.replace("\n    ", "\n") for (sql,) in rows]
    return "\n".join([_HEAD, f"PRAGMA user_version = {version};", *(f"\n{sql};" for sql in statements), ""])


if __name__ == "__main__":
    FILE.write_text(schema_text())
    print(FILE)
