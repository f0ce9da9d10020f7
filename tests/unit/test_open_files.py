"""Whether any process has a database open, asked by its locks."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui_queue.core.store.open_files import is_surely_unused

HOLDS = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("SELECT * FROM t").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "queue.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t (a)")
    db.commit()
    db.close()
    return path


@contextmanager
def another_process(path: Path) -> Iterator[None]:
    words = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def remove_log(path: Path) -> None:
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are not asked")
def test_a_database_is_unused_until_a_process_opens_it_and_once_that_has_ended(database: Path) -> None:
    assert is_surely_unused(str(database))
    with another_process(database):
        assert not is_surely_unused(str(database))
        remove_log(database)
        assert not is_surely_unused(str(database))
    assert is_surely_unused(str(database))


def test_to_ask_keeps_the_locks_of_this_process(database: Path) -> None:
    db = sqlite3.connect(database)
    db.execute("SELECT * FROM t").fetchall()
    remove_log(database)
    assert not is_surely_unused(str(database))
    asked = subprocess.run(
        [sys.executable, "-c", "import sys\nfrom tui_queue.core.store.open_files import is_surely_unused as unused\n"
         "print(unused(sys.argv[1]))", str(database)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout == "False\n"
    db.close()


def test_a_database_that_is_not_there_is_not_called_unused(tmp_path: Path) -> None:
    assert not is_surely_unused(str(tmp_path / "queue.db"))
