"""The schema of the database and its migrations."""

import os
import sqlite3
import time
from contextlib import closing

from tui_queue.core.errors import StoreError
from tui_queue.core.model.reason import kind_of
from tui_queue.core.store.presence import ensure_not_emptied
from tui_queue.core.units.printable import printable

# One script a version; each runs once, in one transaction with its number.
MIGRATIONS = (
    """
    CREATE TABLE jobs (
        id               INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid             TEXT    NOT NULL UNIQUE CHECK (length(uuid) = 36),
        name             BLOB    NOT NULL,
        path             BLOB    NOT NULL CHECK (length(path) > 0),
        args             BLOB    NOT NULL,
        cwd              BLOB    NOT NULL,
        python           BLOB,
        queue            TEXT    NOT NULL DEFAULT 'default',
        priority         INTEGER NOT NULL DEFAULT 0,
        state            TEXT    NOT NULL DEFAULT 'pending'
                         CHECK (state IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
        reason           TEXT    NOT NULL DEFAULT '',
        exit_code        INTEGER CHECK (exit_code BETWEEN 0 AND 255),
        signal           INTEGER CHECK (signal > 0),
        attempt          INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
        cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
        created_at       INTEGER NOT NULL,
        started_at       INTEGER,
        finished_at      INTEGER,
        CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled'))),
        CHECK (state <> 'completed' OR exit_code = 0),
        CHECK (state IN ('completed', 'failed', 'cancelled') OR (exit_code IS NULL AND signal IS NULL)),
        CHECK (exit_code IS NULL OR signal IS NULL),
        CHECK (state NOT IN ('running', 'completed') OR attempt > 0)
    ) STRICT;
    CREATE INDEX jobs_next ON jobs (state, priority DESC, id);
    CREATE INDEX jobs_ended ON jobs (finished_at DESC, id DESC) WHERE finished_at IS NOT NULL;

    CREATE TABLE runs (
        job_id      INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        attempt     INTEGER NOT NULL CHECK (attempt > 0),
        epoch       INTEGER NOT NULL,
        claimed_at  INTEGER NOT NULL,
        started_at  INTEGER,
        finished_at INTEGER,
        exit_code   INTEGER,
        signal      INTEGER,
        reason      TEXT    NOT NULL DEFAULT '',
        cpu_s       REAL,
        max_rss_kib INTEGER,
        PRIMARY KEY (job_id, attempt)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lease (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        epoch INTEGER NOT NULL,
        pid   INTEGER NOT NULL,
        host  TEXT    NOT NULL,
        tty   TEXT    NOT NULL,
        since INTEGER NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE jobs ADD COLUMN timeout_s INTEGER CHECK (timeout_s > 0);
    ALTER TABLE runs ADD COLUMN boot TEXT NOT NULL DEFAULT '';
    """,
    """
    CREATE TABLE queues (
        name    TEXT    PRIMARY KEY,
        slots   INTEGER CHECK (slots >= 0),
        paused  INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
        options TEXT    NOT NULL DEFAULT '{}'
    ) STRICT;
    INSERT INTO queues (name) VALUES ('default');
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE templates (name TEXT PRIMARY KEY, draft TEXT NOT NULL) STRICT;
    CREATE TABLE schedules (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        name       TEXT    NOT NULL UNIQUE,
        rule       TEXT    NOT NULL,
        zone       TEXT    NOT NULL,
        missed     TEXT    NOT NULL DEFAULT 'once' CHECK (missed IN ('once', 'all', 'none')),
        overlap    TEXT    NOT NULL DEFAULT 'queue' CHECK (overlap IN ('skip', 'queue', 'replace')),
        paused     INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
        draft      TEXT    NOT NULL,
        created_at INTEGER NOT NULL,
        next_at    INTEGER,
        last_at    INTEGER,
        said       TEXT    NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX schedules_next ON schedules (next_at) WHERE paused = 0;

    CREATE TABLE new_jobs (
        id               INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid             TEXT    NOT NULL UNIQUE CHECK (length(uuid) = 36),
        name             BLOB    NOT NULL,
        path             BLOB    NOT NULL CHECK (length(path) > 0),
        args             BLOB    NOT NULL,
        cwd              BLOB    NOT NULL,
        python           BLOB,
        timeout_s        INTEGER CHECK (timeout_s > 0),
        queue            TEXT    NOT NULL REFERENCES queues (name) ON UPDATE CASCADE,
        priority         INTEGER NOT NULL DEFAULT 0,
        place            INTEGER NOT NULL,
        held             INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
        not_before       INTEGER,
        after            TEXT    NOT NULL DEFAULT '[]',
        batch            TEXT    NOT NULL DEFAULT '',
        schedule_id      INTEGER REFERENCES schedules (id) ON DELETE SET NULL,
        options          TEXT    NOT NULL DEFAULT '{}',
        state            TEXT    NOT NULL DEFAULT 'pending'
                         CHECK (state IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
        reason           TEXT    NOT NULL DEFAULT '',
        exit_code        INTEGER CHECK (exit_code BETWEEN 0 AND 255),
        signal           INTEGER CHECK (signal > 0),
        attempt          INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
        first_attempt    INTEGER NOT NULL DEFAULT 1 CHECK (first_attempt > 0),
        paused           TEXT    NOT NULL DEFAULT '' CHECK (paused IN ('', 'user', 'hours')),
        devices          TEXT    NOT NULL DEFAULT '{}',
        cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
        created_at       INTEGER NOT NULL,
        started_at       INTEGER,
        finished_at      INTEGER,
        CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled'))),
        CHECK (state IN ('completed', 'failed', 'cancelled') OR (exit_code IS NULL AND signal IS NULL)),
        CHECK (exit_code IS NULL OR signal IS NULL),
        CHECK (state NOT IN ('running', 'completed') OR attempt > 0),
        CHECK (paused = '' OR state = 'running')
    ) STRICT;
    INSERT INTO new_jobs (id, uuid, name, path, args, cwd, python, timeout_s, queue, priority, place, state, reason,
        exit_code, signal, attempt, first_attempt, cancel_requested, created_at, started_at, finished_at)
    SELECT id, uuid, name, path, args, cwd, python, timeout_s, 'default', priority, id << 20, state, reason,
        exit_code, signal, attempt, max(1, attempt), cancel_requested, created_at, started_at, finished_at FROM jobs;
    DELETE FROM sqlite_sequence WHERE name = 'new_jobs';
    INSERT INTO sqlite_sequence (name, seq) SELECT 'new_jobs', seq FROM sqlite_sequence WHERE name = 'jobs';
    DROP TABLE jobs;
    ALTER TABLE new_jobs RENAME TO jobs;
    CREATE INDEX jobs_next ON jobs (state, queue, priority DESC, place);
    CREATE INDEX jobs_ended ON jobs (finished_at DESC, id DESC) WHERE finished_at IS NOT NULL;
    CREATE INDEX jobs_batch ON jobs (batch) WHERE batch <> '';
    CREATE INDEX jobs_waiting ON jobs (id) WHERE state = 'pending' AND after <> '[]';
    CREATE INDEX jobs_of_schedule ON jobs (schedule_id) WHERE schedule_id IS NOT NULL;
    CREATE INDEX jobs_like ON jobs (path, args);

    ALTER TABLE runs ADD COLUMN script TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN oom TEXT NOT NULL DEFAULT '';
    """,
    """
    CREATE TABLE news (
        id      INTEGER PRIMARY KEY,
        job_id  INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        attempt INTEGER NOT NULL,
        event   TEXT    NOT NULL CHECK (event IN ('ended', 'silent', 'asks')),
        until   INTEGER NOT NULL DEFAULT 0,
        said    TEXT,
        UNIQUE (job_id, attempt, event)
    ) STRICT;
    CREATE INDEX news_waiting ON news (until) WHERE said IS NULL;
    """,
    # To count a million jobs takes almost half a second; these say how many there are at any time.
    """
    CREATE TABLE counts (state TEXT PRIMARY KEY, jobs INTEGER NOT NULL CHECK (jobs >= 0)) STRICT, WITHOUT ROWID;
    INSERT INTO counts (state, jobs) VALUES ('pending', 0), ('running', 0), ('completed', 0), ('failed', 0),
        ('cancelled', 0);
    UPDATE counts SET jobs = (SELECT count(*) FROM jobs WHERE jobs.state = counts.state);
    CREATE TRIGGER jobs_come AFTER INSERT ON jobs BEGIN
        UPDATE counts SET jobs = jobs + 1 WHERE state = NEW.state; END;
    CREATE TRIGGER jobs_go AFTER DELETE ON jobs BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE state = OLD.state; END;
    CREATE TRIGGER jobs_change AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
        UPDATE counts SET jobs = jobs + (state = NEW.state) - (state = OLD.state)
        WHERE state IN (OLD.state, NEW.state); END;
    """,
    # What jobs from job_id to upto have in common: many that are added at once take one row.
    """
    CREATE TABLE deeds (
        id     INTEGER PRIMARY KEY,
        job_id INTEGER NOT NULL,
        upto   INTEGER NOT NULL CHECK (upto >= job_id),
        at     INTEGER NOT NULL,
        verb   TEXT    NOT NULL,
        who    TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX deeds_of_job ON deeds (job_id);
    """,
    # The program decides by the kind of a reason; reasons that are stored already get theirs from their text.
    """
    ALTER TABLE jobs ADD COLUMN reason_kind TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN reason_kind TEXT NOT NULL DEFAULT '';
    UPDATE jobs SET reason_kind = kind_of(reason) WHERE reason <> '';
    UPDATE runs SET reason_kind = kind_of(reason) WHERE reason <> '';
    """,
    # A wait for the next attempt by the time since the boot (retry_waits.py); waits that are stored already have none.
    """
    ALTER TABLE jobs ADD COLUMN retry_wait TEXT NOT NULL DEFAULT '';
    CREATE INDEX jobs_retrying ON jobs (id) WHERE retry_wait <> '';
    """,
    # What ended runs have left running. A table of its own: hardly any run has a row.
    """
    CREATE TABLE leftovers (
        job_id    INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        attempt   INTEGER NOT NULL CHECK (attempt > 0),
        boot      TEXT    NOT NULL,
        processes TEXT    NOT NULL,
        ending    INTEGER NOT NULL DEFAULT 0 CHECK (ending IN (0, 1)),
        devices   TEXT    NOT NULL DEFAULT '{}',
        resources TEXT    NOT NULL DEFAULT '[]',
        PRIMARY KEY (job_id, attempt)
    ) STRICT, WITHOUT ROWID;
    """,
    # The rows of removed jobs as JSON, while the jobs can be brought back; from which terminal jobs were added; and
    # whether the user wants a job started at once, also in a paused or full queue.
    """
    CREATE TABLE trash (
        job_id INTEGER PRIMARY KEY,
        at     INTEGER NOT NULL,
        who    TEXT    NOT NULL,
        stored TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX trash_at ON trash (at);
    ALTER TABLE deeds ADD COLUMN terminal TEXT NOT NULL DEFAULT '';
    CREATE INDEX deeds_of_terminal ON deeds (terminal, job_id) WHERE terminal <> '';
    ALTER TABLE jobs ADD COLUMN at_once INTEGER NOT NULL DEFAULT 0 CHECK (at_once IN (0, 1));
    CREATE INDEX jobs_at_once ON jobs (id) WHERE state = 'pending' AND at_once = 1;
    """,
    # The values of variables that the user gives stand in files (environment_files.py), which a program that knows an
    # older version only would not read: it would start the job without them.
    "",
    # The jobs that may be started next without waiting for the disk (reserves.py).
    """
    CREATE TABLE reserved (
        job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
        epoch  INTEGER NOT NULL,
        boot   TEXT    NOT NULL CHECK (boot <> '')
    ) STRICT;
    """,
)


def migrate(db: sqlite3.Connection, path: str | None) -> None:
    """Bring the database at ``path`` to the newest version, after a backup of an older one; None for a mere copy.

    Raises StoreError for a version that is newer than this program, when the backup can't be written, and for an empty
    database where there was a queue.
    """
    if is_newest(db):
        return
    db.create_function("kind_of", 1, lambda text: str(kind_of(text)), deterministic=True)
    # A table that is replaced would take along the rows that refer to it; not to be changed inside a transaction.
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN IMMEDIATE")
    try:
        # Read again under the lock: another process may have been first.
        found = _version(db)
        if path is not None and found == 0:
            ensure_not_emptied(path, db)
        elif path is not None and found < len(MIGRATIONS):
            _back_up(path, found)
        for script in MIGRATIONS[found:]:
            for statement in script.split(";\n"):
                if statement.strip():
                    db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    finally:
        db.execute("PRAGMA foreign_keys = ON")


def is_newest(db: sqlite3.Connection) -> bool:
    """Whether a database has the newest version. Raises StoreError for one that is newer than this program."""
    found = _version(db)
    if found > len(MIGRATIONS):
        raise StoreError(
            f"The database has version {found}, this tui-queue knows up to {len(MIGRATIONS)};"
            " use the newer tui-queue, nothing was changed."
        )
    return found == len(MIGRATIONS)


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _back_up(path: str, version: int) -> None:
    """Write the database as it is into ``backups/`` beside it, checked and on disk when this returns.

    The caller holds the write lock, so that nothing is committed between the backup and the migration.
    """
    from tui_queue.core.store.backup_file import write_backup  # noqa: PLC0415 - few commands need it

    name = f"{time.strftime('%Y-%m-%d-%H%M%S')}-version-{version}.db"
    backup = os.path.join(os.path.dirname(path), "backups", name)
    try:
        with closing(sqlite3.connect(path)) as source:
            write_backup(source, backup)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{printable(backup)}: the backup before an upgrade of the database can't be written: {error}."
            " Make room on the disk; nothing was changed."
        ) from error
