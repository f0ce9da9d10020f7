PRAGMA user_version = 2;
BEGIN TRANSACTION;
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
        finished_at      INTEGER, timeout_s INTEGER CHECK (timeout_s > 0),
        CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled'))),
        CHECK (state <> 'completed' OR exit_code = 0),
        CHECK (state IN ('completed', 'failed', 'cancelled') OR (exit_code IS NULL AND signal IS NULL)),
        CHECK (exit_code IS NULL OR signal IS NULL),
        CHECK (state NOT IN ('running', 'completed') OR attempt > 0)
    ) STRICT;
INSERT INTO "jobs" VALUES(1,'d86a1c96-c0aa-4f23-8aaa-8d2ace663071',X'74727565',X'2F62696E2F74727565',X'',X'2F',NULL,'default',0,'completed','exit 0',0,NULL,1,0,1796094291434766,1796094291805988,1796094291807383,NULL);
INSERT INTO "jobs" VALUES(2,'01372e9a-56ac-4262-9711-df359f755128',X'66616C7365',X'2F62696E2F66616C7365',X'',X'2F',NULL,'default',0,'failed','exit 1',1,NULL,1,0,1796094291609715,1796094291806134,1796094291808073,NULL);
INSERT INTO "jobs" VALUES(3,'bedbf65d-d0af-4cf6-88b7-ebe315449dee',X'736C656570',X'2F62696E2F736C656570',X'3130303000',X'2F',NULL,'default',0,'running','',NULL,NULL,1,0,1796094292001440,1796094292201032,NULL,NULL);
INSERT INTO "jobs" VALUES(4,'658f1a36-0bc0-4974-869d-1430e772047e',X'6563686F',X'2F62696E2F6563686F',X'6C617465720074776F20776F72647300',X'2F',NULL,'default',0,'pending','',NULL,NULL,0,0,1796094294069405,NULL,NULL,NULL);
CREATE TABLE lease (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        epoch INTEGER NOT NULL,
        pid   INTEGER NOT NULL,
        host  TEXT    NOT NULL,
        tty   TEXT    NOT NULL,
        since INTEGER NOT NULL
    ) STRICT;
INSERT INTO "lease" VALUES(1,2,13739,'host','',1796094292168651);
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
        max_rss_kib INTEGER, boot TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (job_id, attempt)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "runs" VALUES(1,1,1,1796094291776393,1796094291805988,1796094291807383,0,NULL,'exit 0',0.000787,10024,'2027920b-e06b-49b9-af97-2333ae224ce2');
INSERT INTO "runs" VALUES(2,1,1,1796094291776393,1796094291806134,1796094291808073,1,NULL,'exit 1',0.000789,9876,'2027920b-e06b-49b9-af97-2333ae224ce2');
INSERT INTO "runs" VALUES(3,1,2,1796094292173203,NULL,NULL,NULL,NULL,'',NULL,NULL,'2027920b-e06b-49b9-af97-2333ae224ce2');
CREATE INDEX jobs_next ON jobs (state, priority DESC, id);
CREATE INDEX jobs_ended ON jobs (finished_at DESC, id DESC) WHERE finished_at IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('jobs',4);
COMMIT;
