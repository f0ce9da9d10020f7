-- The schema that the migrations in schema.py make, for reading; nothing executes this file.
-- Generated: python -m tests.tools.make_schema

PRAGMA user_version = 12;

CREATE TABLE counts (state TEXT PRIMARY KEY, jobs INTEGER NOT NULL CHECK (jobs >= 0)) STRICT, WITHOUT ROWID;

CREATE TABLE deeds (
    id     INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    upto   INTEGER NOT NULL CHECK (upto >= job_id),
    at     INTEGER NOT NULL,
    verb   TEXT    NOT NULL,
    who    TEXT    NOT NULL
, terminal TEXT NOT NULL DEFAULT '') STRICT;

CREATE INDEX deeds_of_job ON deeds (job_id);

CREATE INDEX deeds_of_terminal ON deeds (terminal, job_id) WHERE terminal <> '';

CREATE TABLE "jobs" (
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
    finished_at      INTEGER, reason_kind TEXT NOT NULL DEFAULT '', retry_wait TEXT NOT NULL DEFAULT '', at_once INTEGER NOT NULL DEFAULT 0 CHECK (at_once IN (0, 1)),
    CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled'))),
    CHECK (state IN ('completed', 'failed', 'cancelled') OR (exit_code IS NULL AND signal IS NULL)),
    CHECK (exit_code IS NULL OR signal IS NULL),
    CHECK (state NOT IN ('running', 'completed') OR attempt > 0),
    CHECK (paused = '' OR state = 'running')
) STRICT;

CREATE INDEX jobs_at_once ON jobs (id) WHERE state = 'pending' AND at_once = 1;

CREATE INDEX jobs_batch ON jobs (batch) WHERE batch <> '';

CREATE TRIGGER jobs_change AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
    UPDATE counts SET jobs = jobs + (state = NEW.state) - (state = OLD.state)
    WHERE state IN (OLD.state, NEW.state); END;

CREATE TRIGGER jobs_come AFTER INSERT ON jobs BEGIN
    UPDATE counts SET jobs = jobs + 1 WHERE state = NEW.state; END;

CREATE INDEX jobs_ended ON jobs (finished_at DESC, id DESC) WHERE finished_at IS NOT NULL;

CREATE TRIGGER jobs_go AFTER DELETE ON jobs BEGIN
    UPDATE counts SET jobs = jobs - 1 WHERE state = OLD.state; END;

CREATE INDEX jobs_like ON jobs (path, args);

CREATE INDEX jobs_next ON jobs (state, queue, priority DESC, place);

CREATE INDEX jobs_of_schedule ON jobs (schedule_id) WHERE schedule_id IS NOT NULL;

CREATE INDEX jobs_retrying ON jobs (id) WHERE retry_wait <> '';

CREATE INDEX jobs_waiting ON jobs (id) WHERE state = 'pending' AND after <> '[]';

CREATE TABLE lease (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    pid   INTEGER NOT NULL,
    host  TEXT    NOT NULL,
    tty   TEXT    NOT NULL,
    since INTEGER NOT NULL
) STRICT;

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

CREATE TABLE queues (
    name    TEXT    PRIMARY KEY,
    slots   INTEGER CHECK (slots >= 0),
    paused  INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    options TEXT    NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE reserved (
    job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    epoch  INTEGER NOT NULL,
    boot   TEXT    NOT NULL CHECK (boot <> '')
) STRICT;

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
    max_rss_kib INTEGER, boot TEXT NOT NULL DEFAULT '', script TEXT NOT NULL DEFAULT '', oom TEXT NOT NULL DEFAULT '', reason_kind TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, attempt)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE templates (name TEXT PRIMARY KEY, draft TEXT NOT NULL) STRICT;

CREATE TABLE trash (
    job_id INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    who    TEXT    NOT NULL,
    stored TEXT    NOT NULL
) STRICT;

CREATE INDEX trash_at ON trash (at);
